"""The learning rate as training goes on."""

import math

from stages.params_dnn import DnnVariant


def learning_rate(variant: DnnVariant, done: float) -> float:
    """Return the learning rate after ``done`` epochs (fractions count: 0 to ``variant.epochs``).

    ``step`` multiplies it by ``factor`` every ``every`` epochs. ``cosine`` (Loshchilov and Hutter 2017,
    arXiv:1608.03983, without restarts) raises it from near 0 over ``warm_up`` epochs, in a line, and lets it
    fall to 0 along half a cosine. Without either it stays ``lr``.
    """
    if variant.step:
        return variant.lr * variant.step.factor ** (int(done) // variant.step.every)
    if not variant.cosine:
        return variant.lr
    warm_up = variant.cosine.warm_up
    if done < warm_up:
        return variant.lr * done / warm_up
    return variant.lr * (1 + math.cos(math.pi * (done - warm_up) / (variant.epochs - warm_up))) / 2
