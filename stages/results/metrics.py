"""The content of metrics.json."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from stages.cnn.operating_points import natural_logits
from stages.predictions import Predictions
from stages.results.interval_figures import interval_figures
from stages.results.scores import summarise_seeds


def at_natural_point(predictions: Predictions) -> Predictions:
    """The predictions of balanced logits where classes are as frequent as in the training data."""
    labels = predictions.labels["train"]
    return replace(predictions, logits={s: natural_logits(x, labels) for s, x in predictions.logits.items()})


def metrics_of(
    predictions: Predictions, natural: Predictions | None, leaked: Collection[str], bootstrap_seed: int
) -> dict[str, Any]:
    """Return the means over the seeds, their deviations, and the intervals.

    A second operating point adds a block ``natural``, of the same form as the whole. Everything else is of the
    first: it is what the network was trained for, and what tables over all variants compare.

    Args:
        predictions: of every seed.
        natural: the predictions at the second operating point, where there is one.
        leaked: groups of test samples that have a duplicate in training.
        bootstrap_seed: of the draws behind the intervals.
    """
    metrics = summarise_seeds(predictions, leaked)
    metrics["interval"] = {"test": interval_figures(predictions, bootstrap_seed)}
    if natural:
        metrics["natural"] = metrics_of(natural, None, leaked, bootstrap_seed)
    return metrics
