"""Which part of its pictures a network sees, at how many pixels, and how often a finished network looks at each."""

from dataclasses import dataclass

import torch
from torch.nn.functional import affine_grid, grid_sample

from stages.config.variants import AugmentedVariant


@dataclass(frozen=True)
class Views:
    """The views that are taken of a picture, all of its middle.

    Attributes:
        side: pixels a side that the network sees.
        shares: the side of each view as a share of the picture's side.
        mirrored: whether each view is taken of the mirror image too.
    """

    side: int
    shares: tuple[float, ...]
    mirrored: bool = False


def training_view(variant: AugmentedVariant, margin: float, done: float = 1.0) -> Views:
    """The view that training has, which augmentation changes.

    Args:
        variant: has the view, the side, and other sides for the beginning.
        margin: of the pictures; see :class:`stages.storage.dataset.Form`.
        done: the share of the training that is over.
    """
    side, end = variant.side, 0.0
    for phase in variant.progressive:
        end += phase.share
        if done < end:
            side = phase.side
            break
    return Views(side, (variant.view / (1 + 2 * margin),))


def finished_views(variant: AugmentedVariant, margin: float) -> Views:
    """The views over which the finished network's logits are averaged (test-time augmentation)."""
    return Views(variant.side, tuple(view / (1 + 2 * margin) for view in variant.test_views), variant.flip_test)


def see(images: torch.Tensor, share: float, side: int) -> torch.Tensor:
    """Return the middle of pictures (N, C, H, H) as (N, C, side, side), by bilinear sampling.

    Args:
        images: the pictures.
        share: of the pictures' side that is seen; above 1, their edges are drawn out.
        side: of the result.
    """
    if share == 1 and side == images.shape[-1]:
        return images
    matrix = torch.tensor([[share, 0.0, 0.0], [0.0, share, 0.0]], device=images.device)
    return resample(images, matrix.expand(images.shape[0], 2, 3), side)


def resample(images: torch.Tensor, matrices: torch.Tensor, side: int) -> torch.Tensor:
    """Sample each picture where its matrix (N, 2, 3) leads from a view of ``side`` pixels; edges are drawn out.

    Coordinates are torch's: -1 and 1 are the outer edges of the first and the last pixel.
    """
    grid = affine_grid(matrices.to(images.device), [*images.shape[:2], side, side], align_corners=False)
    return grid_sample(images, grid, align_corners=False, padding_mode="border")
