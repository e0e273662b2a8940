"""Faces from a folder for each class: each picture is a face."""

from pathlib import Path

from stages.sources.faces_csv import annotation_of
from stages.sources.own_folders import KINDS, PHOTOS, OwnPhotos, is_plain, part_of, size_of, splits_of
from stages.storage.annotations import BOX, Annotation
from stages.storage.photo_header import UNREADABLE


def class_folders(folder: Path) -> dict[str, Path]:
    """The folders that hold pictures, by their paths: ``<class>`` or ``train/<class>``.

    There are none where there is one class alone, where folders called train, val and test hold the pictures
    themselves, and where there is an ``images/`` with photos: those lack their annotations.
    """
    if any(_has_pictures(folder / name) for name in PHOTOS):
        return {}
    below = _folders(folder)
    parts = [path for path in below if part_of(path.name)]
    split = [inner for path in parts for inner in _folders(path) if _has_pictures(inner)]
    found = split or [path for path in below if _has_pictures(path)]
    if len({path.name for path in found}) < 2 or (not split and set(found) <= set(parts)):
        return {}
    return {path.relative_to(folder).as_posix(): path for path in found}


def read_folders(
    folder: Path, folders: dict[str, Path], photos: OwnPhotos, stored: bool
) -> tuple[list[Annotation], list[str]]:
    """A face a picture, as large as the picture; an unreadable one has a ``problem``."""
    parts = {source: part_of(source.rpartition("/")[0]) for source in folders}
    splits = splits_of(set(parts.values()))
    faces = []
    for name, path in photos.paths.items():
        source = path.parent.relative_to(folder).as_posix()
        if source in folders:
            size = size_of(path, stored)
            box = ("0", "0", *map(str, size)) if size else ("",) * 4
            fields = {"filename": name, "label": path.parent.name} | dict(zip(BOX, box, strict=True))
            problem = "" if size else f"unreadable photo: {UNREADABLE}"
            faces.append(annotation_of(fields, name, f"{source}/{path.name}", 0, splits[parts[source]], problem))
    return faces, []


def _folders(folder: Path) -> list[Path]:
    """Its folders, but for those that an editor or macOS hid there."""
    return [path for path in sorted(folder.glob("*")) if path.is_dir() and not path.name.startswith((".", "__"))]


def _has_pictures(folder: Path) -> bool:
    return any(is_plain(path, *KINDS) for path in folder.glob("*"))
