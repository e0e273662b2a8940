"""``data/faces/index.csv``: one row a face, skipped ones too, in the order of the annotations."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from stages.csv_writer import write_rows
from stages.faces.boxes import Box
from stages.faces.crop import Cropped
from stages.files import atomic_file

USED = tuple(f"used_{name}" for name in Box._fields)
COLUMNS = ("crop", "split", "label", "photo", "file", "source", "row", *Box._fields, *USED, "skipped")
NO_BOX = ("",) * 4


def write_index(path: Path, results: Sequence[Cropped]) -> None:
    """Write the table as UTF-8 with ``\\n`` line ends; cells of a box that could not be read stay empty."""
    with atomic_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        write_rows(file, chain([COLUMNS], map(_row, results)))


def _row(each: Cropped) -> tuple:
    face = each.face
    place = (each.crop, face.split or "", face.label, face.photo, each.file, face.source, face.row)
    return (*place, *(face.box or NO_BOX), *(each.used or NO_BOX), face.problem)
