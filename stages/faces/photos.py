"""Which photos there are, and which of those that the annotations name are missing."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from stages.errors import InputError
from stages.faces.face import Face
from stages.faces.filenames import safe_name
from stages.faces.problems import MISSING

COLUMNS = ["file", "original", "bytes", "sha256"]
NAMES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Located:
    """A face and the file of its photo: a safe name within ``images/`` (empty where it has none)."""

    face: Face
    file: str

    @property
    def usable(self) -> bool:
        return not self.face.problem


def read_photos(raw: Path) -> dict[str, str]:
    """Return the SHA-256 of each photo of ``photos.csv`` that is there, by its safe name.

    Raises:
        InputError: ``photos.csv`` is missing or not as the stage ``download_faces`` writes it.
    """
    path = raw / "photos.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if reader.fieldnames != COLUMNS:
                raise ValueError(f"its header is not {','.join(COLUMNS)}")
            photos = {row["file"]: row["sha256"] for row in reader}
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{path}: {error}; run `dvc repro download_faces` to make it") from None
    return {file: digest for file, digest in photos.items() if (raw / "images" / file).exists()}


def locate(faces: Sequence[Face], photos: Mapping[str, str], missing: str) -> list[Located]:
    """Find the photo of each face.

    Raises:
        InputError: photos are missing and ``missing`` is error. With skip, their faces have a ``problem``.
    """
    find = cache(partial(_file_of, photos))  # a photo has many faces, and a safe name takes a hash
    files = [find(face.photo, face.source) for face in faces]
    absent = dict.fromkeys(
        face.photo for face, file in zip(faces, files, strict=True) if not face.problem and file not in photos
    )
    if absent and missing == "error":
        raise InputError(
            f"{len(absent)} photos that the annotations name are not there ({listed(list(absent))}); bring them, "
            "or set faces.missing: skip to go on without them"
        )
    return [
        Located(face if file in photos else _without_photo(face), file) for face, file in zip(faces, files, strict=True)
    ]


def file_size(path: Path) -> int:
    """How many bytes a file has; 0 where it cannot be asked, which reading it will say more about."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def listed(names: Sequence[str]) -> str:
    """The names in one line, the first of them where they are many; line ends and the like are written out."""
    more = f", and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(name if name.isprintable() else ascii(name) for name in names[:NAMES_SHOWN]) + more


def _without_photo(face: Face) -> Face:
    return face if face.problem else replace(face, problem=f"{MISSING}: not in images/")


def _file_of(photos: Mapping[str, str], photo: str, source: str) -> str:
    """The safe name of a face's photo, whether it is there or not; empty where the face names none."""
    # Many VOC files name a photo as it was called elsewhere. Such a file was stored under the name of the photo
    # it lies beside (stages.sources.local_faces), which is the one it means.
    beside = source.removeprefix("labels/").removesuffix(".xml")
    # Spaces belong to some real names, and come from careless CSVs more often.
    candidates = [safe_name(name) for name in dict.fromkeys((photo, photo.strip())) if name.strip()] + [beside]
    return next((name for name in candidates if name in photos), candidates[0] if len(candidates) > 1 else "")
