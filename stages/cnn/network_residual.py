"""A small residual network (He et al. 2016, https://arxiv.org/abs/1512.03385), for pictures of any size."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import relu

from stages.params_residual import ResidualVariant

STEM_KERNEL = 5


class Standardise(nn.Module):
    """``(x - mean) / std`` with two numbers that are saved with the weights; 0 and 1 until they are set."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(0.0))
        self.register_buffer("std", torch.tensor(1.0))

    def fit(self, images: torch.Tensor) -> None:
        """Take mean and standard deviation from ``images``, all pixels and channels together."""
        self.mean.copy_(images.mean())
        self.std.copy_(images.std())

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return (images - self.mean) / self.std


class Block(nn.Module):
    """Two 3 x 3 convolutions that halve the picture, beside a short cut.

    The short cut averages 2 x 2 pixels before its 1 x 1 convolution (He et al. 2019, ResNet-D,
    https://arxiv.org/abs/1812.01187): it loses no pixel. The last batch norm of the branch starts at zero, so the
    block starts as its short cut.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            *_convolution(inputs, outputs, 3, 2), nn.ReLU(), *_convolution(outputs, outputs, 3, 1)
        )
        # Sides that are odd: both ways round up.
        self.short_cut = nn.Sequential(nn.AvgPool2d(2, ceil_mode=True), *_convolution(inputs, outputs, 1, 1))
        nn.init.zeros_(self.branch[-1].weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return relu(self.branch(x) + self.short_cut(x))


class GlobalAverage(nn.Module):
    """Mean over the picture: (N, C, H, W) to (N, C). A plain mean has a repeatable gradient on a GPU too."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3))


def build_residual(variant: ResidualVariant, channels: int, classes: int) -> nn.Sequential:
    """Return stem, blocks, global average, dropout and a linear layer.

    Args:
        variant: the widths, the stem's stride and the dropout.
        channels: of the pictures (N, channels, side, side) between 0 and 1; the side may be any.
        classes: how many logits come out.
    """
    stem = variant.widths[0]
    network = nn.Sequential(
        Standardise(),
        *_convolution(channels, stem, STEM_KERNEL, variant.stride),
        nn.ReLU(),
        *(Block(inputs, outputs) for inputs, outputs in pairwise(variant.widths)),
        GlobalAverage(),
        nn.Dropout(variant.dropout),
        nn.Linear(variant.widths[-1], classes),
    )
    return network.to(memory_format=torch.channels_last)


def _convolution(inputs: int, outputs: int, kernel: int, stride: int) -> tuple[nn.Module, nn.Module]:
    """A convolution that keeps the side at stride 1, and its batch norm, which makes a bias idle."""
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs)
