"""Dropout: noise that keeps nodes from relying on one another."""

import numpy as np

from stages.dnn.layers import Buffers, Layer


class Dropout(Layer):
    """Set each output to 0 with probability ``rate`` and divide those that stay by ``1 - rate``.

    Inverted dropout (Srivastava et al. 2014, JMLR 15:1929, section 10): the mean of each output stays what it
    was, so that the network that is judged goes without this layer and nothing has to be rescaled.

    Args:
        rate: from 0 to below 1.
        rng: draws which outputs go, anew in each forward pass.
    """

    def __init__(self, rate: float, rng: np.random.Generator) -> None:
        self.rate, self._rng = rate, rng
        self._buffers = Buffers()

    def forward(self, inputs: np.ndarray) -> np.ndarray:
        """``outputs = inputs * mask``; the inputs stay, since the activation before needs its outputs."""
        self._mask = self._buffers.rows("mask", *inputs.shape, inputs.dtype)
        self._rng.random(out=self._mask, dtype=inputs.dtype)
        np.greater_equal(self._mask, self.rate, out=self._mask)
        self._mask *= 1 / (1 - self.rate)
        return np.multiply(inputs, self._mask, out=self._buffers.rows("outputs", *inputs.shape, inputs.dtype))

    def backward(self, delta: np.ndarray, needs_input_gradient: bool = True) -> np.ndarray:
        """``dL/dinputs = delta * mask``."""
        return np.multiply(delta, self._mask, out=delta)
