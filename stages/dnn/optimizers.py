"""How a step follows from the gradients: plain SGD, momentum or Adam, and how its learning rate goes in training.

Weight decay is decoupled (Loshchilov and Hutter 2019, arXiv:1711.05101): the weights shrink by the factor
``1 - lr * decay`` before the step, instead of a term in the gradient, which Adam would rescale. Biases do not shrink.
"""

import math

import numpy as np

from stages.config.variants import DnnVariant
from stages.storage.weights import State


class Sgd:
    """Stochastic gradient descent: ``w = w - lr * g``.

    Args:
        parameters: of a network; they are changed in place.
        weight_decay: of the weights, 0 for none.
    """

    MEMORIES = 0  # arrays of a parameter's shape that are kept for it from step to step, 0 at first

    def __init__(self, parameters: State, weight_decay: float = 0) -> None:
        self.parameters, self.weight_decay, self.steps = parameters, weight_decay, 0
        self.memory = {name: [np.zeros_like(array) for _ in range(self.MEMORIES)] for name, array in parameters.items()}

    def step(self, gradients: State, lr: float) -> None:
        """Move every parameter by its gradient, found under the same name."""
        self.steps += 1
        for name, parameter in self.parameters.items():
            if self.weight_decay and name.endswith("weights"):
                parameter *= 1 - lr * self.weight_decay
            parameter -= lr * self.direction(gradients[name], *self.memory[name])

    def direction(self, gradient: np.ndarray) -> np.ndarray:
        """Return what a learning rate of 1 would take off the parameter, and bring its memory up to date."""
        return gradient


class Momentum(Sgd):
    """``v = momentum * v + g``, ``w = w - lr * v`` (Polyak 1964, in the form of Sutskever et al. 2013 and of torch)."""

    MEMORIES = 1

    def __init__(self, parameters: State, momentum: float, weight_decay: float = 0) -> None:
        super().__init__(parameters, weight_decay)
        self.momentum = momentum

    def direction(self, gradient: np.ndarray, velocity: np.ndarray) -> np.ndarray:
        velocity *= self.momentum
        velocity += gradient
        return velocity


class Adam(Sgd):
    """Kingma and Ba 2015 (arXiv:1412.6980), algorithm 1, with their constants.

    ``m = b1 * m + (1 - b1) * g``, ``s = b2 * s + (1 - b2) * g^2``, and with ``t`` for the number of the step:
    ``w = w - lr * (m / (1 - b1^t)) / (sqrt(s / (1 - b2^t)) + 1e-8)``.
    """

    MEMORIES = 2
    BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8

    def direction(self, gradient: np.ndarray, mean: np.ndarray, square: np.ndarray) -> np.ndarray:
        mean *= self.BETA_1
        mean += (1 - self.BETA_1) * gradient
        square *= self.BETA_2
        square += (1 - self.BETA_2) * gradient**2
        correction_1, correction_2 = 1 - self.BETA_1**self.steps, 1 - self.BETA_2**self.steps
        return (mean / correction_1) / (np.sqrt(square / correction_2) + self.EPSILON)


def make_optimizer(parameters: State, variant: DnnVariant) -> Sgd:
    """Return the optimizer that ``variant`` asks for."""
    if variant.optimizer == "adam":
        return Adam(parameters, variant.weight_decay)
    if variant.momentum:
        return Momentum(parameters, variant.momentum, variant.weight_decay)
    return Sgd(parameters, variant.weight_decay)


def learning_rate(variant: DnnVariant, done: float) -> float:
    """Return the learning rate after ``done`` epochs (fractions count: 0 to ``variant.epochs``).

    ``step`` multiplies it by ``factor`` every ``every`` epochs. ``cosine`` (Loshchilov and Hutter 2017,
    arXiv:1608.03983, without restarts) raises it from 0 over ``warm_up`` epochs, in a line, and lets it fall to 0 along
    half a cosine. Without either it stays ``lr``.
    """
    if variant.step:
        return variant.lr * variant.step.factor ** (done // variant.step.every)
    if not variant.cosine:
        return variant.lr
    warm_up = variant.cosine.warm_up
    if done < warm_up:
        return variant.lr * done / warm_up
    return variant.lr * (1 + math.cos(math.pi * (done - warm_up) / (variant.epochs - warm_up))) / 2
