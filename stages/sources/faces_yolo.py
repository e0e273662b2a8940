"""Annotated faces from YOLO's text files: one file a photo, one line a face: class, centre and size as shares.

Source: https://docs.ultralytics.com/datasets/detect/
"""

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.runtime.errors import InputError
from stages.sources.faces_csv import annotation_of, number
from stages.sources.own_folders import part_of, size_of, splits_of
from stages.sources.photos import PhotoNames
from stages.storage.annotations import BOX, Annotation

NAMES = ("data.yaml", "data.yml", "classes.txt", "labels/classes.txt", "obj.names")
DIGITS = 2  # decimals of a pixel that are kept: the shares have six digits, and would make 9.9999 of 10


def yolo_files(folder: Path) -> list[Path]:
    """The text files in folders called ``labels``."""
    return sorted(
        path
        for path in folder.rglob("*.txt")
        if "labels" in path.relative_to(folder).parts[:-1] and path.name != "classes.txt"
    )


def read_yolo(
    folder: Path, files: list[Path], photos: dict[str, Path], stored: bool
) -> tuple[list[Annotation], list[str]]:
    """Read all files; a line that cannot be used is an annotation with a ``problem``.

    Args:
        folder: that holds all.
        files: in folders ``labels``; the photo lies beside, in ``images``.
        photos: by name.
        stored: whether the shares are of the photo as it is stored rather than as viewers show it.

    Raises:
        InputError: no file says what the classes are called, or a photo is unreadable.
    """
    labels, names = _class_names(folder), PhotoNames(photos)
    splits = splits_of({part_of(path.relative_to(folder).as_posix()) for path in files})
    by_place = {path.relative_to(folder).with_suffix("").as_posix(): name for name, path in photos.items()}
    faces = []
    for path in files:
        source = path.relative_to(folder).as_posix()
        *above, last = Path(source).with_suffix("").parts
        place = "/".join(["images" if part == "labels" else part for part in above] + [last])
        photo = by_place.get(place) or names.find_stem(last)
        size = size_of(photos[photo], stored) if photo else (1, 1)
        for row, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
            if line.strip():
                fields, problem = _fields(line, labels, size)
                fields["filename"] = photo or last
                faces.append(annotation_of(fields, photo, source, row, splits[part_of(source)], problem))
    return faces, []


def _fields(line: str, labels: dict[str, str], size: tuple[int, int]) -> tuple[dict[str, str], str]:
    """Label and box of a line as texts, and what is wrong with it."""
    fields = {"label": "?"} | dict.fromkeys(BOX, "0")
    words = line.split()
    if len(words) != 5:
        return fields, f"bad line: it has {len(words)} values; needed: class, centre x, centre y, width, height"
    if words[0] not in labels:
        return fields, f"unknown class: {words[0][:20]} is none of the {len(labels)} classes"
    try:
        x, y, width, height = (number("a share", word) for word in words[1:])
    except ValueError as error:
        return fields, f"bad number: {error}"
    if not all(0 <= share <= 1 for share in (x, y, width, height)):
        return fields, "bad number: shares of the photo go from 0 to 1; are these pixels?"
    corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    pixels = [share * size[side % 2] for side, share in enumerate(corners)]
    return {"label": labels[words[0]]} | {
        key: f"{value:.{DIGITS}f}" for key, value in zip(BOX, pixels, strict=True)
    }, ""


def _class_names(folder: Path) -> dict[str, str]:
    """Labels by the number of their class, as text."""
    path = next((folder / name for name in NAMES if (folder / name).is_file()), None)
    if path is None:
        raise InputError(
            f"faces.path: {folder} has YOLO's labels/, but neither data.yaml nor classes.txt to name the classes"
        )
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix not in (".yaml", ".yml"):
        return {str(i): name.strip() for i, name in enumerate(text.splitlines()) if name.strip()}
    try:
        names = YAML(typ="safe", pure=True).load(text)["names"]
        return {str(i): str(name) for i, name in (names.items() if isinstance(names, dict) else enumerate(names))}
    except (YAMLError, KeyError, TypeError):
        raise InputError(f"{path}: has no `names` of the classes") from None
