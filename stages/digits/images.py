"""The images of single test digits, for pictures."""

from collections.abc import Sequence

import numpy as np

from stages.digits.dataset import ADVICE, FOLDER
from stages.storage.arrays import read_arrays


def read_test_images(names: Sequence[str]) -> list[np.ndarray]:
    """Return test digits by their numbers, uint8 (28, 28) each."""
    images = read_arrays(FOLDER / "digits.npz", ["x_test"], ADVICE)["x_test"]
    return [images[int(name)] for name in names]
