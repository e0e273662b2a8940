"""Which photos there are, and which of those that the annotations name are missing."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
    files = {name: _file_of(name, photos) for name in {face.photo for face in faces}}
    absent = dict.fromkeys(face.photo for face in faces if not face.problem and files[face.photo] not in photos)
    if absent and missing == "error":
        raise InputError(
            f"{len(absent)} photos that the annotations name are not there ({listed(list(absent))}); bring them, or set "
            "faces.missing: skip to go on without them"
        )
    return [
        Located(_without_photo(face) if face.photo in absent else face, files[face.photo]) for face in faces
    ]


def listed(names: Sequence[str]) -> str:
    """The names in one line, the first of them where they are many."""
    more = f", and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


def _without_photo(face: Face) -> Face:
    return face if face.problem else replace(face, problem=f"{MISSING}: not in images/")


def _file_of(name: str, photos: Mapping[str, str]) -> str:
    # Spaces at the ends belong to some real names, and come from careless CSVs more often.
    if not name.strip():
        return ""
    exact = safe_name(name)
    return exact if exact in photos else safe_name(name.strip())
