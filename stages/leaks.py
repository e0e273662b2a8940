"""The two lists that an audit hands on: training samples to leave out, and test samples that training knows.

A sample is named as :class:`stages.predictions.Predictions` groups it: a face by the original name of its photo, a
digit by its number in its split, from 0.
"""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from stages.errors import InputError
from stages.files import write_text

FACES, DIGITS = Path("data/faces_audit"), Path("data/digits_audit")
FOLDERS = {"dnn": DIGITS, "cnn": FACES, "cnn_digits": DIGITS}


def left_out_path(family: str) -> Path:
    """Where the training samples stand that ``family`` does not train on."""
    return FOLDERS[family] / "left_out.csv"


def leaked_path(family: str) -> Path:
    """Where the test samples stand that have a duplicate among the training samples."""
    return FOLDERS[family] / "leaked.csv"


def write_names(path: Path, column: str, names: Iterable[object]) -> None:
    """Write a table of one column; no name leaves the header alone."""
    text = io.StringIO()
    # Everything in quotes: Python leaves a carriage return in a name bare, and would read it as the end of the row.
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([(column,), *((name,) for name in names)])
    write_text(path, text.getvalue())


def read_names(path: Path) -> frozenset[str]:
    """Read what :func:`write_names` wrote.

    Raises:
        InputError: the file is missing or no such table.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, strict=True))
        if not rows or any(len(row) != 1 for row in rows):
            raise ValueError("it must have a header and one column")
    except (OSError, ValueError, csv.Error) as error:
        data = path.parent.name.removesuffix("_audit")
        raise InputError(f"{path}: not readable ({error}); run `dvc repro audit_{data}`") from None
    return frozenset(name for (name,) in rows[1:])
