"""The layers of a network, each with its forward and its backward pass; docs/backpropagation.md derives them."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np

Function = Callable[[np.ndarray], np.ndarray]


class Layer(ABC):
    """A step on the way from the inputs of the network to its logits."""

    @abstractmethod
    def forward(self, inputs: np.ndarray) -> np.ndarray:
        """Return the outputs (samples, outputs) for inputs (samples, inputs), and keep what :meth:`backward` needs."""

    @abstractmethod
    def backward(self, delta: np.ndarray) -> np.ndarray | None:
        """Turn ``delta``, the gradient dL/doutputs of the loss, into dL/dinputs."""


class Dense(Layer):
    """Fully connected: ``outputs = inputs @ weights + biases``.

    Args:
        weights: shape (inputs, outputs).
        biases: shape (outputs,), of the same dtype.
        is_first: whether the inputs are pixels. Nobody trains those, so their gradient is left out.
    """

    def __init__(self, weights: np.ndarray, biases: np.ndarray, is_first: bool = False) -> None:
        self.weights, self.biases, self.is_first = weights, biases, is_first

    def forward(self, inputs: np.ndarray) -> np.ndarray:
        self.inputs = inputs
        return inputs @ self.weights + self.biases

    def backward(self, delta: np.ndarray) -> np.ndarray | None:
        """``dL/dW = inputs^T delta``, ``dL/db`` = column sums of ``delta``, ``dL/dinputs = delta W^T``."""
        self.weights_gradient = self.inputs.T @ delta
        self.biases_gradient = delta.sum(axis=0)
        return None if self.is_first else delta @ self.weights.T


class Activation(Layer):
    """Entry by entry: ``outputs = f(inputs)``.

    Args:
        function: f.
        derivative: f', as a function of the outputs.
    """

    def __init__(self, function: Function, derivative: Function) -> None:
        self.function, self.derivative = function, derivative

    def forward(self, inputs: np.ndarray) -> np.ndarray:
        self.outputs = self.function(inputs)
        return self.outputs

    def backward(self, delta: np.ndarray) -> np.ndarray:
        """``dL/dinputs = delta * f'(inputs)``."""
        return delta * self.derivative(self.outputs)


SLOPE = 0.1
# f and f' of each activation. Leaky ReLU has a slope below 0 too, so that no node is ever dead (Maas et al. 2013).
# Sigmoid is 1 / (1 + exp(-z)), written with tanh so that no exponential overflows.
ACTIVATIONS: dict[str, tuple[Function, Function]] = {
    "relu": (lambda z: np.maximum(z, 0), lambda h: h > 0),
    "leaky_relu": (lambda z: np.maximum(z, SLOPE * z), lambda h: np.where(h > 0, 1, SLOPE).astype(h.dtype)),
    "sigmoid": (lambda z: (1 + np.tanh(z / 2)) / 2, lambda h: h * (1 - h)),
    "tanh": (np.tanh, lambda h: 1 - h**2),
}


class Dropout(Layer):
    """In training: set each output to 0 with probability ``rate``, and divide those that stay by ``1 - rate``.

    Inverted dropout (Srivastava et al. 2014, JMLR 15:1929, section 10): the mean of each output stays what it was. So
    the trained network is evaluated without this layer, and nothing has to be rescaled.

    Args:
        rate: from 0 to below 1.
        rng: draws which outputs go, anew in each forward pass.
    """

    def __init__(self, rate: float, rng: np.random.Generator) -> None:
        self.rate, self.rng = rate, rng

    def forward(self, inputs: np.ndarray) -> np.ndarray:
        kept = self.rng.random(inputs.shape, inputs.dtype) >= self.rate
        self.mask = kept.astype(inputs.dtype) / (1 - self.rate)
        return inputs * self.mask

    def backward(self, delta: np.ndarray) -> np.ndarray:
        """``dL/dinputs = delta * mask``."""
        return delta * self.mask
