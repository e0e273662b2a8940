"""Single crops, for pictures and for torchvision's ImageFolder."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stages.masks.index import ADVICE, FOLDER
from stages.runtime.errors import InputError
from stages.runtime.opencv import cv2


def read_crop(path: str | Path) -> np.ndarray:
    """Return a crop, RGB uint8 (side, side, 3).

    Raises:
        InputError: it is missing or damaged.
    """
    try:
        crop = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR_RGB)
    except (OSError, cv2.error):
        crop = None
    if crop is None:
        raise InputError(f"{path}: no readable crop; {ADVICE}")
    return crop


def read_test_images(names: Sequence[str]) -> list[np.ndarray]:
    """Return test faces by the paths of their crops, RGB uint8 (side, side, 3) each."""
    return [read_crop(FOLDER / name) for name in names]
