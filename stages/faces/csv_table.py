"""A CSV file as rows: columns in any order, further columns passed over."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from stages.errors import InputError
from stages.faces.face import OPTIONAL, REQUIRED

DELIMITERS = (",", ";", "\t")
# What to say instead of the csv module's words.
MESSAGES = {
    "unexpected end of data": "a quote is opened and never closed",
    f"field larger than field limit ({csv.field_size_limit()})": (
        f"a cell of more than {csv.field_size_limit():,} characters; is a quote never closed?"
    ),
}


class Table(NamedTuple):
    """Where the known columns stand, how many columns there are, and the rows below the header.

    Each row that is not empty comes with the number of the line on which it begins, from 1.
    """

    columns: dict[str, int]
    width: int
    rows: Iterator[tuple[int, list[str]]]


def read_table(content: bytes, place: str) -> Table:
    """Read the header; the rows are read as they are asked for.

    The content is UTF-8, with or without a byte order mark; any line ends; quoted cells; commas, semicolons or tabs
    between cells. Empty lines are passed over.

    Args:
        content: of the file.
        place: what the file is called in messages.

    Raises:
        InputError: the content as a whole is no such table, or has no row below the header; also while the rows are
            read, where one cannot be.
    """
    rows = _numbered_rows(_text(content, place), place)
    begin, header = next(rows, (1, []))
    columns = _columns(header, f"{place}, row {begin}")
    first = next(rows, None)
    if first is None:
        raise InputError(f"{place}: holds a header but no faces; add one row a face")
    return Table(columns, len(header), chain([first], rows))


def _text(content: bytes, place: str) -> str:
    if (at := content.find(b"\0")) >= 0:
        raise InputError(
            f"{place}, row {_row(content, at)}: holds NUL bytes, so it is no UTF-8 text; save the file as CSV in UTF-8"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = _row(content, error.start)
        raise InputError(f"{place}, row {row}: not UTF-8; save the file as CSV in UTF-8") from None
    if not text.strip():
        raise InputError(f"{place}: is empty; it needs a header ({','.join(REQUIRED)}) and one row a face")
    return text


def _row(content: bytes, at: int) -> int:
    """The number of the line in which byte ``at`` stands, whatever ends the lines."""
    return len(re.findall(rb"\r\n|\r|\n", content[:at])) + 1


def _numbered_rows(text: str, place: str) -> Iterator[tuple[int, list[str]]]:
    # The header decides: of the three, the delimiter that it holds most often.
    header = re.match(r"[^\r\n]*", text.lstrip(" \r\n,;\t"))[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=header.count), strict=True)
    begin = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as error:
        said = MESSAGES.get(str(error), str(error))
        raise InputError(f"{place}, row {begin}: not readable as CSV: {said}") from None


def _columns(header: Sequence[str], place: str) -> dict[str, int]:
    """Where the known columns stand.

    Raises:
        InputError: a required column is missing or a known one stands twice.
    """
    names = [name.strip() for name in header]
    if missing := [name for name in REQUIRED if name not in names]:
        raise InputError(f"{place}: the header lacks {', '.join(missing)}; it has {', '.join(names)[:200]}")
    if repeated := [name for name in REQUIRED + OPTIONAL if names.count(name) > 1]:
        raise InputError(f"{place}: the header names {', '.join(repeated)} more than once; keep one")
    return {name: names.index(name) for name in REQUIRED + OPTIONAL if name in names}
