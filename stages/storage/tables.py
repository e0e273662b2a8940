"""CSV tables of our own, written so that they read back as they were."""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from stages.runtime.errors import InputError
from stages.storage.files import atomic_file


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table as UTF-8 CSV with ``\\n`` line ends and six significant digits, atomically."""
    write_tables(path, [table])


def write_tables(path: str | Path, tables: Iterable[pd.DataFrame]) -> None:
    """Write tables of the same columns, one below the other, as :func:`write_table` writes one."""
    with atomic_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        for number, table in enumerate(tables):
            _append(table, file, header=not number)


def read_rows(path: str | Path, columns: Collection[str], advice: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table of texts, one after the other.

    Raises:
        InputError: the file is missing, no table, or lacks a column; the message ends with ``advice``.
    """
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, strict=True):
                yield {name: row[name] for name in columns}
    except (OSError, ValueError, KeyError, csv.Error) as error:
        raise InputError(f"{path}: not readable as a table ({error}); {advice}") from None


def _append(table: pd.DataFrame, file: TextIO, header: bool) -> None:
    # Texts are quoted where one holds a bare carriage return, which would be read as the end of the row.
    texts = table.select_dtypes(exclude="number")
    bare = any(texts[name].astype(str).str.contains("\r", regex=False).any() for name in texts.columns)
    quoting = csv.QUOTE_NONNUMERIC if bare else csv.QUOTE_MINIMAL
    table.to_csv(file, index=False, header=header, float_format="%.6g", lineterminator="\n", quoting=quoting)


def read_table(path: str | Path, texts: Collection[str] = (), advice: str = "run `dvc repro`") -> pd.DataFrame:
    """Read what :func:`write_table` wrote.

    Args:
        path: of the file.
        texts: columns that hold texts, whatever they look like: ``01``, ``NA`` and the empty text stay as they are.
        advice: what to do where the file cannot be read.

    Raises:
        InputError: the file is missing or no table; the message ends with ``advice``.
    """
    try:
        table = pd.read_csv(path, dtype=str, na_filter=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as a table ({error}); {advice}") from None
    for name in table.columns.difference(list(texts)):
        with suppress(ValueError):  # a text that nobody named stays one
            table[name] = pd.to_numeric(table[name].where(table[name] != ""))
    return table


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Turn nested values into one row: ``per_class.none.recall`` …"""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat
