"""CSV tables of our own, written so that they read back as they were."""

import csv
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import pandas as pd

from stages.runtime.errors import InputError
from stages.storage.files import atomic_file


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table as UTF-8 CSV with ``\\n`` line ends and six significant digits, atomically."""
    # Texts are quoted where one holds a bare carriage return, which would be read as the end of the row.
    texts = table.select_dtypes(exclude="number")
    bare = any(texts[name].astype(str).str.contains("\r", regex=False).any() for name in texts.columns)
    quoting = csv.QUOTE_NONNUMERIC if bare else csv.QUOTE_MINIMAL
    with atomic_file(path) as partial:
        table.to_csv(partial, index=False, float_format="%.6g", lineterminator="\n", quoting=quoting, encoding="utf-8")


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
