"""CSV files of our own, written so that they read back as they were."""

import csv
from collections.abc import Iterable
from typing import Any, TextIO


class UnixLines:
    """A file for a CSV writer whose line end is ``\\r\\n``: passes the rows on with ``\\n`` at their ends.

    Python quotes a cell that holds a character of the line end: with ``\\r\\n`` also one with a bare carriage return,
    which it would otherwise write as it is and read as the end of the row.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: str) -> int:
        return self._file.write(row.removesuffix("\r\n") + "\n")


def write_rows(file: TextIO, rows: Iterable[Iterable[Any]]) -> None:
    """Write rows with ``\\n`` at their ends, cells quoted where they need it; ``file`` must not translate line ends."""
    csv.writer(UnixLines(file), lineterminator="\r\n").writerows(rows)
