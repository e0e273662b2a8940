"""A picture of one digit, of any size, brought to the form of the training digits."""

from functools import cache
from pathlib import Path

import numpy as np

from stages.digits.dataset import FOLDER
from stages.runtime.errors import InputError
from stages.runtime.opencv import cv2
from stages.storage.arrays import read_arrays

SIDE = 28
INK = 64  # brightness, of 255, from which a pixel of the training digits counts as ink
FAINT = 30  # brightness by which the ink must stand out
SPREAD = 2  # pixels by which the widths of the training digits differ at most where all are stretched to one


@cache
def ink_box(folder: Path = FOLDER) -> tuple[int, int | None]:
    """Height and width of the ink of the training digits, in pixels: medians; no width where it follows the height.

    Raises:
        InputError: there are no training digits.
    """
    images = read_arrays(folder / "digits.npz", ["x_train"], "run `dvc pull` or `dvc repro`")["x_train"][:2000]
    ink = images >= INK
    ink = ink[ink.any(axis=(1, 2))]
    extents = [np.ptp(np.where(one.any(axis=axis))[0]) + 1 for axis in (1, 0) for one in ink]
    heights, widths = np.split(np.array(extents), 2)
    low, middle, high = np.percentile(widths, (5, 50, 95))
    return int(np.median(heights)), int(middle) if high - low <= SPREAD else None


def as_digit(gray: np.ndarray, height: int, width: int | None) -> np.ndarray:
    """Return a digit as the training data show it: uint8 (28, 28), bright on dark, of the usual size, in the middle.

    Args:
        gray: uint8 (H, W), dark on light or light on dark.
        height, width: of the ink, as :func:`ink_box` says.

    Raises:
        InputError: the picture shows nothing.
    """
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    if np.median(border) > 127:
        gray = 255 - gray
    paper, brightest = np.percentile(gray, 10), float(gray.max())
    if brightest - paper < FAINT:
        raise InputError("the picture shows no digit: all of it is about equally bright")
    bright = np.clip((gray - paper) * (255 / (brightest - paper)), 0, 255).astype(np.uint8)
    rows, columns = np.where(bright >= INK)
    ink = bright[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    wide = width or max(1, min(SIDE, round(ink.shape[1] * height / ink.shape[0])))
    how = cv2.INTER_AREA if ink.shape[0] > height else cv2.INTER_CUBIC
    small = cv2.resize(ink, (wide, height), interpolation=how)
    digit = np.zeros((SIDE, SIDE), np.uint8)
    top, left = (SIDE - height) // 2, (SIDE - wide) // 2
    digit[top : top + height, left : left + wide] = small
    return digit
