"""Where a single run's figure may lie: what another seed and other photos of the same kind would change."""

import numpy as np

from stages.predictions import Predictions
from stages.results.intervals import GroupBootstrap, percentile_interval


def single_run_interval(predictions: Predictions, split: str, figure: str, seed: int) -> tuple[float, float]:
    """Return the 95 % interval of one run's ``accuracy`` or ``recall <class>``.

    Each draw takes one of the trained networks and draws the photos (or digits) anew, since a figure published
    from one run holds both chances.

    Args:
        predictions: of every seed.
        split: ``train`` or ``test``.
        figure: its name, as comparison.csv has it.
        seed: of the draws.
    """
    labels, groups, classes = predictions.labels[split], predictions.groups[split], list(predictions.classes)
    bootstrap = GroupBootstrap(groups, labels, len(classes), seed)
    correct = (predictions.predicted(split) == labels).astype(np.float64)
    if figure == "accuracy":
        drawn = np.array([bootstrap.accuracy(one) for one in correct])
    else:
        column = classes.index(figure.removeprefix("recall "))
        drawn = np.array([bootstrap.recalls(one)[:, column] for one in correct])
    runs = np.random.default_rng(seed).integers(len(drawn), size=drawn.shape[1])
    return percentile_interval(drawn[runs, np.arange(drawn.shape[1])])
