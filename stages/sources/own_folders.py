"""What all forms of people's own data share: photos anywhere in a folder, and what its parts are called."""

import re
from collections import Counter
from pathlib import Path

from PIL import ExifTags, Image

from stages.runtime.errors import InputError
from stages.sources.photos import PhotoNames

KINDS = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff")
VALIDATION = ("val", "valid", "validation")


def photos_below(folder: Path) -> dict[str, Path]:
    """All photos of a folder by their names; by their paths within it where two have the same name."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in KINDS and path.is_file())
    counts = Counter(path.name for path in paths)
    return {path.name if counts[path.name] == 1 else path.relative_to(folder).as_posix(): path for path in paths}


def find_near(photos: PhotoNames, place: str, name: str) -> str | None:
    """The photo that a file in the folder ``place`` calls ``name``, or None."""
    near = f"{place}/{name}" if place not in ("", ".") else name
    return near if near in photos.names else photos.find(name)


def part_of(path: str) -> str:
    """``train``, ``val`` or ``test`` where a folder or file of a path is called so, else nothing."""
    for word in reversed(re.split(r"[/\\]", path.lower())):
        for part, names in (("train", ("train",)), ("val", VALIDATION), ("test", ("test",))):
            if word in names or re.fullmatch(rf"instances_({'|'.join(names)})\d*\.json", word):
                return part
    return ""


def splits_of(parts: set[str]) -> dict[str, str]:
    """The split of each part: ``val`` is for testing where there is no ``test``; no split where there is one part."""
    if "train" not in parts or len(parts) == 1:
        return dict.fromkeys(parts, "")
    return {part: "train" if part in ("train", "") or (part == "val" and "test" in parts) else "test" for part in parts}


def size_of(path: Path, stored: bool) -> tuple[int, int]:
    """Width and height of a photo by its header: as viewers show it, or as it is stored.

    Raises:
        InputError: it is no photo; the crop stage would say the same of every face on it.
    """
    try:
        with Image.open(path) as picture:
            (width, height), orientation = picture.size, picture.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # Pillow's readers raise errors of many kinds on damaged data
        raise InputError(f"{path}: no readable photo; take it out of the data") from None
    return (height, width) if orientation in range(5, 9) and not stored else (width, height)
