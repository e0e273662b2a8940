"""From the raw arrays of any source to one form: 28 x 28 uint8, split by seed."""

from pathlib import Path

import cv2
import numpy as np

from stages.arrays import read_arrays
from stages.digits.dataset import CLASSES, SIDE, Digits
from stages.errors import InputError

# scikit-learn's digits are 8 x 8 sums of 4 x 4 blocks of bits: 0 to 16.
SAMPLE_SIDE, SAMPLE_PEAK = 8, 16


def prepare_digits(folder: Path, source: str, test_size: float | int, seed: int) -> Digits:
    """Read the raw digits in ``folder`` and split them, unless they come split.

    Args:
        folder: holds ``digits.npz``, or ``train.npz`` and ``test.npz``.
        source: ``sample`` images are 8 x 8 and are enlarged; all others must be 28 x 28.
        test_size: share (below 1) or number of test images.
        seed: of the split, which is stratified by class.

    Raises:
        InputError: an array is missing, has another shape or type, or cannot be split that way.
    """
    side = SAMPLE_SIDE if source == "sample" else SIDE
    if (folder / "digits.npz").exists():
        images, labels = _read(folder / "digits.npz", side)
        if source == "sample":
            images = _enlarge(images)
        train, test = split_indices(labels, test_size, seed)
        return Digits(images[train], labels[train], images[test], labels[test])
    return Digits(*_read(folder / "train.npz", side), *_read(folder / "test.npz", side))


def split_indices(labels: np.ndarray, test_size: float | int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sorted training and test indices, every class in the same proportion on both sides.

    Each class gives its rounded-down share to the test set; the images still missing come from the classes
    with the largest remainders (the method of largest remainders), so that the total is exact.
    """
    total = len(labels)
    wanted = round(total * test_size) if isinstance(test_size, float) else test_size
    if not 0 < wanted < total:
        raise InputError(f"digits.test_size: {test_size} leaves {total - wanted} of {total} images to train on")
    classes, counts = np.unique(labels, return_counts=True)
    shares = counts * wanted / total
    quotas = np.floor(shares).astype(int)
    quotas[np.argsort(quotas - shares, kind="stable")[: wanted - quotas.sum()]] += 1
    rng = np.random.default_rng(seed)
    chosen = [rng.permutation(np.flatnonzero(labels == c))[:quota] for c, quota in zip(classes, quotas, strict=True)]
    test = np.sort(np.concatenate(chosen))
    return np.setdiff1d(np.arange(total), test), test


def _read(path: Path, side: int) -> tuple[np.ndarray, np.ndarray]:
    advice = "run `dvc repro download_digits`, or see to digits.path for digits.source: local"
    images, labels = read_arrays(path, ("image", "label"), advice).values()
    _check(path, images, labels, side)
    return images, labels.astype(np.uint8)


def _check(path: Path, images: np.ndarray, labels: np.ndarray, side: int) -> None:
    if images.dtype != np.uint8 or images.shape[1:] != (side, side):
        raise InputError(f"{path}: image must be uint8 of shape (N, {side}, {side}), not {images.dtype} {images.shape}")
    if labels.shape != (len(images),) or labels.dtype.kind not in "iu":
        raise InputError(
            f"{path}: label must hold one whole number for each of the {len(images)} images, "
            f"not {labels.dtype} {labels.shape}"
        )
    wrong = np.flatnonzero((labels < 0) | (labels >= len(CLASSES)))
    if len(wrong):
        raise InputError(f"{path}: label {labels[wrong[0]]} at index {wrong[0]}; labels must be 0 to 9")
    if len(images) == 0:
        raise InputError(f"{path}: holds no image")


def _enlarge(images: np.ndarray) -> np.ndarray:
    """Bring 8 x 8 images of 0 to 16 to 28 x 28 of 0 to 255 by cubic interpolation, overshoot clipped."""
    scaled = images.astype(np.float32) * (255 / SAMPLE_PEAK)
    large = [cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for image in scaled]
    return np.clip(np.rint(large), 0, 255).astype(np.uint8)
