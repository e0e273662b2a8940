"""How the weights start."""

import numpy as np

# Of the random biases that go with zero weights. Where it is small against the inputs' pull the nodes stay alive.
ZERO_INIT_BIAS_DEVIATION = 1.0


def initialise(
    fan_in: int, fan_out: int, init: str, activation: str, rng: np.random.Generator, dtype: type = np.float32
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (fan_in, fan_out) and biases (fan_out,) of one layer.

    ``random``: normal weights of standard deviation ``sqrt(2 / fan_in)`` before a ReLU, leaky or not (He et al. 2015,
    arXiv:1502.01852) and ``sqrt(2 / (fan_in + fan_out))`` before other activations (Glorot and Bengio 2010);
    biases zero.

    ``zero``: weights zero, biases standard normal. With zero biases too, no weight would ever change behind
    ReLU or tanh, since every hidden output and so every gradient but the last biases' would be 0; behind
    sigmoid all nodes of a layer would stay the same.
    """
    if init == "zero":
        biases = rng.normal(0, ZERO_INIT_BIAS_DEVIATION, fan_out)
        return np.zeros((fan_in, fan_out), dtype), biases.astype(dtype)
    deviation = np.sqrt(2 / fan_in) if activation in ("relu", "leaky_relu") else np.sqrt(2 / (fan_in + fan_out))
    return rng.normal(0, deviation, (fan_in, fan_out)).astype(dtype), np.zeros(fan_out, dtype)
