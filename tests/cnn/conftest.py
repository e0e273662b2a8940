"""What the tests of the convolutional networks share: a small data set, and variants to change."""

from collections.abc import Callable

import numpy as np
import pytest
from ruamel.yaml import YAML

from stages.cnn.tensors import choose_device
from stages.config.variants import PlainVariant, ResidualVariant
from stages.storage.dataset import Dataset, Form, Samples

CLASSES = ("bad", "good", "none")
PLAIN = """
{study: masks, network: cnn, architecture: plain, channels: 4, kernel: 3, stride: 1, pool: 4,
 optimizer: adam, lr: 0.001, batch_size: 16, epochs: 2}
"""
RESIDUAL = """
{study: masks, network: cnn, architecture: residual, widths: [4, 8], stride: 2, dropout: 0.2,
 images: 160, batch_size: 16, lr: 0.01, weight_decay: 0.05, warmup: 0.2, ema: 0.5, label_smoothing: 0.05,
 sampling_power: 0.5, loss: balanced_softmax, augmentation: {flip: 0.5, rotation: 10, colour: 0.1},
 side: 12, view: 1.0, test_views: [1.0], flip_test: false, members: 1}
"""


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    choose_device("cpu")


@pytest.fixture
def plain() -> Callable[..., PlainVariant]:
    """A function that makes a variant of the report's network; keywords change its block of params.yaml."""
    return lambda **changes: PlainVariant.model_validate(YAML(typ="safe").load(PLAIN) | changes)


@pytest.fixture
def residual() -> Callable[..., ResidualVariant]:
    """The same for a residual network."""
    return lambda **changes: ResidualVariant.model_validate(YAML(typ="safe").load(RESIDUAL) | changes)


def _samples(counts: tuple[int, int, int], side: int, seed: int) -> Samples:
    """Noise with a bright band whose height tells the class."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(3), counts))
    images = rng.integers(0, 128, (len(labels), side, side, 3))
    for image, label in zip(images, labels, strict=True):
        image[label * side // 4 : (label + 1) * side // 4, side // 4 : 3 * side // 4] += 127
    texts = np.arange(len(labels)).astype(str)
    return Samples(images.astype(np.uint8), labels, texts, texts)


def _dataset(side: int = 16, gray: bool = False, margin: float = 0.0) -> Dataset:
    train, test = _samples((20, 50, 9), side, 0), _samples((8, 12, 5), side, 1)
    if gray:
        train, test = (Samples(s.images[..., 0].copy(), s.labels, s.groups, s.names) for s in (train, test))
    return Dataset(train, test, np.zeros(len(train), bool), Form(train.images.shape[1:], CLASSES, margin))


@pytest.fixture(scope="session")
def dataset_of() -> Callable[..., Dataset]:
    """A function that makes 79 training and 25 test pictures; takes ``side``, ``gray`` and ``margin``."""
    return _dataset


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """79 training and 25 test pictures in colour, 16 x 16."""
    return _dataset()
