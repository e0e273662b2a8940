"""``data/masks/index.csv``: a row a face, skipped ones too, in the order of the annotations; and ``photos.csv``."""

from pathlib import Path

import pandas as pd

from stages.masks.boxes import Box
from stages.masks.crop import Face
from stages.masks.faces import Faces, in_parts
from stages.storage.annotations import BOX
from stages.storage.tables import read_table, write_tables

FOLDER, LARGE = Path("data/masks"), Path("data/masks_large")
USED = tuple(f"used_{name}" for name in Box._fields)
TEXTS = ("crop", "split", "label", "photo", "file", "source", "skipped")
COLUMNS = ("crop", "split", "validation", "label", "photo", "file", "source", "row", *BOX, *USED, "skipped")
ADVICE = "run `dvc repro crop_faces`"


def write_index(folder: Path, faces: Faces) -> None:
    """Write index.csv: a row a face."""
    rows = (_row(face, faces.is_for_validation(face)) for face in faces.where())
    write_tables(folder / "index.csv", (pd.DataFrame(part, columns=COLUMNS) for part in in_parts(rows)))


def write_photos(folder: Path, faces: Faces) -> None:
    """Write photos.csv: a row a decoded photo, by its file, with original name, SHA-256, upright size and pHash."""
    columns = ["file", "original", "sha256", "width", "height", "orientation", "phash"]
    rows = faces.query(f"SELECT {', '.join(columns)} FROM photos WHERE phash NOT NULL ORDER BY file")
    write_tables(folder / "photos.csv", (pd.DataFrame(part, columns=columns) for part in in_parts(rows)))


def read_index(folder: Path = FOLDER) -> pd.DataFrame:
    """Read index.csv; texts stay texts, whatever they look like.

    Raises:
        InputError: it is missing or no table.
    """
    return read_table(folder / "index.csv", TEXTS, ADVICE)


def read_photos(folder: Path = FOLDER) -> pd.DataFrame:
    """Read photos.csv.

    Raises:
        InputError: it is missing or no table.
    """
    return read_table(folder / "photos.csv", ("file", "original", "sha256", "phash"), ADVICE)


def _row(face: Face, held: bool) -> tuple:
    one, nothing = face.annotation, (None,) * 4
    place = (face.crop, one.split, int(held), one.label, one.photo, one.file, one.source, one.row)
    return (*place, *(one.box or nothing), *(face.box or nothing), one.problem)
