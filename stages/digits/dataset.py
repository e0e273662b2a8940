"""data/digits: the digits as every network reads them."""

from pathlib import Path

import numpy as np

from stages.storage.arrays import read_arrays
from stages.storage.dataset import Dataset, Form, Samples

FOLDER = Path("data/digits")
SIDE = 28
CLASSES = tuple(str(digit) for digit in range(10))
ADVICE = "run `dvc repro prepare_digits`"


def load_dataset(crops: str = "small", folder: Path = FOLDER) -> Dataset:
    """Read the digits; a digit's group and name are its number within its side of the split.

    Args:
        crops: those of the faces; digits come in one size.
        folder: of the prepared digits.

    Raises:
        InputError: they are missing.
    """
    arrays = read_arrays(folder / "digits.npz", ("x_train", "y_train", "x_test", "y_test", "validation"), ADVICE)
    present = np.unique(arrays["y_train"])
    train, test = (
        _samples(arrays[f"x_{part}"], np.searchsorted(present, arrays[f"y_{part}"])) for part in ("train", "test")
    )
    form = Form((SIDE, SIDE), tuple(CLASSES[digit] for digit in present))
    return Dataset(train, test, arrays["validation"], form)


def _samples(images: np.ndarray, labels: np.ndarray) -> Samples:
    numbers = np.arange(len(labels)).astype(str)
    return Samples(images, labels.astype(np.int64), numbers, numbers)
