"""Faces from a CSV file: one row a face, columns in any order, further columns ignored."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from stages.errors import InputError
from stages.faces.face import OPTIONAL, REQUIRED, Face, face_from_texts

DELIMITERS = (",", ";", "\t")


def read_csv(path: Path, split: str | None) -> list[Face]:
    """Read every row; a row that cannot be used is a face with a ``problem``.

    The file is UTF-8, with or without a byte order mark; any line ends; quoted cells; commas, semicolons or
    tabs between cells. Empty lines are passed over.

    Raises:
        InputError: the file as a whole cannot be read as such a table.
    """
    rows = _numbered_rows(_text(path), path.name)
    _, header = next(rows)
    columns = _columns(header, path.name)
    faces = [_face(cells, columns, len(header), path.name, row, split) for row, cells in rows]
    if not faces:
        raise InputError(f"{path.name}: holds a header but no faces; add one row a face")
    return faces


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read: {error.strerror}") from None
    if b"\0" in content:
        raise InputError(f"{path.name}: holds NUL bytes, so it is no UTF-8 text; save it as CSV in UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path.name}, row {row}: not UTF-8; save the file as CSV in UTF-8") from None
    if not text.strip():
        raise InputError(f"{path.name}: is empty; it needs a header ({','.join(REQUIRED)}) and one row a face")
    return text


def _numbered_rows(text: str, source: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not empty, with the number of the line on which it begins."""
    header = text.lstrip().split("\n", 1)[0]
    # The header decides: of the three, the delimiter that it holds most often.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=header.count), strict=True)
    begin = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{source}, row {begin}: not readable as CSV: {error}") from None


def _columns(header: Sequence[str], source: str) -> dict[str, int]:
    """Where the known columns stand.

    Raises:
        InputError: a required column is missing or a known one stands twice.
    """
    names = [name.strip() for name in header]
    if missing := [name for name in REQUIRED if name not in names]:
        raise InputError(f"{source}, row 1: the header lacks {', '.join(missing)}; it has {', '.join(names)[:200]}")
    if repeated := [name for name in REQUIRED + OPTIONAL if names.count(name) > 1]:
        raise InputError(f"{source}, row 1: the header names {', '.join(repeated)} more than once; keep one")
    return {name: names.index(name) for name in REQUIRED + OPTIONAL if name in names}


def _face(
    cells: Sequence[str], columns: dict[str, int], width: int, source: str, row: int, split: str | None
) -> Face:
    if len(cells) != width:
        photo = cells[columns["filename"]] if columns["filename"] < len(cells) else ""
        problem = f"bad row: it has {len(cells)} cells where the header has {width}"
        return Face(photo, "", None, source, row, split, problem=problem)
    return face_from_texts({name: cells[at] for name, at in columns.items()}, source, row, split)
