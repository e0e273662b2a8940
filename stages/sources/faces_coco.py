"""Annotated faces from COCO's JSON, as its own tools and Roboflow write it.

Source: https://cocodataset.org/#format-data
"""

import json
from pathlib import Path
from typing import Any

from stages.runtime.errors import InputError, counted
from stages.sources.faces_csv import annotation_of
from stages.sources.own_folders import OwnPhotos, is_plain, part_of, read_own_text, sources_of, splits_of
from stages.storage.annotations import BOX, Annotation

LARGEST = 10**9  # pixels: far more than any photo has
NEEDED = {"images": ("id", "file_name"), "categories": ("id", "name")}
OF_ANNOTATION = ("image_id", "category_id", "bbox")


def coco_files(folder: Path) -> list[Path]:
    """The JSON files that hold annotations, as COCO and Roboflow call them."""
    names = ("_annotations.coco.json", "instances_*.json")
    # COCO puts captions and key points beside its instances.
    found = [path for name in names for path in folder.rglob(name)]
    found = found or [*folder.glob("annotations/*.json"), *folder.glob("annotations.json")]
    return sorted(path for path in found if is_plain(path, ".json"))


def read_coco(folder: Path, files: list[Path], photos: OwnPhotos) -> tuple[list[Annotation], list[str]]:
    """Read all files; boxes are ``[x, y, width, height]`` in pixels.

    Returns:
        The faces, and remarks: photos without a box, crowds.

    Raises:
        InputError: a file is no such JSON, or an annotation names an image or a category that it does not have.
    """
    sources = sources_of(folder, files)
    splits = splits_of({part_of(source) for source in sources})
    faces, crowds, empty = [], 0, 0
    for source, path in sources.items():
        images, labels, annotations = _content(path, source)
        seen = set()
        for number, one in enumerate(annotations, 1):
            row = one["id"] if type(one.get("id")) is int and one["id"] >= 0 else number
            if one.get("iscrowd") == 1:
                crowds += 1
                continue
            name, label, box = _face(one, images, labels, f"{source}, annotation {row}")
            seen.add(one["image_id"])
            fields = {"filename": name, "label": label} | box
            faces.append(annotation_of(fields, photos.near(source, name), source, row, splits[part_of(source)]))
        empty += len(images.keys() - seen)
    notes = [f"{counted(empty, 'photo')} without a box"] if empty else []
    return faces, notes + ([f"{counted(crowds, 'crowd')} (iscrowd) left out"] if crowds else [])


def _face(
    one: dict[str, Any], images: dict[Any, str], labels: dict[Any, str], where: str
) -> tuple[str, str, dict[str, str]]:
    """File name, label, and the corners of the box as texts."""
    if lacks := [key for key in OF_ANNOTATION if key not in one]:
        raise InputError(f"{where}: lacks {', '.join(lacks)}; export the data again")
    for key, known in (("image_id", images), ("category_id", labels)):
        if type(one[key]) not in (int, str) or one[key] not in known:
            raise InputError(f"{where}: no {key.removesuffix('_id')} {str(one[key])[:40]}; export the data again")
    box = one["bbox"]
    # Written so that NaN is refused too.
    if not (isinstance(box, list) and len(box) == 4 and all(type(v) in (int, float) and abs(v) < LARGEST for v in box)):
        raise InputError(f"{where}: bbox must be [x, y, width, height] in pixels, not {str(box)[:80]}")
    x, y, width, height = box
    corners = (f"{value:.4f}" for value in (x, y, x + width, y + height))
    return images[one["image_id"]], labels[one["category_id"]], dict(zip(BOX, corners, strict=True))


def _content(path: Path, source: str) -> tuple[dict[Any, str], dict[Any, str], list[dict[str, Any]]]:
    """File names by image, labels by category, and annotations."""
    try:
        content = json.loads(read_own_text(path, source))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{source}: not readable as JSON: {' '.join(str(error).split())[:120]}") from None
    if not isinstance(content, dict):
        raise InputError(f"{source}: no COCO annotations: it holds no object with images, categories and annotations")
    for key in (*NEEDED, "annotations"):
        if key not in content:
            raise InputError(f"{source}: no COCO annotations: '{key}' is missing")
        if not isinstance(content[key], list) or not all(isinstance(one, dict) for one in content[key]):
            raise InputError(f"{source}: {key} must be a list of objects")
    images, labels = (_by_id(content[key], key, *names, source) for key, names in NEEDED.items())
    return images, labels, content["annotations"]


def _by_id(entries: list[dict[str, Any]], kind: str, number: str, name: str, source: str) -> dict[Any, str]:
    found: dict[Any, str] = {}
    for place, one in enumerate(entries, 1):
        if type(one.get(number)) not in (int, str) or type(one.get(name)) not in (int, str):
            raise InputError(f"{source}: {kind}, entry {place}: needs {number} and {name}")
        if found.setdefault(one[number], str(one[name])) != str(one[name]):
            raise InputError(f"{source}: {kind}, entry {place}: {number} {str(one[number])[:40]} stands twice")
    return found
