"""What logits mean as probabilities: how frequent the classes are, and how sure the network may be."""

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

LOWEST, HIGHEST = 0.05, 20.0
BINS = 15


def natural_logits(logits: np.ndarray, train_labels: np.ndarray) -> np.ndarray:
    """Return ``logits + log prior``, for logits that were trained by balanced softmax (prior adjustment).

    Such logits take all classes for equally frequent: the balanced point, which finds the rare class best. Adding the
    logarithm of each class's share of the training data gives, by Bayes' rule, the natural point, which is right most
    often where classes are as frequent as there. Source: Menon et al. 2021, https://arxiv.org/abs/2007.07314.

    Args:
        logits: (..., K).
        train_labels: indices (N,) of all training samples. A class without any counts as half a sample.
    """
    counts = np.maximum(np.bincount(train_labels, minlength=logits.shape[-1]), 0.5)
    return logits + np.log(counts / counts.sum()).astype(logits.dtype)


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature T (0.05 to 20) at which ``softmax(logits / T)`` has the least cross entropy.

    No prediction changes by it. Source: Guo et al. 2017, https://arxiv.org/abs/1706.04599.

    Args:
        logits: (N, K) of samples that the network was not trained on.
        labels: indices (N,).
    """
    logits = logits.astype(np.float64)
    rows = np.arange(len(labels))

    def loss(inverse: float) -> float:  # convex in 1 / T
        return -log_softmax(logits * inverse, axis=1)[rows, labels].mean()

    return float(1 / minimize_scalar(loss, bounds=(1 / HIGHEST, 1 / LOWEST), method="bounded").x)


def reliability(logits: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Return ``confidence,accuracy,count``, a row a bin of confidence that is not empty (15 equally wide bins).

    Args:
        logits: (S, N, K) of several seeds' networks, which are counted together.
        labels: indices (N,).
    """
    probabilities = softmax(logits.astype(np.float64), axis=2)
    confidence = probabilities.max(axis=2).ravel()
    correct = (probabilities.argmax(axis=2) == labels).ravel()
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    table = pd.DataFrame({"bin": bins, "confidence": confidence, "accuracy": correct.astype(float), "count": 1})
    rows = table.groupby("bin").agg({"confidence": "mean", "accuracy": "mean", "count": "sum"})
    return rows.reset_index(drop=True)


def calibration_error(table: pd.DataFrame) -> float:
    """Expected calibration error of a table of :func:`reliability`: the mean of ``|accuracy - confidence|``.

    Source: Guo et al. 2017, https://arxiv.org/abs/1706.04599.
    """
    gaps = (table["accuracy"] - table["confidence"]).abs()
    return float(np.average(gaps, weights=table["count"]))
