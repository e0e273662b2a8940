"""A small network for digits, as a file of weights holds it: what foreign files are compared with."""

import numpy as np

from stages.digits.dataset import Digits
from stages.params_dnn import DnnVariant
from tests.pipeline import dnn_variant

PLAIN = DnnVariant.model_validate(dnn_variant(hidden=[8], latent_epochs=[1, 2]))


def some_digits() -> Digits:
    rng = np.random.default_rng(0)
    images = (rng.integers(0, 256, (count, 28, 28)).astype(np.uint8) for count in (30, 20))
    labels = (np.arange(count, dtype=np.uint8) % 10 for count in (30, 20))
    return Digits(*(part for pair in zip(images, labels, strict=True) for part in pair))


DIGITS = some_digits()


def arrays_of_a_seed() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = {"0.weights": (784, 8), "0.biases": (8,), "1.weights": (8, 10), "1.biases": (10,)}
    shapes |= {"latent.1": (20, 8), "latent.2": (20, 8)}
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
