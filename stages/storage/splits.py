"""Dividing samples: into training and test, off a part for validation, into the parts of a cross-validation."""

import warnings

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from stages.runtime.errors import InputError


def hold_out(labels: np.ndarray, groups: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Return bool (N,): which samples are held out, about ``share`` (0.02 to 0.5) of every class.

    Samples of one group stay together. Of the parts of :func:`group_folds` one is held out that leaves all classes with
    samples on the other side and has some of each itself, as far as that can be; and of those the one whose shares of
    the classes are closest to ``share``. Where there are fewer groups than parts, a part is a group.

    Args:
        labels: (N,) whole numbers or texts.
        groups: (N,) texts.

    Raises:
        InputError: there are fewer than two groups.
    """
    codes = np.unique(labels, return_inverse=True)[1]
    totals = np.bincount(codes)
    folds = min(round(1 / share), len(np.unique(groups)))
    if folds < 2:
        raise InputError("all samples are of one group (photo), of which none can be held out; bring more")

    def imbalance(part: np.ndarray) -> tuple[int, int, float]:
        counts = np.bincount(codes[part], minlength=len(totals))
        return int(np.sum(counts == totals)), int(np.sum(counts == 0)), float(np.abs(counts / totals - share).sum())

    held = np.zeros(len(labels), bool)
    held[min(group_folds(codes, groups, folds, seed), key=imbalance)] = True
    return held


def group_folds(labels: np.ndarray, groups: np.ndarray, folds: int, seed: int) -> list[np.ndarray]:
    """Return the indices of each part of a split into ``folds`` parts, or fewer where one would be empty.

    Every sample is in one part, samples of one group in the same, and every class is spread over the parts as evenly as
    whole groups allow. Source: scikit-learn's ``StratifiedGroupKFold``.

    Args:
        labels: (N,) whole numbers or texts.
        groups: (N,) texts.
        folds: 2 or more.
        seed: of the order in which groups are dealt out.

    Raises:
        InputError: there are fewer groups than parts, or fewer samples of every class.
    """
    codes = np.unique(labels, return_inverse=True)[1]
    numbers = np.unique(groups, return_inverse=True)[1]
    if numbers.max() + 1 < folds or np.bincount(codes).max() < folds:
        raise InputError(
            f"{numbers.max() + 1} groups (photos) with at most {np.bincount(codes).max()} samples of a class cannot be "
            f"split into {folds} parts; bring more data, or ask for fewer parts (a larger share)"
        )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer samples than parts
        return [part for _, part in splitter.split(codes, codes, numbers) if len(part)]
