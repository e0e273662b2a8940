"""A fully connected network of any depth."""

from itertools import pairwise

import numpy as np

from stages.dnn.dropout import Dropout
from stages.dnn.initialisation import initialise
from stages.dnn.layers import ACTIVATIONS, Dense, Layer
from stages.dnn.losses import softmax_cross_entropy_gradient

# Rows that are evaluated at once: enough to keep the matrix product busy, little enough for the cache.
EVALUATION_ROWS = 1024


class Network:
    """Dense layers with an activation between them; the last gives the logits.

    Dropout layers take part in training alone: :meth:`gradients` goes through them, all else goes past.

    Args:
        layers: in the order of the forward pass, ending with a :class:`Dense`.
    """

    def __init__(self, layers: list[Layer]) -> None:
        self.layers = layers
        self._judged = [layer for layer in layers if not isinstance(layer, Dropout)]

    def forward(self, inputs: np.ndarray) -> np.ndarray:
        """Return the logits (samples, classes); valid until the next call."""
        return self._through(self._judged, inputs)

    def gradients(self, inputs: np.ndarray, labels: np.ndarray, smoothing: float = 0) -> None:
        """Backpropagation: leave the gradient of the mean cross entropy in every layer.

        Args:
            smoothing: of the labels; see :func:`stages.dnn.losses.softmax_cross_entropy_gradient`.
        """
        delta = softmax_cross_entropy_gradient(self._through(self.layers, inputs), labels, smoothing)
        for layer in self.layers[:0:-1]:
            delta = layer.backward(delta)
        self.layers[0].backward(delta, needs_input_gradient=False)

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Return the logits of many rows, computed in large batches."""
        return self._in_batches(self._judged, inputs)

    def latent(self, inputs: np.ndarray) -> np.ndarray:
        """Return the outputs of the last hidden layer (samples, nodes), after its activation."""
        return self._in_batches(self._judged[:-1], inputs)

    def state(self) -> dict[str, np.ndarray]:
        """The parameters by name (``0.weights``, ``0.biases``, ``1.weights`` …): the arrays themselves."""
        dense = [layer for layer in self.layers if layer.parameters()]
        return {f"{i}.{name}": array for i, layer in enumerate(dense) for name, array in layer.parameters().items()}

    @staticmethod
    def _through(layers: list[Layer], inputs: np.ndarray) -> np.ndarray:
        for layer in layers:
            inputs = layer.forward(inputs)
        return inputs

    def _in_batches(self, layers: list[Layer], inputs: np.ndarray) -> np.ndarray:
        starts = range(0, len(inputs), EVALUATION_ROWS)
        return np.concatenate([self._through(layers, inputs[i : i + EVALUATION_ROWS]).copy("K") for i in starts])


def build_network(
    sizes: list[int],
    activation: str,
    init: str,
    rng: np.random.Generator,
    dtype: type = np.float32,
    dropout: float = 0,
) -> Network:
    """Return a fresh network.

    Args:
        sizes: nodes of every layer from inputs to classes, such as ``[784, 60, 10]``.
        activation: one of :data:`stages.dnn.layers.ACTIVATIONS`, after every layer but the last.
        init: ``random`` or ``zero``; see :func:`stages.dnn.initialisation.initialise`.
        rng: draws the weights and, in training, what dropout sets to 0.
        dropout: rate of dropping the outputs of hidden layers, 0 for none.
    """
    layers: list[Layer] = []
    for fan_in, fan_out in pairwise(sizes):
        if layers:
            layers.append(ACTIVATIONS[activation]())
            layers += [Dropout(dropout, rng)] if dropout else []
        layers.append(Dense(*initialise(fan_in, fan_out, init, activation, rng, dtype)))
    return Network(layers)


def network_from_state(state: dict[str, np.ndarray], activation: str) -> Network:
    """Return the network whose :meth:`Network.state` was ``state``."""
    layers: list[Layer] = []
    for i in range(len(state) // 2):
        layers += [Dense(state[f"{i}.weights"], state[f"{i}.biases"]), ACTIVATIONS[activation]()]
    return Network(layers[:-1])
