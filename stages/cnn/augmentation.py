"""Random changes of whole batches of pictures, as tensor operations: no picture is handled by itself.

Pictures are float32 (N, C, side, side) between 0 and 1. Random numbers are drawn on the processor, so that they do not
depend on the device.

The transforms of torchvision draw once for a whole batch, so that all its pictures would be turned and coloured alike;
these draw for each picture.
"""

import math

import torch
from torch.nn.functional import interpolate

from stages.cnn.views import Views, resample, see
from stages.config.variants import Augmentation

# Sides of the coarse pictures as shares of the side: faces of 9 to 30 pixels on crops of 48.
COARSE_SIDES = (0.1875, 0.25, 0.3125, 0.375, 0.5, 0.625)
# Sides of the covered rectangle, as shares of the side.
CUTOUT_SIDES = (0.125, 0.4)
# How much single channels vary, as a share of the colour's strength.
TINT = 0.3


def augment(
    images: torch.Tensor, settings: Augmentation, fill: float, view: Views, generator: torch.Generator
) -> torch.Tensor:
    """Return what a network sees of ``images`` by a training view, changed; ``fill`` is the value of covered pixels."""
    if any((settings.flip, settings.rotation, settings.scale, settings.aspect, settings.shift)):
        images = transform(images, settings, view, generator)
    else:
        images = see(images, view.shares[0], view.side)
    if settings.low_resolution:
        images = coarsen(images, settings.low_resolution, generator)
    if settings.colour or settings.grayscale:
        images = recolour(images, settings.colour, settings.grayscale, generator)
    if settings.cutout:
        images = cut_out(images, settings.cutout, fill, generator)
    return images.contiguous(memory_format=torch.channels_last)


def transform(images: torch.Tensor, settings: Augmentation, view: Views, generator: torch.Generator) -> torch.Tensor:
    """Turn, scale, stretch, mirror and shift the view of each picture, in one bilinear sampling."""
    count = len(images)
    angle = _uniform(count, generator) * math.radians(settings.rotation)
    scale, aspect = (((_uniform(count, generator) * s).exp()) for s in (settings.scale, settings.aspect))
    shift = (_uniform(2 * count, generator) * settings.shift).view(2, count)
    mirror = 1 - 2 * _chosen(count, settings.flip, generator).float()
    rows = (
        torch.stack([scale * aspect * mirror * angle.cos(), -scale * aspect * angle.sin(), shift[0]], 1),
        torch.stack([scale / aspect * mirror * angle.sin(), scale / aspect * angle.cos(), shift[1]], 1),
    )
    return resample(images, torch.stack(rows, 1) * view.shares[0], view.side)


def coarsen(images: torch.Tensor, probability: float, generator: torch.Generator) -> torch.Tensor:
    """Average some pictures down and enlarge them again, as small faces on large photos are."""
    images, side = images.clone(), images.shape[-1]
    chosen = _chosen(len(images), probability, generator).nonzero().flatten()
    which = torch.randint(len(COARSE_SIDES), (len(chosen),), generator=generator)
    for i, share in enumerate(COARSE_SIDES):
        members = chosen[which == i].to(images.device)
        if len(members):
            coarse = interpolate(images[members], size=max(1, round(share * side)), mode="area")
            images[members] = interpolate(coarse, size=side, mode="bilinear", align_corners=False)
    return images


def recolour(images: torch.Tensor, strength: float, grayscale: float, generator: torch.Generator) -> torch.Tensor:
    """Change contrast, brightness, saturation and tint of each picture; make some gray."""
    count, channels = images.shape[:2]

    def factor(width: int = 1, share: float = 1.0) -> torch.Tensor:
        drawn = (_uniform(count * width, generator) * (share * strength)).exp()
        return drawn.view(count, width, 1, 1).to(images.device)

    mean = images.mean((1, 2, 3), keepdim=True)
    images = (images - mean).mul_(factor()).add_(mean * factor())  # from here on in the copy: half the time
    gray = images.mean(1, keepdim=True)
    colourless = _chosen(count, grayscale, generator).view(count, 1, 1, 1).to(images.device)
    images.sub_(gray).mul_(torch.where(colourless, 0.0, factor())).add_(gray)
    return images.mul_(factor(channels, TINT)).clamp_(0, 1)


def cut_out(images: torch.Tensor, probability: float, fill: float, generator: torch.Generator) -> torch.Tensor:
    """Cover a rectangle of some pictures (DeVries and Taylor 2017, https://arxiv.org/abs/1708.04552)."""
    count, side = len(images), images.shape[-1]
    low, high = (max(1, round(share * side)) for share in CUTOUT_SIDES)
    places = torch.arange(side)
    inside = []
    for _ in range(2):
        length = torch.randint(low, high + 1, (count, 1), generator=generator)
        start = (torch.rand(count, 1, generator=generator) * (side - length + 1)).long()
        inside.append((places >= start) & (places < start + length))
    covered = inside[0][:, :, None] & inside[1][:, None, :] & _chosen(count, probability, generator)[:, None, None]
    return images.masked_fill(covered[:, None].to(images.device), fill)


def _uniform(count: int, generator: torch.Generator) -> torch.Tensor:
    """Numbers between -1 and 1, (count)."""
    return torch.rand(count, generator=generator) * 2 - 1


def _chosen(count: int, probability: float, generator: torch.Generator) -> torch.Tensor:
    """Bool (count), true with this probability."""
    return torch.rand(count, generator=generator) < probability
