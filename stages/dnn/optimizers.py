"""How a step follows from the gradients: plain SGD, momentum, Adam; each with decoupled weight decay.

Decoupled (Loshchilov and Hutter 2019, arXiv:1711.05101): the weights shrink by the factor ``1 - lr * decay``
beside the step, instead of a term in the gradient, which Adam would rescale. Biases do not shrink.
"""

import math
from abc import ABC, abstractmethod

import numpy as np

from stages.dnn.network import Network
from stages.dnn.sgd import sgd_step
from stages.params_dnn import DnnVariant

# Numbers that are updated at once: the arrays involved fit the processor's cache.
BLOCK = 1 << 15


class Optimizer(ABC):
    """Moves the parameters of one network, step by step.

    Args:
        network: its arrays are changed in place.
        weight_decay: of the weights, 0 for none.
    """

    def __init__(self, network: Network, weight_decay: float = 0) -> None:
        self.network, self.weight_decay = network, weight_decay

    def step(self, lr: float) -> None:
        """Use the gradients that the last backward pass left in the network; they are used up."""
        if self.weight_decay:
            for name, array in self.network.state().items():
                if name.endswith("weights"):
                    array *= 1 - lr * self.weight_decay
        self._move(lr)

    @abstractmethod
    def _move(self, lr: float) -> None: ...


class Sgd(Optimizer):
    """``w -= lr * g``; see :func:`stages.dnn.sgd.sgd_step`."""

    def _move(self, lr: float) -> None:
        sgd_step(self.network, lr)


class Momentum(Optimizer):
    """``v = momentum * v + g``, ``w -= lr * v`` (Polyak 1964, in the form of torch and of Sutskever et al. 2013)."""

    def __init__(self, network: Network, momentum: float, weight_decay: float = 0) -> None:
        super().__init__(network, weight_decay)
        self.momentum = momentum
        self._blocks = [(*block, np.zeros_like(block[0])) for block in _blocks(network)]

    def _move(self, lr: float) -> None:
        for parameter, gradient, velocity in self._blocks:
            velocity *= self.momentum
            velocity += gradient
            np.multiply(velocity, lr, out=gradient)
            parameter -= gradient


class Adam(Optimizer):
    """Kingma and Ba 2015 (arXiv:1412.6980), algorithm 1, with their constants.

    ``m = b1 m + (1 - b1) g``, ``v = b2 v + (1 - b2) g^2``, and with both divided by ``1 - b^t``:
    ``w -= lr * m / (sqrt(v) + 1e-8)``. The factors ``1 - b`` are taken out of the sums and into the step, which
    spares passes over the arrays: what is kept is ``m / (1 - b1)`` and ``v / (1 - b2)``.
    """

    BETAS, EPSILON = (0.9, 0.999), 1e-8

    def __init__(self, network: Network, weight_decay: float = 0) -> None:
        super().__init__(network, weight_decay)
        self._blocks = [(*block, np.zeros_like(block[0]), np.zeros_like(block[0])) for block in _blocks(network)]
        self._steps = 0

    def _move(self, lr: float) -> None:
        self._steps += 1
        first, second = self.BETAS
        mean_factor = (1 - first) / (1 - first**self._steps)
        root_factor = math.sqrt((1 - second) / (1 - second**self._steps))
        size, epsilon = lr * mean_factor / root_factor, self.EPSILON / root_factor
        for parameter, gradient, mean, square in self._blocks:
            mean *= first
            mean += gradient
            square *= second
            gradient *= gradient
            square += gradient
            np.sqrt(square, out=gradient)
            gradient += epsilon
            np.divide(mean, gradient, out=gradient)
            gradient *= size
            parameter -= gradient


def make_optimizer(network: Network, variant: DnnVariant) -> Optimizer:
    """Return the optimizer that ``variant`` asks for."""
    if variant.optimizer == "adam":
        return Adam(network, variant.weight_decay)
    if variant.momentum:
        return Momentum(network, variant.momentum, variant.weight_decay)
    return Sgd(network, variant.weight_decay)


def _blocks(network: Network) -> list[tuple[np.ndarray, np.ndarray]]:
    """Parameters and gradients as flat views of at most ``BLOCK`` numbers."""
    blocks = []
    for layer in network.layers:
        for name, parameter in layer.parameters().items():
            flat, gradient = parameter.reshape(-1), layer.gradients()[name].reshape(-1)
            starts = range(0, len(flat), BLOCK)
            blocks += [(flat[i : i + BLOCK], gradient[i : i + BLOCK]) for i in starts]
    return blocks
