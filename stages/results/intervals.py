"""How sure a figure is: 95 % intervals for proportions, by formula or by drawing groups again."""

import math
from statistics import NormalDist

import numpy as np

LEVEL = 0.95
Z = NormalDist().inv_cdf((1 + LEVEL) / 2)
DRAWS = 2000


def wilson_interval(hits: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of ``hits / total``, or (0, 1) where total is 0.

    It holds every proportion p that lies at most z deviations ``sqrt(p (1 - p) / total)`` from ``hits / total``, z
    being the normal distribution's. Source: Wilson 1927, "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22:209. scipy.stats says the same, but takes as long
    to load as all else that judges a variant takes to run.
    """
    if total == 0:
        return 0.0, 1.0
    share, spread = hits / total, Z**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    # With no hits the lower bound is 0, with nothing but hits the upper is 1; rounding must not move them.
    return 0.0 if hits == 0 else middle - half, 1.0 if hits == total else middle + half


def percentile_interval(values: np.ndarray) -> tuple[float, float]:
    """Return the middle 95 % of bootstrap ``values``; draws in which the figure was undefined (NaN) are left out."""
    low, high = np.nanquantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


class GroupBootstrap:
    """Draws whole groups with replacement, since samples of one photo are no independent evidence.

    The draws depend on the seed and the groups alone, so that figures of several variants on the same samples
    are drawn together: their differences are paired.

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
        self.counts = self._weights @ self._sums(np.ones(len(labels)))

    def hits(self, values: np.ndarray) -> np.ndarray:
        """Sum ``values`` (N,) of the samples drawn, by class: (draws, classes)."""
        return self._weights @ self._sums(values)

    def accuracy(self, values: np.ndarray) -> np.ndarray:
        """Mean of ``values`` over the samples of each draw: (draws,)."""
        return self.hits(values).sum(axis=1) / self.counts.sum(axis=1)

    def recalls(self, values: np.ndarray) -> np.ndarray:
        """Mean of ``values`` in each class: (draws, classes), NaN where a draw has no sample of the class."""
        with np.errstate(invalid="ignore"):
            return self.hits(values) / self.counts

    def _sums(self, values: np.ndarray) -> np.ndarray:
        sums = np.zeros(self._shape)
        np.add.at(sums, (self._group, self._labels), values)
        return sums
