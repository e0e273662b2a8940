"""Faces from a CSV file: one row a face."""

from collections.abc import Sequence
from pathlib import Path

from stages.errors import InputError
from stages.faces.csv_table import Table, read_table
from stages.faces.face import Face, face_from_texts


def read_csv(path: Path, split: str | None) -> list[Face]:
    """Read every row; a row that cannot be used is a face with a ``problem``.

    The form is that of :func:`stages.faces.csv_table.read_table`.

    Raises:
        InputError: the file as a whole cannot be read as such a table.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read: {error.strerror}") from None
    table = read_table(content, path.name)
    return [_face(cells, table, path.name, row, split) for row, cells in table.rows]


def _face(cells: Sequence[str], table: Table, source: str, row: int, split: str | None) -> Face:
    if len(cells) != table.width:
        at = table.columns["filename"]
        problem = f"bad row: it has {len(cells)} cells where the header has {table.width}"
        return Face(cells[at] if at < len(cells) else "", "", None, source, row, split, problem=problem)
    return face_from_texts({name: cells[at] for name, at in table.columns.items()}, source, row, split)
