"""How sure a figure is: 95 % intervals for proportions, by formula or by drawing groups again."""

from typing import Any

import numpy as np
from scipy.stats import binomtest

LEVEL = 0.95
DRAWS = 2000
Interval = dict[str, float]


class GroupBootstrap:
    """Draws whole groups with replacement, since samples of one photo are no independent evidence.

    The draws depend on the seed and the groups alone, so that figures of several variants on the same samples are drawn
    together: their differences are paired.

    Args:
        groups: the group (photo) of every sample, (N,).
        labels: the class of every sample, indices (N,).
        classes: how many classes there are.
        seed: of the draws.
    """

    def __init__(self, groups: np.ndarray, labels: np.ndarray, classes: int, seed: int) -> None:
        names, self._group = np.unique(groups, return_inverse=True)
        self._labels, self._shape = labels, (len(names), classes)
        rng = np.random.default_rng(seed)
        self._weights = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), DRAWS).astype(np.float64)
        self._counts = self._weights @ self._sums(np.ones(len(labels)))

    def accuracy(self, values: np.ndarray) -> np.ndarray:
        """Mean of ``values`` (N,) over the samples of each draw: (draws,)."""
        return self._hits(values).sum(axis=1) / self._counts.sum(axis=1)

    def recalls(self, values: np.ndarray) -> np.ndarray:
        """Mean of ``values`` (N,) in each class: (draws, classes), NaN where a draw has no sample of the class."""
        with np.errstate(invalid="ignore"):
            return self._hits(values) / self._counts

    def _hits(self, values: np.ndarray) -> np.ndarray:
        return self._weights @ self._sums(values)

    def _sums(self, values: np.ndarray) -> np.ndarray:
        sums = np.zeros(self._shape)
        np.add.at(sums, (self._group, self._labels), values)
        return sums


def percentile_interval(values: np.ndarray) -> tuple[float, float]:
    """Return the middle 95 % of bootstrap ``values``; draws in which the figure was undefined (NaN) are left out."""
    low, high = np.nanquantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def wilson_interval(values: np.ndarray) -> Interval:
    """Return Wilson's 95 % interval (1927) of a proportion, the mean of ``values`` (0 to 1) of independent samples.

    Hits that are means over several networks are rounded to whole ones in all.
    """
    interval = binomtest(round(values.sum()), len(values)).proportion_ci(LEVEL, method="wilson")
    return _ends(interval.low, interval.high)


def interval_figures(
    predicted: np.ndarray, labels: np.ndarray, groups: np.ndarray, classes: np.ndarray, seed: int
) -> dict[str, Any]:
    """Return 95 % intervals around figures that are means over the seeds.

    They say how far other samples of the same kind could move a figure; what another seed does is the standard
    deviation's part. Where every sample is a group of its own (digits) a proportion has Wilson's interval. Where
    samples share groups (faces of one photo) whole groups are drawn again.

    Args:
        predicted: indices (S, N).
        labels: indices (N,).
        groups: texts (N,).
        classes: names (K,).
        seed: of the bootstrap.

    Returns:
        ``accuracy`` and, for groups, ``balanced_accuracy``, each ``{"low", "high"}``; the same for each class that has
        samples under ``recall``.
    """
    correct = (predicted == labels).mean(axis=0)
    there = [i for i in range(len(classes)) if np.any(labels == i)]
    names = [str(classes[i]) for i in there]
    if len(np.unique(groups)) == len(groups):
        recalls = [wilson_interval(correct[labels == i]) for i in there]
        return {"accuracy": wilson_interval(correct), "recall": dict(zip(names, recalls, strict=True))}
    bootstrap = GroupBootstrap(groups, labels, len(classes), seed)
    drawn = bootstrap.recalls(correct)[:, there]
    figures = {"accuracy": bootstrap.accuracy(correct), "balanced_accuracy": np.nanmean(drawn, axis=1)}
    recalls = [_ends(*percentile_interval(draws)) for draws in drawn.T]
    ends = {name: _ends(*percentile_interval(draws)) for name, draws in figures.items()}
    return ends | {"recall": dict(zip(names, recalls, strict=True))}


def _ends(low: float, high: float) -> Interval:
    return {"low": float(low), "high": float(high)}
