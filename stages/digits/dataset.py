"""data/digits.npz: the digits as every network reads them."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from stages.arrays import read_arrays
from stages.errors import InputError
from stages.files import atomic_file

PATH = Path("data/digits.npz")
SIDE = 28
CLASSES = tuple(str(digit) for digit in range(10))


@dataclass(frozen=True)
class Digits:
    """Images uint8 (N, 28, 28), 0 to 255, ink bright; labels uint8 (N,), 0 to 9."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def save_digits(digits: Digits, path: str | Path = PATH) -> None:
    """Write the arrays as an uncompressed ``.npz``, byte for byte the same for the same arrays."""
    with atomic_file(path) as partial, partial.open("wb") as file:
        np.savez(file, **vars(digits))


def load_digits(path: str | Path = PATH) -> Digits:
    """Read what :func:`save_digits` wrote.

    Raises:
        InputError: the file is missing or holds something else.
    """
    advice = "run `dvc repro prepare_digits`"
    digits = Digits(**read_arrays(path, [field.name for field in fields(Digits)], advice))
    for images, labels in ((digits.x_train, digits.y_train), (digits.x_test, digits.y_test)):
        if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE) or len(images) == 0:
            raise InputError(f"{path}: images {images.dtype} {images.shape}, not uint8 (N, {SIDE}, {SIDE}); {advice}")
        if labels.dtype != np.uint8 or labels.shape != (len(images),) or labels.max() >= len(CLASSES):
            raise InputError(f"{path}: labels {labels.dtype} {labels.shape}, not uint8 (N,) from 0 to 9; {advice}")
    return digits


def without(digits: Digits, left_out: Iterable[str]) -> Digits:
    """Return the digits less the training digits ``left_out``, by their numbers from 0 in words.

    Raises:
        InputError: there is no training digit of that number.
    """
    kept = np.ones(len(digits.y_train), bool)
    for number in left_out:
        if not number.isdecimal() or int(number) >= len(kept):
            raise InputError(f"left out: there is no training digit {number!r}; run `dvc repro audit_digits`")
        kept[int(number)] = False
    return replace(digits, x_train=digits.x_train[kept], y_train=digits.y_train[kept])


def as_inputs(images: np.ndarray, dtype: type = np.float32) -> np.ndarray:
    """Flatten uint8 images (N, 28, 28) to rows (N, 784) between 0 and 1."""
    return np.divide(images.reshape(len(images), -1), 255, dtype=dtype)
