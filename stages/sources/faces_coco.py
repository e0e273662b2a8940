"""Annotated faces from COCO's JSON, as its own tools and Roboflow write it.

Source: https://cocodataset.org/#format-data
"""

import json
from pathlib import Path
from typing import Any

from stages.runtime.errors import InputError, counted
from stages.sources.faces_csv import annotation_of
from stages.sources.own_folders import find_near, part_of, splits_of
from stages.sources.photos import PhotoNames
from stages.storage.annotations import Annotation


def coco_files(folder: Path) -> list[Path]:
    """The JSON files that hold annotations, as COCO and Roboflow call them."""
    found = [
        *folder.rglob("_annotations.coco.json"),
        *folder.rglob("instances_*.json"),
        *folder.glob("annotations/*.json"),
    ]
    return sorted({*found, *folder.glob("annotations.json")})


def read_coco(folder: Path, files: list[Path], photos: PhotoNames) -> tuple[list[Annotation], list[str]]:
    """Read all files; boxes are ``[x, y, width, height]`` in pixels.

    Returns:
        The faces, and remarks: photos without a box, crowds.

    Raises:
        InputError: a file is no such JSON, or an annotation names an image or a category that it does not have.
    """
    sources = {path.relative_to(folder).as_posix(): path for path in files}
    splits = splits_of({part_of(source) for source in sources})
    faces, crowds, empty = [], 0, 0
    for source, path in sources.items():
        images, labels, annotations = _content(path, source)
        seen = set()
        for number, one in enumerate(annotations, 1):
            row = one["id"] if isinstance(one.get("id"), int) and one["id"] >= 0 else number
            where = f"{source}, annotation {row}"
            if one.get("iscrowd"):
                crowds += 1
                continue
            try:
                name, label, (x, y, width, height) = images[one["image_id"]], labels[one["category_id"]], one["bbox"]
                corners = (x, y, x + width, y + height)
            except KeyError as error:
                raise InputError(f"{where}: no image or category {error}; export the data again") from None
            except (TypeError, ValueError):
                raise InputError(f"{where}: bbox must be [x, y, width, height]") from None
            seen.add(one["image_id"])
            box = dict(zip(("xmin", "ymin", "xmax", "ymax"), (f"{value:.4f}" for value in corners), strict=True))
            photo = find_near(photos, Path(source).parent.as_posix(), name)
            fields = {"filename": name, "label": label} | box
            faces.append(annotation_of(fields, photo, source, row, splits[part_of(source)]))
        empty += len(images.keys() - seen)
    notes = [f"{counted(empty, 'photo')} without a box"] if empty else []
    return faces, notes + ([f"{counted(crowds, 'crowd')} (iscrowd) left out"] if crowds else [])


def _content(path: Path, source: str) -> tuple[dict[Any, str], dict[Any, str], list[dict[str, Any]]]:
    """File names by image, labels by category, and annotations."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        images = {one["id"]: str(one["file_name"]) for one in content["images"]}
        labels = {one["id"]: str(one["name"]) for one in content["categories"]}
        annotations = list(content["annotations"])
    except ValueError as error:
        raise InputError(f"{source}: not readable as JSON: {' '.join(str(error).split())[:120]}") from None
    except (KeyError, TypeError) as error:
        raise InputError(
            f"{source}: no COCO annotations: {error} is missing in images, categories or annotations"
        ) from None
    if not all(isinstance(one, dict) for one in annotations):
        raise InputError(f"{source}: annotations must be a list of objects")
    return images, labels, annotations
