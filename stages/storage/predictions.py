"""What the networks of one variant say about every sample: the file between the networks and their evaluation."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.runtime.errors import InputError
from stages.storage.arrays import read_arrays, write_arrays
from stages.storage.dataset import SPLITS

VALIDATION = "validation"
PARTS = (*SPLITS, VALIDATION)
# No figure can be made of logits beyond: their differences leave the numbers of 32 bits.
LARGEST_LOGIT = 1e30


@dataclass(frozen=True)
class Predictions:
    """Logits of one variant, trained from S seeds; ``validation`` is by one network that has not seen those samples.

    Attributes:
        classes: names, texts (K,).
        seeds: int64 (S,).
        logits: for train, test and validation, float32 (S, N, K); for validation S is 1.
        labels: likewise, int64 indices into ``classes``, (N,).
        groups: likewise, texts (N,); see :class:`stages.storage.dataset.Samples`.
        names: of the test samples, texts (N,).
        latent: features of the last hidden layer of the first seed's network for the test samples, in two dimensions:
            float32 (N, 2) by the name of the moment of training.
        axes: what the two dimensions are called, texts (2,).
    """

    classes: np.ndarray
    seeds: np.ndarray
    logits: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    groups: dict[str, np.ndarray]
    names: np.ndarray
    latent: dict[str, np.ndarray]
    axes: np.ndarray

    def predicted(self, split: str) -> np.ndarray:
        """The most likely class of every sample for each seed, indices (S, N)."""
        return self.logits[split].argmax(axis=2)


def predictions_path(study: str, variant: str) -> Path:
    """Where the predictions of a variant lie."""
    return Path(f"models/{study}/{variant}.predictions.npz")


def cross_validation_path(variant: str) -> Path:
    """Where the predictions of a cross-validation lie: all samples stand as the test's, and there are no others."""
    return Path(f"models/cross_validation/{variant}.npz")


def save_predictions(path: Path, predictions: Predictions) -> None:
    """Write the predictions.

    Raises:
        InputError: a logit is infinite, NaN or absurdly large, so that no figure could be made of them. Training tells
            divergence by the figures of its epochs; this is for what those do not show.
    """
    for split, logits in predictions.logits.items():
        if not (np.abs(logits) < LARGEST_LOGIT).all():
            raise InputError(f"{path.stem}: the network gives infinite or absurd outputs on {split} samples; lower lr")
    arrays = {name: getattr(predictions, name) for name in ("classes", "seeds", "names", "axes")}
    for part in ("logits", "labels", "groups"):
        arrays |= {f"{part}_{split}": array for split, array in getattr(predictions, part).items()}
    write_arrays(path, arrays | {f"latent {moment}": points for moment, points in predictions.latent.items()})


def load_predictions(path: Path, parts: Collection[str] = PARTS) -> Predictions:
    """Read what :func:`save_predictions` wrote.

    Args:
        path: of the file.
        parts: that it must have.

    Raises:
        InputError: the file is missing, cut off or something else.
    """
    arrays = read_arrays(path)
    try:
        return Predictions(
            arrays["classes"],
            arrays["seeds"],
            *({split: arrays[f"{part}_{split}"] for split in parts} for part in ("logits", "labels", "groups")),
            arrays["names"],
            {name.removeprefix("latent "): array for name, array in arrays.items() if name.startswith("latent ")},
            arrays["axes"],
        )
    except KeyError as error:
        raise InputError(f"{path}: no predictions of this project (lacks {error}); run `dvc repro`") from None
