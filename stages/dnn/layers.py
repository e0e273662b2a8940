"""Layers with a forward and a backward pass, each the length of its mathematics.

A layer computes ``outputs`` from ``inputs`` of shape (samples, features) and, going back, turns ``delta``, the
gradient of the loss with respect to its outputs, into the gradient with respect to its inputs. The derivation
is in docs/backpropagation.md.

Results are written into buffers that the layer keeps: what ``forward`` and ``backward`` return is valid until
the next call. Activations work in place on what they are given. So a training step allocates nothing.
"""

import numpy as np

# Arrays of at most so many features lie in memory column by column: what runs over the samples of a feature, or
# compares the few features of each sample (the softmax), then goes along memory instead of in steps of a few numbers.
NARROW = 16


class Buffers:
    """Arrays that are allocated once for the largest batch and handed out as views of its first rows."""

    def __init__(self) -> None:
        self._arrays: dict[str, np.ndarray] = {}

    def rows(self, name: str, count: int, width: int, dtype: np.dtype) -> np.ndarray:
        """Return ``name`` as (count, width), its content whatever was left there."""
        array = self._arrays.get(name)
        if array is None or len(array) < count:
            order = "F" if width <= NARROW else "C"
            array = self._arrays[name] = np.empty((count, width), dtype, order)
        return array[:count]


class Layer:
    """A step of the network without parameters; :class:`Dense` has some."""

    def parameters(self) -> dict[str, np.ndarray]:
        """The arrays that training changes, by name."""
        return {}

    def gradients(self) -> dict[str, np.ndarray]:
        """The loss's gradient for each of :meth:`parameters`, as the last backward pass left it."""
        return {}

    def forward(self, inputs: np.ndarray) -> np.ndarray:
        """Return the outputs, shape (samples, outputs)."""
        raise NotImplementedError

    def backward(self, delta: np.ndarray, needs_input_gradient: bool = True) -> np.ndarray | None:
        """Take dL/doutputs, keep the parameters' gradients and return dL/dinputs (None where not needed)."""
        raise NotImplementedError


class Dense(Layer):
    """Fully connected: ``outputs = inputs @ weights + biases``.

    Args:
        weights: shape (inputs, outputs). Used as it is, and changed by training.
        biases: shape (outputs,), of the same dtype.
    """

    def __init__(self, weights: np.ndarray, biases: np.ndarray) -> None:
        self.weights, self.biases = weights, biases
        self.weights_gradient, self.biases_gradient = np.zeros_like(weights), np.zeros_like(biases)
        self._buffers = Buffers()
        self._inputs: np.ndarray | None = None

    def parameters(self) -> dict[str, np.ndarray]:
        return {"weights": self.weights, "biases": self.biases}

    def gradients(self) -> dict[str, np.ndarray]:
        return {"weights": self.weights_gradient, "biases": self.biases_gradient}

    def forward(self, inputs: np.ndarray) -> np.ndarray:
        self._inputs = inputs
        outputs = self._buffers.rows("outputs", len(inputs), self.weights.shape[1], self.weights.dtype)
        np.matmul(inputs, self.weights, out=outputs)
        outputs += self.biases
        return outputs

    def backward(self, delta: np.ndarray, needs_input_gradient: bool = True) -> np.ndarray | None:
        """``dW = inputs^T delta``, ``db`` = column sums of ``delta``, ``dL/dinputs = delta W^T``."""
        np.matmul(self._inputs.T, delta, out=self.weights_gradient)
        np.sum(delta, axis=0, out=self.biases_gradient)
        if not needs_input_gradient:
            return None
        into = self._buffers.rows("delta", len(delta), self.weights.shape[0], self.weights.dtype)
        return np.matmul(delta, self.weights.T, out=into)


class ReLU(Layer):
    """``outputs = max(inputs, 0)``; the gradient passes where the output is positive."""

    def forward(self, inputs: np.ndarray) -> np.ndarray:
        self._outputs = np.maximum(inputs, 0, out=inputs)
        return self._outputs

    def backward(self, delta: np.ndarray, needs_input_gradient: bool = True) -> np.ndarray:
        return np.multiply(delta, self._outputs > 0, out=delta)


class LeakyReLU(Layer):
    """``outputs = inputs`` above 0, ``0.1 * inputs`` below: no node is ever dead (Maas et al. 2013)."""

    SLOPE = 0.1

    def forward(self, inputs: np.ndarray) -> np.ndarray:
        self._slopes = np.where(inputs > 0, inputs.dtype.type(1), inputs.dtype.type(self.SLOPE))
        return np.multiply(inputs, self._slopes, out=inputs)

    def backward(self, delta: np.ndarray, needs_input_gradient: bool = True) -> np.ndarray:
        return np.multiply(delta, self._slopes, out=delta)


class Sigmoid(Layer):
    """``outputs = 1 / (1 + exp(-inputs))``, written with tanh so that no exponential overflows."""

    def forward(self, inputs: np.ndarray) -> np.ndarray:
        inputs *= 0.5
        self._outputs = np.tanh(inputs, out=inputs)
        self._outputs += 1
        self._outputs *= 0.5
        return self._outputs

    def backward(self, delta: np.ndarray, needs_input_gradient: bool = True) -> np.ndarray:
        delta *= self._outputs
        return np.multiply(delta, 1 - self._outputs, out=delta)


class Tanh(Layer):
    """``outputs = tanh(inputs)``, whose derivative is ``1 - outputs**2``."""

    def forward(self, inputs: np.ndarray) -> np.ndarray:
        self._outputs = np.tanh(inputs, out=inputs)
        return self._outputs

    def backward(self, delta: np.ndarray, needs_input_gradient: bool = True) -> np.ndarray:
        return np.multiply(delta, 1 - self._outputs * self._outputs, out=delta)


ACTIVATIONS: dict[str, type[Layer]] = {"relu": ReLU, "leaky_relu": LeakyReLU, "sigmoid": Sigmoid, "tanh": Tanh}
