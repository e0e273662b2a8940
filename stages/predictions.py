"""What the networks of one variant say about every sample: the file between a network and its judges."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.arrays import read_arrays
from stages.errors import InputError
from stages.files import atomic_file

SPLITS = ("train", "test")
_PARTS = ("logits", "labels", "groups")
# No figure can be made of logits beyond: their differences leave the numbers of 32 bits.
LARGEST_LOGIT = 1e30


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


def refuse_lost(predictions: Predictions, label: str) -> None:
    """Refuse the logits of a network that is lost, so that no figure is NaN; ``label`` is ``<family>.<variant>``.

    Training tells divergence by the figures of its epochs. This is for what these do not show, such as samples that
    it never judges, or a file of weights from elsewhere.

    Raises:
        InputError: a logit is infinite, NaN or absurdly large; names the variant and the seed.
    """
    family, _, name = label.partition(".")
    for split, logits in predictions.logits.items():
        lost = ~(np.abs(logits) < LARGEST_LOGIT).all(axis=(1, 2))
        if lost.any():
            raise InputError(
                f"{family}.variants.{name}: the network of seed {predictions.seeds[lost][0]} gives infinite or absurd "
                f"outputs on {split} samples: its training diverged; lower lr and run `dvc repro`"
            )


def save_predictions(path: Path, predictions: Predictions) -> None:
    """Write the arrays as an uncompressed ``.npz``, byte for byte the same for the same arrays."""
    arrays = {"classes": predictions.classes, "seeds": predictions.seeds}
    for part in _PARTS:
        arrays |= {f"{part}_{split}": array for split, array in getattr(predictions, part).items()}
    with atomic_file(path) as partial, partial.open("wb") as file:
        np.savez(file, **arrays)


def load_predictions(path: Path) -> Predictions:
    """Read what :func:`save_predictions` wrote.

    Raises:
        InputError: the file is missing, cut off or something else.
    """
    names = [f"{part}_{split}" for part in _PARTS for split in SPLITS]
    arrays = read_arrays(path, ["classes", "seeds", *names])
    parts = [{split: arrays[f"{part}_{split}"] for split in SPLITS} for part in _PARTS]
    read = Predictions(arrays["classes"], arrays["seeds"], *parts)
    problem = _problem(read)
    if problem:
        raise InputError(f"{path}: no predictions of this project ({problem}); delete it and run `dvc repro`")
    return read


def _problem(read: Predictions) -> str | None:
    """What is wrong with arrays that should be predictions, or None."""
    if read.classes.ndim != 1 or read.seeds.ndim != 1 or read.classes.dtype.kind != "U" or read.seeds.dtype.kind != "i":
        return "classes and seeds must be lists of names and of whole numbers"
    for split in SPLITS:
        logits, labels, groups = read.logits[split], read.labels[split], read.groups[split]
        wanted = (len(read.seeds), labels.size, len(read.classes))
        if logits.dtype.kind != "f" or logits.shape != wanted or not logits.size:
            return f"logits_{split} has shape {logits.shape} of {logits.dtype}, not {wanted} of floats"
        if not np.isfinite(logits).all():
            return f"logits_{split} holds numbers that are not finite"
        if labels.ndim != 1 or labels.dtype.kind != "i" or labels.min() < 0 or labels.max() >= len(read.classes):
            return f"labels_{split} must be numbers of classes"
        if groups.shape != labels.shape or groups.dtype.kind != "U":
            return f"groups_{split} must hold a name for each label"
    return None
