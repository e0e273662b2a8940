"""How sure the test figures of one variant are: the ``interval`` block of metrics.json."""

from typing import Any

import numpy as np

from stages.predictions import Predictions
from stages.results.intervals import GroupBootstrap, percentile_interval, wilson_interval

Interval = dict[str, float]


def interval_figures(predictions: Predictions, seed: int) -> dict[str, Any]:
    """Return 95 % intervals around the test figures, which are means over the seeds.

    They say how far other test samples of the same kind could move a figure; what another seed does is the
    standard deviation's part. Where every sample stands for itself (digits) a proportion has Wilson's interval.
    Where samples share groups (faces of one photo) whole groups are drawn again.

    Args:
        predictions: of every seed.
        seed: of the bootstrap.

    Returns:
        ``accuracy`` and, for groups, ``balanced_accuracy``, each ``{"low", "high"}``; the same for each class
        under ``recall.<class>``, for classes that have test samples.
    """
    labels, groups = predictions.labels["test"], predictions.groups["test"]
    correct = (predictions.predicted("test") == labels).mean(axis=0)
    if len(np.unique(groups)) == len(groups):
        return _wilson(correct, labels, predictions.classes)
    bootstrap = GroupBootstrap(groups, labels, len(predictions.classes), seed)
    return _by_group(correct, labels, predictions.classes, bootstrap)


def _wilson(correct: np.ndarray, labels: np.ndarray, classes: np.ndarray) -> dict[str, Any]:
    def interval(values: np.ndarray) -> Interval:
        low, high = wilson_interval(round(values.sum()), len(values))
        return {"low": low, "high": high}

    of_class = {str(name): correct[labels == i] for i, name in enumerate(classes)}
    recalls = {name: interval(values) for name, values in of_class.items() if len(values)}
    return {"accuracy": interval(correct), "recall": recalls}


def _by_group(
    correct: np.ndarray, labels: np.ndarray, classes: np.ndarray, bootstrap: GroupBootstrap
) -> dict[str, Any]:
    def interval(drawn: np.ndarray) -> Interval:
        low, high = percentile_interval(drawn)
        return {"low": low, "high": high}

    drawn = bootstrap.recalls(correct)
    there = [i for i in range(len(classes)) if np.any(labels == i)]
    return {
        "accuracy": interval(bootstrap.accuracy(correct)),
        "balanced_accuracy": interval(np.nanmean(drawn[:, there], axis=1)),
        "recall": {str(classes[i]): interval(drawn[:, i]) for i in there},
    }
