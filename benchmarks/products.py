"""The matrix products of a fully connected network, and nothing else: the floor under an epoch of training it."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from stages.dnn.network import EVALUATION_ROWS


def bare_products(inputs: np.ndarray, tests: np.ndarray, sizes: Sequence[int], batch: int) -> Callable[[], object]:
    """Return an epoch's products and those of its evaluation, their results in arrays that are there already.

    Args:
        inputs, tests: float32 (samples, sizes[0]).
        sizes: nodes of every layer, inputs and outputs included.
        batch: rows of a step.
    """
    rng, rows = np.random.default_rng(0), max(batch, EVALUATION_ROWS)

    def filled(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape, dtype=np.float32)

    weights = [filled(*pair) for pair in pairwise(sizes)]
    gradients = [np.empty_like(weight) for weight in weights]
    outputs, deltas = ([filled(rows, size) for size in sizes[1:]] for _ in range(2))

    def forward(images: np.ndarray) -> list[np.ndarray]:
        taken = [images]
        for weight, output in zip(weights, outputs, strict=True):
            taken.append(np.dot(taken[-1], weight, out=output[: len(images)]))
        return taken

    def backward(taken: list[np.ndarray]) -> None:
        n = len(taken[0])
        for layer in reversed(range(len(weights))):
            np.dot(taken[layer].T, deltas[layer][:n], out=gradients[layer])
            if layer:
                np.dot(deltas[layer][:n], weights[layer].T, out=deltas[layer - 1][:n])

    def epoch() -> None:
        for start in range(0, len(inputs), batch):
            backward(forward(inputs[start : start + batch]))
        for images in (inputs, tests):
            for start in range(0, len(images), rows):
                forward(images[start : start + rows])

    return epoch
