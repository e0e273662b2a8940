"""What the networks of one variant say about every sample: the file between a network and its judges."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.errors import InputError
from stages.files import ARRAY_ERRORS, atomic_file

SPLITS = ("train", "test")


@dataclass(frozen=True)
class Predictions:
    """Logits of one variant, trained from several seeds.

    Attributes:
        classes: names, shape (K,).
        seeds: shape (S,).
        logits: for ``train`` and ``test``, float32 of shape (S, N, K).
        labels: for ``train`` and ``test``, int64 indices into ``classes``, shape (N,).
        groups: for ``train`` and ``test``, the photo each sample is from, or its own number, strings (N,).
    """

    classes: np.ndarray
    seeds: np.ndarray
    logits: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    groups: dict[str, np.ndarray]

    def predicted(self, split: str) -> np.ndarray:
        """The most likely class of every sample for each seed, indices (S, N)."""
        return self.logits[split].argmax(axis=2)


def predictions_path(family: str, variant: str) -> Path:
    """Where the predictions of a variant lie."""
    return Path(f"models/{family}/{variant}.predictions.npz")


def save_predictions(path: Path, predictions: Predictions) -> None:
    """Write the arrays as an uncompressed ``.npz``, byte for byte the same for the same arrays."""
    arrays = {"classes": predictions.classes, "seeds": predictions.seeds}
    for part in ("logits", "labels", "groups"):
        arrays |= {f"{part}_{split}": array for split, array in getattr(predictions, part).items()}
    with atomic_file(path) as partial, partial.open("wb") as file:
        np.savez(file, **arrays)


def load_predictions(path: Path) -> Predictions:
    """Read what :func:`save_predictions` wrote.

    Raises:
        InputError: the file is missing, cut off or something else.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            parts = [{s: arrays[f"{part}_{s}"] for s in SPLITS} for part in ("logits", "labels", "groups")]
            return Predictions(arrays["classes"], arrays["seeds"], *parts)
    except ARRAY_ERRORS as error:
        raise InputError(f"{path}: not readable as predictions ({error}); run `dvc repro`") from None
