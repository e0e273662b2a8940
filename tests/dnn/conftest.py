"""What the tests of the NumPy network share: networks in float64, and small data sets."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from sklearn import datasets

from stages.dnn.network import Network
from stages.storage.dataset import Dataset, Form, Samples


@pytest.fixture(scope="session")
def random_network() -> Callable[..., Network]:
    """A function that builds a float64 network. Its biases are random too: zeros would hide a wrong gradient."""

    def build(sizes: list[int], activation: str = "relu", dropout: float = 0, seed: int = 0) -> Network:
        rng, parameters = np.random.default_rng(seed), {}
        for i, (inputs, outputs) in enumerate(pairwise(sizes)):
            weights = rng.normal(0, np.sqrt(2 / inputs), (inputs, outputs))
            parameters |= {f"{i}.weights": weights, f"{i}.biases": rng.normal(0, 0.5, outputs)}
        return Network(parameters, activation, dropout, rng)

    return build


@pytest.fixture(scope="session")
def dataset_of() -> Callable[..., Dataset]:
    """A function that makes a data set of images and labels; the last ``test`` of them are the test samples."""

    def build(images: np.ndarray, labels: np.ndarray, test: int) -> Dataset:
        texts = np.arange(len(labels)).astype(str)
        samples = Samples(images, labels.astype(np.int64), texts, texts)
        is_train = np.arange(len(labels)) < len(labels) - test
        classes = tuple(str(i) for i in range(labels.max() + 1))
        form = Form(images.shape[1:], classes)
        return Dataset(samples.chosen(is_train), samples.chosen(~is_train), np.zeros(is_train.sum(), bool), form)

    return build


@pytest.fixture(scope="session")
def digits(dataset_of: Callable[..., Dataset]) -> Dataset:
    """scikit-learn's digits at their 8 x 8 pixels: small, and as hard."""
    bunch = datasets.load_digits()
    return dataset_of((bunch.images * (255 / 16)).astype(np.uint8)[:1400], bunch.target[:1400], 400)
