"""Faces from a folder for each class: each picture is a face."""

from pathlib import Path

from stages.sources.faces_csv import annotation_of
from stages.sources.own_folders import KINDS, part_of, size_of, splits_of
from stages.storage.annotations import BOX, Annotation


def class_folders(folder: Path) -> dict[str, Path]:
    """The folders that hold pictures, by their paths (``<class>``, ``train/<class>``); none where there is but one."""
    below = [path for path in folder.glob("*") if path.is_dir()]
    if below and all(part_of(path.name) for path in below):
        below = [inner for path in below for inner in path.glob("*") if inner.is_dir()]
    found = {
        path.relative_to(folder).as_posix(): path for path in sorted(below) if any(map(_is_picture, path.glob("*")))
    }
    return found if len({path.name for path in found.values()}) > 1 else {}


def read_folders(
    folder: Path, folders: dict[str, Path], photos: dict[str, Path], stored: bool
) -> tuple[list[Annotation], list[str]]:
    """A face a picture, as large as the picture.

    Raises:
        InputError: a picture is unreadable.
    """
    splits = splits_of({part_of(source) for source in folders})
    faces = []
    for name, path in photos.items():
        source = path.parent.relative_to(folder).as_posix()
        if source in folders:
            width, height = size_of(path, stored)
            fields = {"filename": name, "label": path.parent.name}
            fields |= dict(zip(BOX, ("0", "0", str(width), str(height)), strict=True))
            faces.append(annotation_of(fields, name, f"{source}/{path.name}", 1, splits[part_of(source)]))
    return faces, []


def _is_picture(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in KINDS
