"""``data/raw/masks/faces.csv``: every annotated face in one form, whatever form the annotations came in."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stages.runtime.errors import InputError
from stages.storage.files import atomic_file

BOX = ("xmin", "ymin", "xmax", "ymax")
UNITS = {".csv": "row", ".txt": "line", ".json": "annotation"}  # what a file holds one of a face
COLUMNS = ("photo", "file", "label", *BOX, "width", "height", "split", "source", "row", "problem")


@dataclass(frozen=True, slots=True)
class Annotation:
    """One face as annotated.

    Attributes:
        photo: the photo's name, as the annotation has it.
        file: the safe name under which the photo is stored; empty where it is missing.
        label: the class.
        box: xmin, ymin, xmax, ymax in pixels as read, from 0, the last column and row excluded; None where it could
            not be read.
        size: width and height that the annotation gives for the photo; None where it gives none or no numbers.
        split: train, test, or empty where the data come without one.
        source: the annotation file, under the name that its owner gave it.
        row: line in a table, or number of the object in a file of one photo, from 1; 0 for the file as a whole. In
            .json the annotation's own id.
        problem: ``kind: detail`` where the face cannot be used, else empty.
    """

    photo: str
    file: str
    label: str
    box: tuple[float, float, float, float] | None
    size: tuple[int, int] | None
    split: str
    source: str
    row: int
    problem: str = ""

    @property
    def place(self) -> str:
        """Where the face is annotated, for messages."""
        suffix = Path(self.source).suffix
        if self.row == 0 and suffix != ".json":
            return self.source
        return f"{self.source}, {UNITS.get(suffix, 'object')} {self.row}"


def write_annotations(path: str | Path, annotations: Iterable[Annotation]) -> None:
    """Write a row a face, in their order."""
    with atomic_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(COLUMNS)
        for one in annotations:
            box = one.box or ("",) * 4
            writer.writerow(
                (
                    one.photo,
                    one.file,
                    one.label,
                    *box,
                    *(one.size or ("", "")),
                    one.split,
                    one.source,
                    one.row,
                    one.problem,
                )
            )


def read_annotations(path: str | Path) -> Iterator[Annotation]:
    """Yield what :func:`write_annotations` wrote.

    Raises:
        InputError: the file is missing or something else.
    """
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            yield from map(_annotation, csv.DictReader(file, strict=True))
    except (OSError, ValueError, KeyError, csv.Error) as error:
        raise InputError(
            f"{path}: not readable as a table of faces ({error}); run `dvc repro download_faces`"
        ) from None


def _annotation(row: dict[str, str]) -> Annotation:
    box = tuple(float(row[name]) for name in BOX) if row["xmin"] else None
    size = (int(row["width"]), int(row["height"])) if row["width"] else None
    texts = (row["split"], row["source"], int(row["row"]), row["problem"])
    return Annotation(row["photo"], row["file"], row["label"], box, size, *texts)
