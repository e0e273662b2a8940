"""Annotated faces from YOLO's text files: one file a photo, one line a face: class, centre and size as shares.

Source: https://docs.ultralytics.com/datasets/detect/
"""

from pathlib import Path

from stages.config.params import read_mapping
from stages.runtime.errors import InputError
from stages.sources.faces_csv import annotation_of
from stages.sources.own_folders import (
    OwnPhotos,
    is_plain,
    part_of,
    read_own_text,
    size_of,
    sources_of,
    splits_of,
)
from stages.storage.annotations import BOX, Annotation
from stages.storage.photo_header import UNREADABLE

NAMES = ("data.yaml", "data.yml", "classes.txt", "labels/classes.txt", "obj.names")
DIGITS = 2  # decimals of a pixel that are kept: the shares have six digits, and would make 9.9999 of 10


def yolo_files(folder: Path) -> list[Path]:
    """The text files in folders called ``labels``."""
    return sorted(
        path
        for path in folder.rglob("*.txt")
        if "labels" in path.relative_to(folder).parts[:-1] and path.name != "classes.txt" and is_plain(path, ".txt")
    )


def read_yolo(folder: Path, files: list[Path], photos: OwnPhotos, stored: bool) -> tuple[list[Annotation], list[str]]:
    """Read all files; a line that cannot be used is an annotation with a ``problem``.

    Args:
        folder: that holds all.
        files: in folders ``labels``; the photo lies beside, in ``images``.
        photos: that there are.
        stored: whether the shares are of the photo as it is stored rather than as viewers show it.

    Raises:
        InputError: no file says what the classes are called, or it is not clear which photo is meant.
    """
    labels, sources = _class_names(folder), sources_of(folder, files)
    splits = splits_of({part_of(source) for source in sources})
    faces = []
    for source, path in sources.items():
        photo = photos.of_label(source)
        size = size_of(photos.paths[photo], stored) if photo else None
        for row, line in enumerate(read_own_text(path, source).splitlines(), 1):
            if line.strip():
                fields, problem = _fields(line, labels, size or (1, 1))
                if size is None:
                    fields, problem = (
                        fields | dict.fromkeys(BOX, ""),
                        problem or (f"unreadable photo: {UNREADABLE}" if photo else "missing photo: it is not there"),
                    )
                fields["filename"] = photo or path.stem
                faces.append(annotation_of(fields, photo, source, row, splits[part_of(source)], problem))
    return faces, []


def _fields(line: str, labels: dict[str, str], size: tuple[int, int]) -> tuple[dict[str, str], str]:
    """Label and box of a line as texts, and what is wrong with it."""
    fields = {"label": "?"} | dict.fromkeys(BOX, "")
    words = line.split()
    if len(words) != 5:
        return fields, f"bad line: it has {len(words)} values; needed: class, centre x, centre y, width, height"
    if words[0] not in labels:
        return fields, f"unknown class: {words[0][:20]} is none of the {len(labels)} classes"
    try:
        x, y, width, height = map(float, words[1:])  # some tools write 5e-05
    except ValueError as error:
        return fields, f"bad number: a share is {str(error).partition(': ')[2][:40]}, not a number"
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
    if path.suffix not in (".yaml", ".yml"):
        lines = read_own_text(path, path.relative_to(folder).as_posix()).splitlines()
        return {str(i): name.strip() for i, name in enumerate(lines) if name.strip()}
    names = read_mapping(path).get("names")
    if not isinstance(names, (list, dict)) or not names:
        raise InputError(f"{path}: has no `names` of the classes")
    found = names if isinstance(names, dict) else dict(enumerate(names))
    if wrong := [str(i) for i, name in found.items() if type(name) not in (str, int, float)]:
        raise InputError(f"{path}: names: class {wrong[0][:40]} has no text for a name; put quotes round it")
    return {str(i): str(name) for i, name in found.items()}
