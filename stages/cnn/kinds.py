"""The two kinds of networks behind one set of functions: build, train, and ask them."""

from collections.abc import Callable

import torch
from torch import nn

from stages.cnn.data import Faces
from stages.cnn.ensemble import build_ensemble, train_ensemble
from stages.cnn.network import build_cnn
from stages.cnn.predict import predict
from stages.cnn.train import train
from stages.cnn.train_residual import rows_of_history
from stages.cnn.trained import Trained
from stages.cnn.views import finished_looks
from stages.params_cnn import CnnVariant
from stages.params_residual import ResidualVariant

AnyVariant = CnnVariant | ResidualVariant


def build_network(variant: AnyVariant, faces: Faces) -> nn.Module:
    """Return a fresh network for pictures and classes like those of ``faces``."""
    if isinstance(variant, ResidualVariant):
        return build_ensemble(variant, faces.images.shape[1], len(faces.classes))
    return build_cnn(variant, faces.images.shape[-1], len(faces.classes))


def train_network(
    train_faces: Faces,
    test_faces: Faces,
    variant: AnyVariant,
    seed: int,
    device: torch.device,
    progress: Callable[[], None] | None = None,
) -> Trained:
    """Train a network of the variant's kind; the test faces are only looked at.

    Raises:
        InputError: see :func:`stages.cnn.train.train` and :func:`stages.cnn.ensemble.train_ensemble`.
    """
    run = train_ensemble if isinstance(variant, ResidualVariant) else train
    return run(train_faces, test_faces, variant, seed, device, progress)


def epochs_of(variant: AnyVariant, faces: int) -> int:
    """How many epochs a training on that many ``faces`` has, those of all its networks and rounds."""
    if isinstance(variant, ResidualVariant):
        return rows_of_history(variant, faces) * variant.members
    return variant.epochs * (variant.resample_rounds or 1)


def logits_of(network: nn.Module, variant: AnyVariant, faces: Faces) -> torch.Tensor:
    """Return the logits (N, classes) of ``faces``, as the variant has its network asked, where the network is."""
    looks = finished_looks(variant, faces.margin) if isinstance(variant, ResidualVariant) else None
    return predict(network, faces.images.to(next(network.parameters()).device), looks)
