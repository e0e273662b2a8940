"""The digits that the benchmarks run on: real ones where they are at hand, else random ones of the same shapes.

How long a step takes does not depend on what is drawn on the pictures.
"""

import os

import numpy as np

from stages.arrays import read_arrays
from stages.digits.dataset import CLASSES, Digits
from stages.errors import InputError

TRAIN, TEST = 12_000, 5_768


def bench_digits(tiny: bool = False) -> tuple[Digits, str]:
    """Return digits, 12,000 to train and 5,768 to test on as in the study, and what they are in words.

    The environment variable ``DIGITS`` names an ``.npz`` with ``image`` and ``label``, such as TibetanMNIST's.

    Raises:
        InputError: that file is unreadable or holds too few.
    """
    train, test = (240, 120) if tiny else (TRAIN, TEST)
    rng = np.random.default_rng(0)
    if path := os.environ.get("DIGITS"):
        images, labels = read_arrays(path, ("image", "label"), "DIGITS= must name one").values()
        if len(labels) < train + test:
            raise InputError(f"DIGITS={path}: {len(labels)} digits, but the benchmarks take {train + test}")
        order, source = rng.permutation(len(labels)), "real digits"
    else:
        images = rng.integers(0, 256, (train + test, 28, 28), dtype=np.uint8)
        labels = rng.integers(0, len(CLASSES), train + test, dtype=np.uint8)
        order, source = np.arange(train + test), "random images"
    first, second = order[:train], order[train : train + test]
    return Digits(images[first], labels[first], images[second], labels[second]), source
