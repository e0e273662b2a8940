"""A validation split of the training data alone: what choices and calibration may look at."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from stages.cnn.data import Faces
from stages.cnn.kinds import AnyVariant, logits_of, train_network
from stages.cnn.operating_points import natural_logits
from stages.cnn.temperature import fit_temperature
from stages.errors import InputError
from stages.faces.split import group_folds, split_by_group

SHARE = 0.2
FOLDS = 5


def hold_out(faces: Faces, seed: int) -> tuple[Faces, Faces]:
    """Split training faces into those to fit on and a fifth to validate on; every photo stays on one side.

    Raises:
        InputError: there are too few photos, or too few faces of every class.
    """
    try:
        held = split_by_group(faces.labels.tolist(), faces.photos, SHARE, seed)
    except InputError:
        photos = len(set(faces.photos))
        raise InputError(
            f"{photos} training photos are too few to hold out a fifth for validation; bring more, or set "
            "calibrate: false"
        ) from None
    return _chosen(faces, ~held), _chosen(faces, held)


def validate(
    faces: Faces, variant: AnyVariant, seed: int, device: torch.device, progress: Callable[[], None] | None = None
) -> tuple[Faces, Faces, np.ndarray]:
    """Train on training faces less a fifth of their photos, and ask the network about that fifth.

    Returns:
        The faces fitted on, the faces held out, and the logits (N, classes) of the latter.

    Raises:
        InputError: see :func:`hold_out` and :func:`stages.cnn.kinds.train_network`.
    """
    fitted, held = hold_out(faces, seed)
    network = train_network(fitted, held, variant, seed, device, progress).network
    return fitted, held, logits_of(network, variant, held).cpu().numpy()


def cross_validate(faces: Faces, variant: AnyVariant, seed: int, device: torch.device) -> np.ndarray:
    """Return logits (N, classes) of all training faces, each by a network that has not seen its photo.

    Five networks are trained, each on four fifths of the photos (:func:`stages.faces.split.group_folds`).

    Raises:
        InputError: there are fewer than five photos, or fewer than five faces of every class; or see
            :func:`stages.cnn.kinds.train_network`.
    """
    logits = np.empty((len(faces.labels), len(faces.classes)), np.float32)
    try:
        parts = group_folds(faces.labels.tolist(), faces.photos, FOLDS, seed)
    except ValueError:
        raise InputError(f"too few training photos or faces for cross-validation in {FOLDS} parts") from None
    for places in parts:
        held = np.zeros(len(logits), bool)
        held[places] = True
        judged = _chosen(faces, held)
        network = train_network(_chosen(faces, ~held), judged, variant, seed, device).network
        logits[held] = logits_of(network, variant, judged).cpu().numpy()
    return logits


def temperature_of(
    faces: Faces, variant: AnyVariant, seed: int, device: torch.device, progress: Callable[[], None] | None = None
) -> float:
    """Return the temperature that suits the variant's probabilities, found on held-out training photos.

    Raises:
        InputError: as :func:`validate`.
    """
    fitted, held, logits = validate(faces, variant, seed, device, progress)
    if variant.is_balanced:
        logits = natural_logits(logits, fitted.labels.numpy())
    return fit_temperature(logits, held.labels.numpy())


def _chosen(faces: Faces, which: np.ndarray) -> Faces:
    places = torch.from_numpy(np.flatnonzero(which))
    return replace(
        faces,
        images=faces.images[places].contiguous(memory_format=torch.channels_last),
        labels=faces.labels[places],
        photos=tuple(faces.photos[i] for i in places.tolist()),
    )
