"""The figures of a variant by cross-validation over the training photos: what settings may be chosen by."""

import torch

from stages.cnn.data import Faces
from stages.cnn.kinds import AnyVariant
from stages.cnn.operating_points import natural_logits
from stages.cnn.validate import cross_validate
from stages.results.scores import score


def validation_figures(faces: Faces, variant: AnyVariant, seed: int, device: torch.device) -> dict[str, float]:
    """Return the figures of ``variant`` on all training faces, each judged by a network that has not seen its photo.

    Args:
        faces: the training faces alone.
        variant: what to train.
        seed: of the split and the training.
        device: where to train.

    Returns:
        ``accuracy``, ``balanced_accuracy``, ``macro_f1``, ``loss`` and ``recall <class>``; for a variant with two
        operating points also ``natural accuracy``, ``natural balanced_accuracy`` and so on.

    Raises:
        InputError: as :func:`stages.cnn.validate.cross_validate`.
    """
    logits, labels = cross_validate(faces, variant, seed, device), faces.labels.numpy()
    figures = _figures(score(logits, labels, faces.classes))
    if not variant.is_balanced:
        return figures
    natural = score(natural_logits(logits, labels), labels, faces.classes)
    return figures | {f"natural {name}": value for name, value in _figures(natural).items()}


def _figures(scores: dict) -> dict[str, float]:
    figures = {name: float(scores[name]) for name in ("accuracy", "balanced_accuracy", "macro_f1", "loss")}
    return figures | {f"recall {name}": float(one["recall"]) for name, one in scores["per_class"].items()}
