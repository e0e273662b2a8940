"""The figures of one variant: metrics.json, which people compare, and details.json, from which pages and docs draw.

details.json holds

- ``data``: source, number and SHA-256 of the test samples, so that figures of other data are told apart;
- ``operating_point``: ``balanced`` or ``natural``, that of all figures but those under ``probabilities`` and
  ``natural`` (``calibration.natural_logits`` says what the points are);
- ``rarest``: the class with the fewest training samples among those that the test set has;
- ``figures``: a list of the main test figures with ``value``, ``std`` over the seeds (null for one seed), and the ends
  ``low`` and ``high`` of the 95 % interval where there is one, for DVC's plots;
- ``train``, ``test``, ``validation`` and, where test samples leak, ``test_without_leaks``: the scores, means over the
  seeds (``scores.score``);
- ``std``: for several seeds, the deviations of train and test in the same form, less the supports;
- ``interval``: of the test figures (``intervals.interval_figures``);
- ``probabilities``: at the natural point ``average_precision`` of the rarest class, ``calibration_error``, the
  ``temperature`` that was fitted on the validation samples, and the ``calibrated_error`` with it;
- ``natural``: for balanced logits, scores, ``std`` and ``interval`` at the natural point.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.metrics import average_precision_score

from stages.evaluation.calibration import calibration_error, fit_temperature, natural_logits, reliability
from stages.evaluation.intervals import interval_figures
from stages.evaluation.scores import deviations, means, score
from stages.storage.dataset import SPLITS, TEST, TRAIN
from stages.storage.predictions import PARTS, VALIDATION, Predictions

FEW_CLASSES = 5  # whose recalls stand in metrics.json
MAIN = ("accuracy", "balanced_accuracy", "error_rate", "macro_f1", "loss")


def at_natural_point(predictions: Predictions) -> Predictions:
    """The predictions of balanced logits where classes are as frequent as in the training data."""
    labels = predictions.labels[TRAIN]
    return replace(predictions, logits={part: natural_logits(x, labels) for part, x in predictions.logits.items()})


def rarest_class(predictions: Predictions) -> int:
    """Index of the class with the fewest training samples among those that the test set has."""
    counts = np.bincount(predictions.labels[TRAIN], minlength=len(predictions.classes)).astype(float)
    counts[np.bincount(predictions.labels[TEST], minlength=len(counts)) == 0] = np.inf
    return int(counts.argmin())


def rarest_scores(predictions: Predictions) -> np.ndarray:
    """Probability of the rarest class for every seed and test sample, (S, N)."""
    return softmax(predictions.logits[TEST].astype(np.float64), axis=2)[:, :, rarest_class(predictions)]


def details_of(
    predictions: Predictions, natural: Predictions | None, leaked: frozenset[str], card: dict[str, Any], seed: int
) -> dict[str, Any]:
    """Return the content of details.json.

    Args:
        predictions: of every seed.
        natural: the predictions at the natural point, where the logits are balanced.
        leaked: groups of test samples that have a duplicate in training.
        card: of the data; see :func:`stages.storage.dataset.write_card`.
        seed: of the bootstrap.
    """
    scores = _scores(predictions, leaked, seed)
    return {
        "data": {"source": card["source"], "test_samples": card[TEST]["samples"], "test_sha256": card[TEST]["sha256"]},
        "operating_point": "balanced" if natural else "natural",
        "rarest": str(predictions.classes[rarest_class(predictions)]),
        "figures": _main_figures(scores),
        "probabilities": _probabilities(natural or predictions),
        **scores,
        **({"natural": _scores(natural, leaked, seed)} if natural else {}),
    }


def metrics_of(details: dict[str, Any]) -> dict[str, Any]:
    """Return the content of metrics.json: few enough figures that a changed variant fits a dozen lines."""
    test = {name: details[TEST][name] for name in MAIN}
    if len(details[TEST]["per_class"]) <= FEW_CLASSES:
        test["recall"] = {name: one["recall"] for name, one in details[TEST]["per_class"].items()}
    metrics = {
        TEST: test,
        TRAIN: {"accuracy": details[TRAIN]["accuracy"]},
        VALIDATION: {"balanced_accuracy": details[VALIDATION]["balanced_accuracy"]},
    }
    if "natural" in details:
        metrics["natural"] = {TEST: {"accuracy": details["natural"][TEST]["accuracy"]}}
    return metrics


def cross_validation_figures(predictions: Predictions, balanced_logits: bool, seed: int) -> dict[str, Any]:
    """Return the content of cross_validation.json: scores, ``std``, ``interval`` and ``natural`` as in details.json.

    Args:
        predictions: whose test samples are all samples, each judged by networks that have not seen its group.
        balanced_logits: whether the logits take all classes for equally frequent; then ``natural`` is there too.
        seed: of the bootstrap.
    """
    classes, labels, groups = predictions.classes, predictions.labels[TEST], predictions.groups[TEST]

    def figures(logits: np.ndarray) -> dict[str, Any]:
        scores = [score(one, labels, classes) for one in logits]
        std = {"std": deviations(scores)} if len(scores) > 1 else {}
        return means(scores) | std | {"interval": interval_figures(logits.argmax(2), labels, groups, classes, seed)}

    logits = predictions.logits[TEST]
    natural = {"natural": figures(natural_logits(logits, labels))} if balanced_logits else {}
    return figures(logits) | natural


def _scores(predictions: Predictions, leaked: frozenset[str], seed: int) -> dict[str, Any]:
    """Means over the seeds, their deviations, and the intervals."""
    classes, labels, groups = predictions.classes, predictions.labels, predictions.groups[TEST]
    scores = {part: [score(one, labels[part], classes) for one in predictions.logits[part]] for part in PARTS}
    kept = ~np.isin(groups, list(leaked))
    if kept.any() and not kept.all():
        without = [score(one[kept], labels[TEST][kept], classes) for one in predictions.logits[TEST]]
        scores["test_without_leaks"] = without
    found: dict[str, Any] = {part: means(each) for part, each in scores.items()}
    if len(predictions.seeds) > 1:
        found["std"] = {split: deviations(scores[split]) for split in SPLITS}
    found["interval"] = interval_figures(predictions.predicted(TEST), labels[TEST], groups, classes, seed)
    return found


def _main_figures(scores: dict[str, Any]) -> list[dict[str, Any]]:
    """Accuracy, balanced accuracy and recalls on the test samples, a row each."""
    std, interval = scores.get("std", {}).get(TEST, {}), scores["interval"]
    rows = []
    for name in ("accuracy", "balanced_accuracy"):
        row = {"figure": name.replace("_", " "), "value": scores[TEST][name], "std": std.get(name)}
        rows.append(row | interval.get(name, {}))
    for label, one in scores[TEST]["per_class"].items():
        spread = std["per_class"][label]["recall"] if std else None
        rows.append({"figure": f"recall {label}", "value": one["recall"], "std": spread} | interval["recall"][label])
    return rows


def _probabilities(natural: Predictions) -> dict[str, float]:
    labels, rarest = natural.labels[TEST], natural.labels[TEST] == rarest_class(natural)
    temperature = fit_temperature(natural.logits[VALIDATION][0], natural.labels[VALIDATION])
    return {
        "average_precision": np.mean([average_precision_score(rarest, one) for one in rarest_scores(natural)]),
        "calibration_error": calibration_error(reliability(natural.logits[TEST], labels)),
        "temperature": temperature,
        "calibrated_error": calibration_error(reliability(natural.logits[TEST] / temperature, labels)),
    }
