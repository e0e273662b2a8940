"""Tables over all variants of a family: what DVC plots together and a person reads first."""

import numpy as np
import pandas as pd

from stages.history import read_table
from stages.predictions import Predictions
from stages.results.scores import scores_per_seed

# More points than a plot has pixels to show would only fill the page.
MOST_POINTS = 250


def curves(family: str, variants: list[str]) -> pd.DataFrame:
    """Learning curves of all variants in one table, ``variant,epoch,…``, thinned to 250 epochs each.

    The first and the last epoch always stay. Every epoch is in ``metrics/<family>/<variant>/history.csv``.
    """
    tables = []
    for name in variants:
        table = read_table(f"metrics/{family}/{name}/history.csv")
        kept = np.unique(np.linspace(0, len(table) - 1, min(len(table), MOST_POINTS)).round().astype(int))
        tables.append(table.iloc[kept].assign(variant=name))
    joined = pd.concat(tables, ignore_index=True)
    return joined[["variant", *(column for column in joined.columns if column != "variant")]]


def recalls(predictions: dict[str, Predictions]) -> pd.DataFrame:
    """Test recall of every class for each variant, mean over the seeds: ``variant,class,recall,support``."""
    rows = []
    for name, one in predictions.items():
        scores = scores_per_seed(one)["test"]
        for label in one.classes:
            figures = [score["per_class"][label] for score in scores]
            rows.append((name, label, np.mean([f["recall"] for f in figures]), figures[0]["support"]))
    return pd.DataFrame(rows, columns=["variant", "class", "recall", "support"])


def overview(predictions: dict[str, Predictions]) -> pd.DataFrame:
    """A row a variant: mean and standard deviation over the seeds of the main test figures, and train accuracy."""
    rows = []
    for name, one in predictions.items():
        scores = scores_per_seed(one)
        row = {"variant": name, "seeds": len(one.seeds)}
        row["train_accuracy"] = np.mean([score["accuracy"] for score in scores["train"]])
        for figure in ("accuracy", "balanced_accuracy", "macro_f1"):
            values = [score[figure] for score in scores["test"]]
            row[f"test_{figure}"] = np.mean(values)
            if len(values) > 1:
                row[f"test_{figure}_std"] = np.std(values, ddof=1)
        rows.append(row)
    return pd.DataFrame(rows)
