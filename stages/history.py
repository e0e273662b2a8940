"""Learning curves: a row an epoch and seed, and their mean over the seeds."""

import io
from pathlib import Path

import pandas as pd

from stages.csv_writer import UnixLines
from stages.errors import InputError
from stages.files import write_text

# Digits after the point are dear in Git and say nothing beyond the sixth.
FLOAT_FORMAT = "%.6g"


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table as CSV with ``\\n`` line ends and six significant digits, atomically."""
    text = io.StringIO()
    table.to_csv(UnixLines(text), index=False, float_format=FLOAT_FORMAT, lineterminator="\r\n")
    write_text(path, text.getvalue())


def read_table(path: str | Path) -> pd.DataFrame:
    """Read what :func:`write_table` wrote; words such as ``NA`` or ``None`` stay words.

    Raises:
        InputError: the file is missing or no table.
    """
    try:
        return pd.read_csv(path, keep_default_na=False, na_values={})
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as a table ({error}); run `dvc repro`") from None


def per_seed(histories: dict[int, list[dict[str, float]]]) -> pd.DataFrame:
    """Return one table with the columns ``seed, epoch, …`` of the histories of every seed."""
    tables = [pd.DataFrame(rows).assign(seed=seed) for seed, rows in histories.items()]
    table = pd.concat(tables, ignore_index=True)
    return table[["seed", *(name for name in table.columns if name != "seed")]]


def over_seeds(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row an epoch: the mean of each column and, for several seeds, ``<column>_std``.

    The deviation is that of a sample (divisor n - 1). Columns that no seed changes, such as the learning rate,
    get none.
    """
    groups = table.drop(columns="seed").groupby("epoch", sort=True)
    mean = groups.mean()
    if table["seed"].nunique() > 1:
        deviation = groups.std(ddof=1)
        varying = [name for name in mean.columns if name.startswith(("train_", "test_"))]
        mean = mean.join(deviation[varying].add_suffix("_std"))
    return mean.reset_index()
