"""What is written beside a network's weights, read back: the form of its pictures and the prior of its classes."""

from typing import Any

import numpy as np

from stages.evaluation.calibration import natural_logits
from stages.storage.dataset import Form


def form_of(about: dict[str, Any]) -> Form:
    """What the network's pictures look like."""
    return Form(tuple(about["shape"]), tuple(about["classes"]), about["margin"])


def prior_of(about: dict[str, Any], balanced: bool) -> np.ndarray:
    """What takes logits to the natural point, float64 (classes,): the logarithms of the classes' shares of the training
    samples where the logits are ``balanced``, else zeros."""
    counts = about["train_counts"]
    nothing = np.zeros(len(counts))
    return natural_logits(nothing, np.repeat(np.arange(len(counts)), counts)) if balanced else nothing
