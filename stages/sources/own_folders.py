"""What all forms of people's own data share: photos anywhere in a folder, and what its parts are called."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from stages.runtime.errors import InputError
from stages.sources.photos import PhotoNames
from stages.storage.photo_header import read_header

KINDS = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff")
PHOTOS = ("images", "JPEGImages")
PARTS = {"train": "train", "val": "val|valid|validation", "test": "test"}


def is_plain(path: Path, *kinds: str) -> bool:
    """Whether this is a file of one of these extensions, and not one that macOS or an editor hid."""
    return path.suffix.lower() in kinds and not path.name.startswith(".") and path.is_file()


def part_of(path: str) -> str:
    """``train``, ``val`` or ``test`` where a folder or file of a path is called so, else nothing."""
    for word in reversed(re.split(r"[/\\]", path.lower())):
        for part, names in PARTS.items():
            if re.fullmatch(rf"({names})\d*|(instances_)?({names})\d*\.json", word):
                return part
    return ""


def splits_of(parts: set[str]) -> dict[str, str]:
    """The split of each part: ``val`` is for testing where there is no ``test``; no split where there is one part.

    Raises:
        InputError: some annotations are in such a part and some are not.
    """
    if "" in parts and len(parts) > 1:
        raise InputError(
            f"faces.path: some annotations are in {' and '.join(sorted(parts - {''}))}, others in no such folder; move "
            "them into train, val or test"
        )
    if "train" not in parts or len(parts) == 1:
        return dict.fromkeys(parts, "")
    return {part: "train" if part == "train" or (part == "val" and "test" in parts) else "test" for part in parts}


class OwnPhotos:
    """All photos below a folder.

    Attributes:
        paths: by their names; by their paths within the folder where two have the same name.
    """

    def __init__(self, folder: Path) -> None:
        found = sorted(path for path in folder.rglob("*") if is_plain(path, *KINDS))
        counts = Counter(path.name for path in found)
        places = {path.relative_to(folder).as_posix(): path for path in found}
        self._names = {place: path.name if counts[path.name] == 1 else place for place, path in places.items()}
        self._places = {name: place for place, name in self._names.items()}
        self.paths = {name: places[place] for name, place in self._places.items()}
        self._photos = PhotoNames(self.paths)
        self._stems: dict[str, list[str]] = {}
        for place in places:
            self._stems.setdefault(str(PurePosixPath(place).with_suffix("")), []).append(place)

    def near(self, source: str, name: str) -> str | None:
        """The photo that the annotation file ``source`` calls ``name``, or None."""
        place = PurePosixPath(source).parent
        for above in (place, place / "images", *map(PurePosixPath, PHOTOS), PurePosixPath()):
            if (found := self._names.get(str(above / name.replace("\\", "/").strip()))) is not None:
                return found
        return self._same_part(source, self._photos.find(name))

    def of_label(self, source: str) -> str | None:
        """The photo that belongs to a text file of YOLO: in ``images`` instead of ``labels``; or None.

        Raises:
            InputError: there are two, which differ in their extension.
        """
        place = PurePosixPath(source).with_suffix("")
        beside = "/".join("images" if part == "labels" else part for part in place.parts)
        found = self._stems.get(beside, [])
        if len(found) > 1:
            raise InputError(f"{source}: belongs to {' and to '.join(found)}; keep one of the photos")
        return self._names[found[0]] if found else self._same_part(source, self._photos.find_stem(place.name))

    def _same_part(self, source: str, name: str | None) -> str | None:
        """The name, unless its photo is in another part: one of the same name there is another photo."""
        if name is None or not part_of(source) or part_of(self._places[name]) in ("", part_of(source)):
            return name
        return None


def size_of(path: Path, stored: bool) -> tuple[int, int] | None:
    """Width and height of a photo by its header, as viewers show it or as it is stored; None where it is no photo."""
    header = read_header(path)
    return header and (header[:2] if stored else header.shown_size)


def read_own_text(path: Path, source: str) -> str:
    """The text of a file.

    Raises:
        InputError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{source}: not UTF-8; save it in UTF-8") from None
    except OSError as error:
        raise InputError(f"{source}: cannot be read: {error.strerror}") from None


def sources_of(folder: Path, files: Iterable[Path]) -> dict[str, Path]:
    """Files by their paths within the folder."""
    return {path.relative_to(folder).as_posix(): path for path in files}
