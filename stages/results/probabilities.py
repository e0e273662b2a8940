"""How good a variant's probabilities are: precision against recall of the rarest class, and calibration."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from stages.dnn.losses import softmax
from stages.predictions import Predictions

BINS = 15


def rarest_class(predictions: Predictions) -> int:
    """Index of the class with the fewest training samples among those that the test set has."""
    classes = len(predictions.classes)
    counts = np.bincount(predictions.labels["train"], minlength=classes).astype(np.float64)
    counts[np.bincount(predictions.labels["test"], minlength=classes) == 0] = np.inf
    return int(counts.argmin())


def precision_recall(scores: np.ndarray, positive: np.ndarray) -> pd.DataFrame:
    """Return ``recall,precision,threshold``, a row a threshold, from the highest score down.

    Samples with the same score are taken together.

    Args:
        scores: (N,), high for samples thought to be of the class.
        positive: bool (N,), those that are.
    """
    order = np.argsort(-scores, kind="stable")
    scores, hits = scores[order], np.cumsum(positive[order])
    last = np.append(np.diff(scores) != 0, True)
    taken = np.arange(1, len(scores) + 1)
    return pd.DataFrame({"recall": hits / hits[-1], "precision": hits / taken, "threshold": scores})[last]


def average_precision(curve: pd.DataFrame) -> float:
    """Area under a curve of :func:`precision_recall` by steps, as scikit-learn's ``average_precision_score``."""
    return float(np.sum(np.diff(curve["recall"], prepend=0) * curve["precision"]))


def reliability(logits: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Return ``confidence,accuracy,count``, a row a bin of confidence that is not empty (15 equally wide bins).

    Args:
        logits: (S, N, K) of several seeds' networks, which are counted together.
        labels: indices (N,).
    """
    probabilities = softmax(logits.astype(np.float64))
    confidence = probabilities.max(axis=2).ravel()
    correct = (probabilities.argmax(axis=2) == labels).ravel()
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    count, sums, hits = (np.bincount(bins, w, minlength=BINS) for w in (None, confidence, correct))
    used = count > 0
    return pd.DataFrame(
        {"confidence": sums[used] / count[used], "accuracy": hits[used] / count[used], "count": count[used]}
    )


def calibration_error(table: pd.DataFrame) -> float:
    """Expected calibration error of a table of :func:`reliability`: the mean of ``|accuracy - confidence|``.

    Source: Guo et al. 2017, https://arxiv.org/abs/1706.04599.
    """
    gaps = (table["accuracy"] - table["confidence"]).abs()
    return float(np.sum(gaps * table["count"]) / table["count"].sum())


def scaled(predictions: Predictions, temperature: float) -> Predictions:
    """The same predictions with all logits divided by ``temperature``."""
    return replace(predictions, logits={split: logits / temperature for split, logits in predictions.logits.items()})


def probability_figures(predictions: Predictions, temperature: float | None) -> dict[str, Any]:
    """Return the content of probabilities.json, on test samples.

    ``per_class.<label>.average_precision`` is of the rarest class, the mean over the seeds; ``calibration_error`` is
    of all seeds together; ``calibrated`` holds the temperature and the error with it, where there is one.
    """
    rarest, labels = rarest_class(predictions), predictions.labels["test"]
    curves = [precision_recall(s, labels == rarest) for s in rarest_scores(predictions)]
    figures: dict[str, Any] = {
        "per_class": {
            str(predictions.classes[rarest]): {"average_precision": np.mean([average_precision(c) for c in curves])}
        },
        "calibration_error": calibration_error(reliability(predictions.logits["test"], labels)),
    }
    if temperature is not None:
        error = calibration_error(reliability(scaled(predictions, temperature).logits["test"], labels))
        figures["calibrated"] = {"temperature": temperature, "calibration_error": error}
    return figures


def rarest_scores(predictions: Predictions) -> np.ndarray:
    """Probability of the rarest class for every seed and test sample, (S, N)."""
    return softmax(predictions.logits["test"].astype(np.float64))[:, :, rarest_class(predictions)]
