"""Several networks from one seed that are asked together."""

from collections.abc import Callable, Sequence

import torch
from torch import nn

from stages.cnn.data import Faces
from stages.cnn.network_residual import build_residual
from stages.cnn.train_residual import train_residual
from stages.cnn.trained import Trained
from stages.params_residual import ResidualVariant


class Ensemble(nn.Module):
    """Networks for the same pictures and classes; its logits are the mean of theirs.

    Source: Lakshminarayanan et al. 2017, https://arxiv.org/abs/1612.01474, who average probabilities. Means of logits
    are averages of probabilities by their geometric mean, and stay logits, to which a prior can be added.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the logits (N, classes)."""
        return sum(member(images) for member in self.members) / len(self.members)


def build_ensemble(variant: ResidualVariant, channels: int, classes: int) -> Ensemble:
    """Return the fresh networks of ``variant`` for pictures of so many channels."""
    return Ensemble([build_residual(variant, channels, classes) for _ in range(variant.members)])


def train_ensemble(
    train_faces: Faces,
    test_faces: Faces,
    variant: ResidualVariant,
    seed: int,
    device: torch.device | None = None,
    progress: Callable[[], None] | None = None,
) -> Trained:
    """Train the networks of ``variant``, one after another; the test faces are only looked at.

    Returns:
        The networks as one, and the mean of their histories.

    Raises:
        InputError: see :func:`stages.cnn.train_residual.train_residual`.
    """
    runs = [
        train_residual(train_faces, test_faces, variant, seed, device, progress, member)
        for member in range(variant.members)
    ]
    rows = zip(*(run.history for run in runs), strict=True)
    means = ({name: sum(row[name] for row in same) / len(same) for name in same[0]} for same in rows)
    history = [row | {"epoch": epoch} for epoch, row in enumerate(means, start=1)]
    return Trained(Ensemble([run.network for run in runs]), history=history)
