"""Which class is taken for which: tables of a variant's mistakes."""

import numpy as np
import pandas as pd

from stages.predictions import Predictions
from stages.results.scores import confusion_matrix


def mean_confusion(predictions: Predictions, split: str = "test") -> np.ndarray:
    """Confusion counts averaged over the seeds, float64 (actual, predicted)."""
    labels, classes = predictions.labels[split], len(predictions.classes)
    return np.mean([confusion_matrix(labels, one, classes) for one in predictions.predicted(split)], axis=0)


def confusion_rows(predictions: Predictions) -> pd.DataFrame:
    """``actual,predicted``: a row a test sample, of the first seed's network, for DVC's confusion template."""
    names = predictions.classes
    actual, predicted = predictions.labels["test"], predictions.predicted("test")[0]
    return pd.DataFrame({"actual": names[actual], "predicted": names[predicted]})


def confused_pairs(predictions: Predictions) -> pd.DataFrame:
    """Pairs of classes that the test set mixes up, worst first.

    Columns: ``pair`` (both names, for plots), ``first``, ``second`` (alphabetical), ``count`` (samples of either
    taken for the other, mean over the seeds), ``share`` (of all samples of the two), ``first_as_second`` and
    ``second_as_first`` (the two directions of ``count``). Pairs that are never mixed up are left out.
    """
    matrix, names = mean_confusion(predictions), predictions.classes
    rows = []
    for i in range(len(names)):
        for j in range(i + 1, len(names)):
            count = matrix[i, j] + matrix[j, i]
            support = matrix[i].sum() + matrix[j].sum()
            if count:
                pair = (f"{names[i]} / {names[j]}", names[i], names[j])
                rows.append((*pair, count, count / support, matrix[i, j], matrix[j, i]))
    columns = ["pair", "first", "second", "count", "share", "first_as_second", "second_as_first"]
    return pd.DataFrame(rows, columns=columns).sort_values("count", ascending=False, kind="stable")
