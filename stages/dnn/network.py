"""A fully connected network of any depth."""

import numpy as np

from stages.dnn.layers import ACTIVATIONS, Activation, Dense, Dropout, Function, Layer
from stages.storage.weights import State

# Rows that are evaluated at once: enough to keep the matrix product busy, few enough for the processor's cache.
EVALUATION_ROWS = 1024


class Network:
    """Dense layers with an activation, and dropout where asked for, between them; the last gives the logits.

    Args:
        parameters: ``0.weights`` (inputs, outputs) and ``0.biases`` (outputs,) of the first dense layer, ``1.weights``
            and so on.
        activation: a name of :data:`stages.dnn.layers.ACTIVATIONS`.
        dropout: rate of dropping the outputs of hidden layers in training, 0 for none.
        rng: draws what dropout sets to 0.
    """

    def __init__(
        self, parameters: State, activation: str, dropout: float = 0, rng: np.random.Generator | None = None
    ) -> None:
        self.parameters = parameters
        pairs = [(parameters[f"{i}.weights"], parameters[f"{i}.biases"]) for i in range(len(parameters) // 2)]
        self.dense = [Dense(weights, biases, is_first=i == 0) for i, (weights, biases) in enumerate(pairs)]
        self.layers: list[Layer] = [self.dense[0]]
        for dense in self.dense[1:]:
            self.layers.append(Activation(*ACTIVATIONS[activation]))
            if dropout:
                self.layers.append(Dropout(dropout, rng))
            self.layers.append(dense)

    def forward(self, inputs: np.ndarray, training: bool = False) -> np.ndarray:
        """Return the logits (samples, classes). Dropout takes part in training alone."""
        return self.layers[-1].forward(self.features(inputs, training))

    def features(self, inputs: np.ndarray, training: bool = False) -> np.ndarray:
        """Return the inputs of the last layer (samples, nodes): the last hidden layer's outputs, if there is one."""
        for layer in self.layers[:-1]:
            if training or not isinstance(layer, Dropout):
                inputs = layer.forward(inputs)
        return inputs

    def backward(self, delta: np.ndarray) -> State:
        """Backpropagation: from dL/dlogits of the last batch, return the gradient for each of the parameters."""
        for layer in reversed(self.layers):
            delta = layer.backward(delta)
        gradients = {}
        for i, dense in enumerate(self.dense):
            gradients |= {f"{i}.weights": dense.weights_gradient, f"{i}.biases": dense.biases_gradient}
        return gradients


def in_batches(function: Function, inputs: np.ndarray) -> np.ndarray:
    """Return ``function(inputs)`` for many rows, computed a part at a time."""
    starts = range(0, len(inputs), EVALUATION_ROWS)
    return np.concatenate([function(inputs[start : start + EVALUATION_ROWS]) for start in starts])
