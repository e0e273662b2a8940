"""How far the figures of an ablation would scatter with other samples of the same kind."""

import math
from collections.abc import Mapping
from typing import Any


def sampling_errors(recalls: Mapping[str, float], supports: Mapping[str, int]) -> dict[str, Any]:
    """Return the standard errors of the rarest class's recall and of balanced accuracy, the mean of the recalls.

    The formula of a binomial proportion, ``sqrt(p (1 - p) / n)``. It takes samples for independent; faces that share a
    photo are not quite.

    Args:
        recalls: by class.
        supports: how many samples each class has.

    Returns:
        ``rarest`` (the class), ``count`` (its samples), ``recall`` and ``balanced_accuracy`` (standard errors).
    """
    variances = {name: recall * (1 - recall) / supports[name] for name, recall in recalls.items()}
    rarest = min(recalls, key=supports.__getitem__)
    return {
        "rarest": rarest,
        "count": supports[rarest],
        "recall": math.sqrt(variances[rarest]),
        "balanced_accuracy": math.sqrt(sum(variances.values())) / len(variances),
    }
