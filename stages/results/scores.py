"""The figures by which every variant is judged."""

from collections.abc import Collection
from typing import Any

import numpy as np

from stages.dnn.losses import cross_entropy
from stages.predictions import SPLITS, Predictions


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Count the samples of class ``row`` that were taken for class ``column``; int64 (classes, classes)."""
    return np.bincount(labels * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def score(logits: np.ndarray, labels: np.ndarray, classes: np.ndarray) -> dict[str, Any]:
    """Return loss, rates and per-class figures of one network on one split.

    Recall, precision and F1 are as in scikit-learn's ``precision_recall_fscore_support``, with 0 where a
    quotient has nothing to divide by. Balanced accuracy is the mean recall of the classes that have samples.

    Args:
        logits: shape (N, K).
        labels: indices (N,) into ``classes``.
        classes: names (K,).
    """
    matrix = confusion_matrix(labels, logits.argmax(axis=1), len(classes))
    hits, support, taken = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    recall, precision = _quotient(hits, support), _quotient(hits, taken)
    f1 = _quotient(2 * hits, support + taken)
    accuracy = hits.sum() / len(labels)
    return {
        "loss": cross_entropy(logits, labels),
        "accuracy": accuracy,
        "error_rate": 1 - accuracy,
        "balanced_accuracy": recall[support > 0].mean(),
        "macro_f1": f1[(support + taken) > 0].mean(),
        "per_class": {
            str(name): {"precision": precision[i], "recall": recall[i], "f1": f1[i], "support": support[i]}
            for i, name in enumerate(classes)
        },
    }


def summarise_seeds(predictions: Predictions, leaked: Collection[str] = ()) -> dict[str, Any]:
    """Return the content of metrics.json: per split the means over the seeds and, for several, ``std``.

    The deviation is that of a sample of seeds (divisor n - 1). Where groups of the test set are ``leaked``, there is
    a third part, ``test_without_leaks``.
    """
    scores = scores_per_seed(predictions) | _without_leaks(predictions, leaked)
    metrics = {split: _reduce(each, np.mean) for split, each in scores.items()}
    if len(predictions.seeds) > 1:
        metrics["std"] = {split: _reduce(each, _deviation) for split, each in scores.items()}
        for deviations in metrics["std"].values():
            for figures in deviations["per_class"].values():
                del figures["support"]  # a count of the data, the same for every seed
    return metrics


def _without_leaks(predictions: Predictions, leaked: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Main figures of each network on the test samples that have no duplicate in training, if that is some of them."""
    kept = ~np.isin(predictions.groups["test"], list(leaked))
    if kept.all() or not kept.any():
        return {}
    labels = predictions.labels["test"][kept]
    scores = [score(logits[kept], labels, predictions.classes) for logits in predictions.logits["test"]]
    return {
        "test_without_leaks": [
            {key: one[key] for key in ("accuracy", "balanced_accuracy")}
            | {"per_class": {name: {k: of[k] for k in ("recall", "support")} for name, of in one["per_class"].items()}}
            for one in scores
        ]
    }


def scores_per_seed(predictions: Predictions) -> dict[str, list[dict[str, Any]]]:
    """Return :func:`score` for each split and, in the order of ``predictions.seeds``, each network."""
    return {
        split: [score(logits, predictions.labels[split], predictions.classes) for logits in predictions.logits[split]]
        for split in SPLITS
    }


def flatten(figures: dict[str, Any], prefix: str = "") -> dict[str, float]:
    """Turn nested figures into one level: ``per_class.none.recall`` …"""
    flat: dict[str, float] = {}
    for key, value in figures.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


def _reduce(scores: list[dict[str, Any]], how) -> dict[str, Any]:
    reduced: dict[str, Any] = {}
    for key, value in scores[0].items():
        column = [one[key] for one in scores]
        reduced[key] = _reduce(column, how) if isinstance(value, dict) else how(column)
        if key == "support":
            reduced[key] = value
    return reduced


def _deviation(values: list[float]) -> float:
    return float(np.std(values, ddof=1))


def _quotient(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)
