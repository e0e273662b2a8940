"""The figures by which every network is evaluated."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from scipy.special import log_softmax
from sklearn.metrics import precision_recall_fscore_support

Scores = dict[str, Any]


def score(logits: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> Scores:
    """Return loss, rates and per-class figures of one network on one set of samples.

    ``loss`` is the mean cross entropy in nats. ``balanced_accuracy`` is the mean recall of the classes that have
    samples, ``macro_f1`` the mean F1 of those that have samples or are predicted. Precision, recall and F1 are 0 where
    a quotient has nothing to divide by; a class without samples has no recall, so ``per_class`` leaves it out.

    Args:
        logits: (N, K).
        labels: indices (N,) into ``classes``.
        classes: names (K,).
    """
    predicted, everything = logits.argmax(axis=1), range(len(classes))
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predicted, labels=everything, zero_division=0
    )
    taken = np.bincount(predicted, minlength=len(classes))
    accuracy = np.mean(predicted == labels)
    losses = -log_softmax(logits.astype(np.float64), axis=1)[np.arange(len(labels)), labels]
    return {
        "loss": losses.mean(),
        "accuracy": accuracy,
        "error_rate": 1 - accuracy,
        "balanced_accuracy": recall[support > 0].mean(),
        "macro_f1": f1[(support > 0) | (taken > 0)].mean(),
        "per_class": {
            str(name): {"precision": precision[i], "recall": recall[i], "f1": f1[i], "support": support[i]}
            for i, name in enumerate(classes)
            if support[i]
        },
    }


def means(scores: Sequence[Scores]) -> Scores:
    """The mean of each figure over several networks."""
    return _reduced(scores, np.mean)


def deviations(scores: Sequence[Scores]) -> Scores:
    """The standard deviation (of a sample: divisor n - 1) of each figure over two or more networks."""
    reduced = _reduced(scores, partial(np.std, ddof=1))
    for figures in reduced["per_class"].values():
        del figures["support"]  # a count of the data, the same for every network
    return reduced


def _reduced(scores: Sequence[Scores], how: Callable[[list[float]], float]) -> Scores:
    reduced: Scores = {}
    for key, value in scores[0].items():
        column = [one[key] for one in scores]
        if isinstance(value, dict):
            reduced[key] = _reduced(column, how)
        else:
            reduced[key] = value if key == "support" else how(column)
    return reduced


def mean_confusion(predicted: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Confusion counts averaged over the seeds, float64 (actual, predicted).

    Args:
        predicted: indices (S, N).
        labels: indices (N,).
        classes: how many there are.
    """
    pairs = np.bincount((labels * classes + predicted).ravel(), minlength=classes * classes)
    return pairs.reshape(classes, classes) / len(predicted)
