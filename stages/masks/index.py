"""``data/masks/index.csv``: a row a face, skipped ones too, in the order of the annotations; and ``photos.csv``."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from stages.masks.boxes import Box
from stages.masks.crop import Face, PhotoFacts
from stages.storage.annotations import BOX
from stages.storage.dataset import TRAIN
from stages.storage.tables import read_table, write_table

FOLDER, LARGE = Path("data/masks"), Path("data/masks_large")
USED = tuple(f"used_{name}" for name in Box._fields)
TEXTS = ("crop", "split", "label", "photo", "file", "source", "skipped")
COLUMNS = ("crop", "split", "validation", "label", "photo", "file", "source", "row", *BOX, *USED, "skipped")
ADVICE = "run `dvc repro crop_faces`"


def index_of(faces: Sequence[Face], validation: set[str]) -> pd.DataFrame:
    """The table of all faces.

    Args:
        faces: what became of each.
        validation: files of the training photos for validation.
    """
    rows = []
    for face in faces:
        one, nothing = face.annotation, (None,) * 4
        held = int(bool(face.crop) and one.split == TRAIN and one.file in validation)
        place = (face.crop, one.split, held, one.label, one.photo, one.file, one.source, one.row)
        rows.append((*place, *(one.box or nothing), *(face.box or nothing), one.problem))
    return pd.DataFrame(rows, columns=COLUMNS)


def write_photos(
    folder: Path, facts: Sequence[PhotoFacts], digests: Mapping[str, str], names: Mapping[str, str]
) -> None:
    """Write photos.csv: a row a decoded photo, by its file, with original name, SHA-256, upright size and pHash."""
    rows = [
        (each.file, names[each.file], digests[each.file], *each.size, each.orientation, each.phash)
        for each in sorted(facts, key=lambda each: each.file)
    ]
    columns = ["file", "original", "sha256", "width", "height", "orientation", "phash"]
    write_table(folder / "photos.csv", pd.DataFrame(rows, columns=columns))


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
