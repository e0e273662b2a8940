"""Variants in pairs on the same test samples: what differs, by how much, and whether the data can tell."""

from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import bdtr

from stages.errors import InputError
from stages.predictions import Predictions
from stages.results.intervals import GroupBootstrap, percentile_interval

ALPHA = 0.05
COLUMNS = ("first", "second", "figure", "difference", "low", "high", "mcnemar_p")


def compare_variants(predictions: dict[str, Predictions], seed: int) -> pd.DataFrame:
    """Return a row for each pair of variants and each figure; none where there is but one variant.

    Figures are accuracy, balanced accuracy and the recall of every class, means over the seeds. Columns:
    ``first``, ``second``, ``figure``, ``difference`` (second less first), ``low`` and ``high`` (95 %, paired
    bootstrap over whole photos), ``mcnemar_p`` (for accuracy and recalls; see :func:`mcnemar_p`), ``holm_p``
    (Holm's correction over all tests of the table) and ``verdict`` in words.

    Raises:
        InputError: the variants were not judged on the same test samples.
    """
    names = list(predictions)
    any_one = predictions[names[0]]
    for name in names[1:]:
        same = [(one.groups["test"], one.labels["test"], one.classes) for one in (any_one, predictions[name])]
        if not all(np.array_equal(*pair) for pair in zip(*same, strict=True)):
            raise InputError(f"{names[0]} and {name} were judged on different test samples or classes; run `dvc repro`")
    labels, classes = any_one.labels["test"], any_one.classes
    bootstrap = GroupBootstrap(any_one.groups["test"], labels, len(classes), seed)
    correct = {name: (one.predicted("test") == labels) for name, one in predictions.items()}
    rows = [row for pair in combinations(names, 2) for row in _pair(pair, correct, labels, classes, bootstrap)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["holm_p"] = holm(table["mcnemar_p"].to_numpy(np.float64))
    table["verdict"] = [_verdict(row) for row in table.itertuples()]
    return table


def _pair(
    pair: tuple[str, str],
    correct: dict[str, np.ndarray],
    labels: np.ndarray,
    classes: np.ndarray,
    bootstrap: GroupBootstrap,
) -> list[dict]:
    first, second = (correct[name] for name in pair)
    gain = second.mean(axis=0) - first.mean(axis=0)
    of_class = [labels == i for i in range(len(classes))]
    recall_gains = np.array([gain[members].mean() if members.any() else np.nan for members in of_class])
    drawn = bootstrap.recalls(gain)
    everything = np.ones(len(labels), bool)
    rows = [
        _row(pair, "accuracy", gain.mean(), bootstrap.accuracy(gain), mcnemar_p(first[0], second[0], everything)),
        _row(pair, "balanced_accuracy", np.nanmean(recall_gains), np.nanmean(drawn, axis=1), np.nan),
    ]
    for i, name in enumerate(classes):
        if of_class[i].any():
            p = mcnemar_p(first[0], second[0], of_class[i])
            rows.append(_row(pair, f"recall {name}", recall_gains[i], drawn[:, i], p))
    return rows


def _row(pair: tuple[str, str], figure: str, difference: float, drawn: np.ndarray, p: float) -> dict:
    low, high = percentile_interval(drawn)
    return {"first": pair[0], "second": pair[1], "figure": figure} | {
        "difference": difference,
        "low": low,
        "high": high,
        "mcnemar_p": p,
    }


def mcnemar_p(first: np.ndarray, second: np.ndarray, chosen: np.ndarray) -> float:
    """Return the exact two-sided p-value of McNemar's test (1947) on the samples that one network alone got right.

    The test is on single predictions, so on one network of each variant: that of the first seed.

    Args:
        first, second: whether each network got each sample right, bool (N,).
        chosen: the samples that count, bool (N,).
    """
    only_first = int(np.sum(first & ~second & chosen))
    only_second = int(np.sum(second & ~first & chosen))
    if only_first + only_second == 0:
        return 1.0
    # Twice the tail of the binomial distribution at 1/2. scipy.stats says the same but takes a second to load.
    tail = bdtr(min(only_first, only_second), only_first + only_second, 0.5)
    return float(min(1.0, 2 * tail))


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p-values corrected for their number by Holm's step-down method (1979); NaN stays NaN and counts not."""
    tests = np.flatnonzero(~np.isnan(p_values))
    order = tests[np.argsort(p_values[tests], kind="stable")]
    corrected = np.full(len(p_values), np.nan)
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1, np.maximum.accumulate(p_values[order] * factors))
    return corrected


def _verdict(row) -> str:
    if row.low <= 0 <= row.high:
        return "these data cannot tell them apart"
    better = row.second if row.difference > 0 else row.first
    if np.isnan(row.holm_p):
        return f"{better} is better (interval)"
    if row.holm_p < ALPHA:
        return f"{better} is better (interval and corrected test)"
    return f"{better} looks better (interval), but not after Holm's correction"
