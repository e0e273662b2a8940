"""``data/faces/index.csv``: one row a face, skipped ones too, in the order of the annotations.

It names each crop with its hash. So it stands for all crops beside it, and the stages that read them depend on this
one file: DVC would look at thousands for each of those stages.
"""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from stages.csv_writer import write_rows
from stages.faces.boxes import Box
from stages.faces.crop import Cropped
from stages.faces.digest import crop_digest
from stages.files import atomic_file

USED = tuple(f"used_{name}" for name in Box._fields)
COLUMNS = ("crop", "split", "label", "photo", "file", "source", "row", *Box._fields, *USED, "skipped", "sha256")
NO_BOX = ("",) * 4


def write_index(folder: Path, results: Sequence[Cropped]) -> None:
    """Write ``folder/index.csv`` as UTF-8 with ``\\n`` line ends; cells of a box that could not be read stay empty.

    Args:
        folder: where the crops of ``results`` lie.
        results: what became of each face.
    """
    with atomic_file(folder / "index.csv") as partial, partial.open("w", encoding="utf-8", newline="") as file:
        write_rows(file, chain([COLUMNS], (_row(folder, each) for each in results)))


def _row(folder: Path, each: Cropped) -> tuple:
    face = each.face
    place = (each.crop, face.split or "", face.label, face.photo, each.file, face.source, face.row)
    digest = crop_digest((folder / each.crop).read_bytes()) if each.crop else ""
    return (*place, *(face.box or NO_BOX), *(each.used or NO_BOX), face.problem, digest)
