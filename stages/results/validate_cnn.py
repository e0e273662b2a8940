"""The figures of a variant on held-out training photos: what settings may be chosen by."""

import torch

from stages.cnn.data import Faces
from stages.cnn.kinds import AnyVariant
from stages.cnn.operating_points import natural_logits
from stages.cnn.validate import validate
from stages.results.scores import score


def validation_figures(faces: Faces, variant: AnyVariant, seed: int, device: torch.device) -> dict[str, float]:
    """Train ``variant`` on training faces less a fifth of their photos; return its figures on that fifth.

    Args:
        faces: the training faces alone.
        variant: what to train.
        seed: of the split and the training.
        device: where to train.

    Returns:
        ``accuracy``, ``balanced_accuracy``, ``macro_f1``, ``loss`` and ``recall <class>``; for a variant with two
        operating points also ``natural accuracy``, ``natural balanced_accuracy`` and so on.

    Raises:
        InputError: as :func:`stages.cnn.validate.validate`.
    """
    fitted, held, logits = validate(faces, variant, seed, device)
    labels = held.labels.numpy()
    figures = _figures(score(logits, labels, faces.classes))
    if variant.is_balanced:
        natural = score(natural_logits(logits, fitted.labels.numpy()), labels, faces.classes)
        figures |= {f"natural {name}": value for name, value in _figures(natural).items()}
    return figures


def _figures(scores: dict) -> dict[str, float]:
    figures = {name: float(scores[name]) for name in ("accuracy", "balanced_accuracy", "macro_f1", "loss")}
    return figures | {f"recall {name}": float(one["recall"]) for name, one in scores["per_class"].items()}
