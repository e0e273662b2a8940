"""The learning rate over the steps of one training."""

import math

# The first learning rate is the highest through START, the last one the first through END.
START, END = 10, 100


def one_cycle(step: int, steps: int, highest: float, warmup: float) -> float:
    """Return the learning rate of ``step`` (0 to steps - 1): it rises for a while and falls for the rest, by cosines.

    Source: Smith and Topin 2017, https://arxiv.org/abs/1708.07120, in the form of torch's ``OneCycleLR``.

    Args:
        step: which step, from 0.
        steps: of the whole training.
        highest: the highest learning rate.
        warmup: share of the steps in which it rises.
    """
    peak, last = max(warmup * steps - 1, 0), steps - 1
    first = highest / START
    if step <= peak:
        return _between(first, highest, step / peak if peak else 1.0)
    return _between(highest, first / END, (step - peak) / (last - peak))


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))
