"""From the raw arrays of any source to one form: 28 x 28 uint8, split by seed."""

from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

from stages.config.data import Digits
from stages.config.params import Validation
from stages.digits.dataset import CLASSES, SIDE
from stages.runtime.errors import InputError
from stages.runtime.opencv import cv2
from stages.storage.arrays import read_arrays, write_arrays
from stages.storage.dataset import TEST, TRAIN, write_card
from stages.storage.files import atomic_folder

# scikit-learn's digits are 8 x 8 sums of 4 x 4 blocks of bits: 0 to 16.
SAMPLE_SIDE, SAMPLE_PEAK = 8, 16
ADVICE = "run `dvc repro download_digits`, or see to digits.path for digits.source: local"
Part = tuple[np.ndarray, np.ndarray]


def prepare_digits(raw: Path, target: Path, settings: Digits, validation: Validation) -> str:
    """Read the raw digits, split them unless they come split, and write ``digits.npz`` and ``dataset.json``.

    Returns:
        A few lines that say what came out, and what is odd about it.

    Raises:
        InputError: an array has another shape, type or range, or cannot be split that way.
    """
    side = SAMPLE_SIDE if settings.source == "sample" else SIDE
    if (raw / "digits.npz").exists():
        images, labels = _read(raw / "digits.npz", side)
        if settings.source == "sample":
            images = _enlarge(images)
        train, test = _split(images, labels, settings.test_size, settings.seed, "digits.test_size")
    else:
        train, test = _read(raw / "train.npz", side), _read(raw / "test.npz", side)
    for part in (train, test):
        _check_range(part[0])
    if unknown := sorted(set(test[1].tolist()) - set(train[1].tolist())):
        count = int(np.sum(test[1] == unknown[0]))
        raise InputError(f"digits: {count} test digits are of class {unknown[0]}, of which there is no training digit")
    held = _held_out(train[1], validation)
    with atomic_folder(target) as folder:
        arrays = {"x_train": train[0], "y_train": train[1], "x_test": test[0], "y_test": test[1], "validation": held}
        write_arrays(folder / "digits.npz", arrays)
        classes = tuple(CLASSES[i] for i in np.unique(train[1]))
        write_card(folder, settings.source, classes, {TRAIN: _content(train, held), TEST: _content(test)})
    return "\n".join([_counts("train", train[1]), _counts("test", test[1]), *_polarity(train[0])])


def _read(path: Path, side: int) -> Part:
    images, labels = read_arrays(path, ("image", "label"), ADVICE).values()
    if images.dtype != np.uint8 or images.shape[1:] != (side, side) or len(images) == 0:
        raise InputError(f"{path}: image must be uint8 of shape (N, {side}, {side}), not {images.dtype} {images.shape}")
    if labels.shape != (len(images),) or labels.dtype.kind not in "iu":
        raise InputError(
            f"{path}: label must hold one whole number for each of the {len(images)} images, not {labels.dtype} "
            f"{labels.shape}"
        )
    wrong = np.flatnonzero((labels < 0) | (labels >= len(CLASSES)))
    if len(wrong):
        raise InputError(f"{path}: label {labels[wrong[0]]} at index {wrong[0]}; labels must be 0 to 9")
    return images, labels.astype(np.uint8)


def _enlarge(images: np.ndarray) -> np.ndarray:
    """Bring 8 x 8 images of 0 to 16 to 28 x 28 of 0 to 255 by cubic interpolation, overshoot clipped."""
    scaled = images.astype(np.float32) * (255 / SAMPLE_PEAK)
    large = [cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for image in scaled]
    return np.clip(np.rint(large), 0, 255).astype(np.uint8)


def _split(images: np.ndarray, labels: np.ndarray, size: float | int, seed: int, key: str) -> tuple[Part, Part]:
    """Split at random, every class in the same proportion on both sides; both keep the order of the data."""
    places = np.arange(len(labels))
    number = round(len(labels) * size) if isinstance(size, float) else size
    try:
        train, test = train_test_split(places, test_size=number, random_state=seed, stratify=labels)
    except ValueError as error:
        raise InputError(f"{key}: {size}: {error}") from None
    return tuple((images[part], labels[part]) for part in (np.sort(train), np.sort(test)))


def _held_out(labels: np.ndarray, validation: Validation) -> np.ndarray:
    """Bool (N,): the training digits for validation."""
    (_, _), (held, _) = _split(np.arange(len(labels)), labels, validation.share, validation.seed, "validation.share")
    return np.isin(np.arange(len(labels)), held)


def _check_range(images: np.ndarray) -> None:
    """Refuse pixels whose white is not 255: the networks would see next to nothing."""
    if images.max() <= SAMPLE_PEAK:
        raise InputError(
            f"digits: the brightest pixel is {images.max()}; pixels must go from 0 to 255 (multiply them by "
            f"{255 // max(int(images.max()), 1)})"
        )


def _polarity(images: np.ndarray) -> list[str]:
    """A word where the ink is dark: the border of a digit shows the paper."""
    border = np.ones((SIDE, SIDE), bool)
    border[2:-2, 2:-2] = False
    paper, middle = images[:, border].mean(), images[:, ~border].mean()
    if paper <= middle:
        return []
    return [
        f"the border ({paper:.0f} of 255 on average) is brighter than the middle ({middle:.0f}): is the ink "
        "dark? The other digits here are bright on dark; invert these (255 - image) to compare or to mix them"
    ]


def _counts(split: str, labels: np.ndarray) -> str:
    return f"{split}: {len(labels)} digits, {np.bincount(labels, minlength=10).tolist()} of classes 0 to 9"


def _content(part: Part, held: np.ndarray | None = None) -> tuple[int, bytes]:
    extra = held.tobytes() if held is not None else b""
    return len(part[1]), part[0].tobytes() + part[1].tobytes() + extra
