"""How the weights and biases start."""

from itertools import pairwise

import numpy as np

from stages.storage.weights import State


def initial_parameters(sizes: list[int], activation: str, init: str, rng: np.random.Generator) -> State:
    """Return the parameters of a :class:`stages.dnn.network.Network`, float32.

    ``random``: normal weights of standard deviation ``sqrt(2 / inputs)`` before a ReLU, leaky or not (He et al. 2015,
    arXiv:1502.01852), and ``sqrt(2 / (inputs + outputs))`` before other activations (Glorot and Bengio 2010); biases 0.

    ``zero``: weights 0, biases standard normal. With biases of 0 too, no weight would ever change behind ReLU or tanh,
    since every hidden output and so every gradient but that of the last biases would be 0; behind sigmoid all nodes of
    a layer would stay the same.

    Args:
        sizes: nodes of every layer from inputs to classes, such as ``[784, 60, 10]``.
        activation: a name of :data:`stages.dnn.layers.ACTIVATIONS`.
        init: ``random`` or ``zero``.
        rng: draws layer by layer, from the first.
    """
    parameters = {}
    for i, (inputs, outputs) in enumerate(pairwise(sizes)):
        weights, biases = np.zeros((inputs, outputs)), np.zeros(outputs)
        if init == "zero":
            biases = rng.normal(0, 1, outputs)
        else:
            fan = inputs if activation in ("relu", "leaky_relu") else inputs + outputs
            weights = rng.normal(0, np.sqrt(2 / fan), (inputs, outputs))
        parameters |= {f"{i}.weights": weights.astype(np.float32), f"{i}.biases": biases.astype(np.float32)}
    return parameters
