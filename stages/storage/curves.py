"""Learning curves as tables: a row an epoch and seed, and their mean over the seeds."""

import pandas as pd


def per_seed(histories: dict[int, list[dict[str, float]]]) -> pd.DataFrame:
    """One table with the columns ``seed, epoch, …`` of the histories of every seed."""
    tables = [pd.DataFrame(rows).assign(seed=seed) for seed, rows in histories.items()]
    table = pd.concat(tables, ignore_index=True)
    return table[["seed", *(name for name in table.columns if name != "seed")]]


def over_seeds(table: pd.DataFrame) -> pd.DataFrame:
    """One row an epoch: the mean of each column and, for several seeds, ``<column>_std``.

    The deviation is that of a sample (divisor n - 1). Columns that no seed changes, such as the rate, get none.
    """
    groups = table.drop(columns="seed").groupby("epoch", sort=True)
    mean = groups.mean()
    if table["seed"].nunique() > 1:
        deviation = groups.std(ddof=1)
        varying = [name for name in mean.columns if name.startswith(("train_", "test_"))]
        mean = mean.join(deviation[varying].add_suffix("_std"))
    return mean.reset_index()
