"""The convolutional networks. All take float32 pictures (N, channels, side, side) between 0 and 1."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import relu

from stages.cnn.pretrained import PretrainedCnn
from stages.cnn.standardise import Standardise
from stages.config.variants import AugmentedVariant, PlainVariant, PretrainedVariant, ResidualVariant, Variant
from stages.storage.dataset import Form

STEM_KERNEL = 5
MASKED = -1e4  # a logit that never wins


class PlainCnn(nn.Module):
    """The report's network: convolution, ReLU, max pooling, a linear layer.

    Padding is half the kernel, so at stride 1 the convolution keeps the side. Pooling comes before the ReLU: both
    orders give the same outputs, since ReLU never swaps two values, and this one takes the ReLU of 1/16 of them.

    Args:
        variant: channels, kernel, stride and pooling.
        form: of the pictures, and how many classes there are.
    """

    def __init__(self, variant: PlainVariant, form: Form) -> None:
        super().__init__()
        side = variant.feature_side(form.shape[0])
        self.convolution = nn.Conv2d(
            channels_of(form), variant.channels, variant.kernel, variant.stride, padding=variant.kernel // 2
        )
        self.pooling = nn.MaxPool2d(variant.pool)
        self.linear = nn.Linear(variant.channels * side * side, len(form.classes))

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """What the last layer sees, (N, features)."""
        if images.is_cuda or images.dtype != torch.float32 or not torch.backends.mkldnn.is_available():
            pooled = self.pooling(self.convolution(images))
        else:  # In oneDNN's own memory order these two, nearly all of training, take half the time.
            pooled = self.pooling(self.convolution(images.to_mkldnn())).to_dense()
        return relu(pooled).flatten(1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the logits (N, classes)."""
        return self.linear(self.features(images))


class Block(nn.Module):
    """Two 3 x 3 convolutions that halve the picture, beside a short cut.

    The short cut averages 2 x 2 pixels before its 1 x 1 convolution (He et al. 2019, ResNet-D,
    https://arxiv.org/abs/1812.01187): it loses no pixel. The last batch norm of the branch starts at zero, so the block
    starts as its short cut.
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


class ResidualCnn(nn.Module):
    """A small residual network (He et al. 2016, https://arxiv.org/abs/1512.03385), for pictures of any side.

    Stem, blocks, global average, dropout and a linear layer.

    Args:
        variant: the widths, the stem's stride and the dropout.
        form: of the pictures, and how many classes there are.
    """

    def __init__(self, variant: ResidualVariant, form: Form) -> None:
        super().__init__()
        self.standardise = Standardise()
        self.stem = nn.Sequential(
            *_convolution(channels_of(form), variant.widths[0], STEM_KERNEL, variant.stride), nn.ReLU()
        )
        self.blocks = nn.Sequential(*(Block(inputs, outputs) for inputs, outputs in pairwise(variant.widths)))
        self.dropout = nn.Dropout(variant.dropout)
        self.linear = nn.Linear(variant.widths[-1], len(form.classes))

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """What the last layer sees, (N, features)."""
        images = self.standardise(images).contiguous(memory_format=torch.channels_last)
        # A plain mean has a repeatable gradient on a GPU too.
        return self.blocks(self.stem(images)).mean((2, 3))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the logits (N, classes)."""
        return self.linear(self.dropout(self.features(images)))


class Ensemble(nn.Module):
    """Networks for the same pictures and classes; its logits are the mean of theirs.

    Source: Lakshminarayanan et al. 2017, https://arxiv.org/abs/1612.01474, who average probabilities. Means of logits
    are averages of probabilities by their geometric mean, and stay logits, to which a prior can be added.
    """

    def __init__(self, members: list[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """What the last layer of the first member sees, (N, features)."""
        return self.members[0].features(images)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the logits (N, classes)."""
        return sum(member(images) for member in self.members) / len(self.members)


def build_network(variant: Variant, form: Form) -> nn.Module:
    """Return the fresh network of a variant."""
    if isinstance(variant, PlainVariant):
        network: nn.Module = PlainCnn(variant, form)
    else:
        network = Ensemble([build_member(variant, form) for _ in range(variant.members)])
    return network.to(memory_format=torch.channels_last)


def build_member(variant: AugmentedVariant, form: Form) -> ResidualCnn | PretrainedCnn:
    """Return one fresh network of an ensemble; a pretrained one has its weights yet to load."""
    return PretrainedCnn(variant, form) if isinstance(variant, PretrainedVariant) else ResidualCnn(variant, form)


def channels_of(form: Form) -> int:
    """Channels of the pictures: 1 gray, 3 colour."""
    return form.shape[2] if len(form.shape) == 3 else 1


@torch.no_grad()
def mask_unseen(linear: nn.Linear, labels: torch.Tensor) -> None:
    """Make the classes that no training sample has impossible: nothing would teach the last layer that they are.

    No gradient reaches them afterwards, so that they stay as they are made here.

    Args:
        linear: the last layer.
        labels: of the training samples, int64 (N,).
    """
    unseen = torch.bincount(labels, minlength=linear.out_features) == 0
    linear.weight[unseen] = 0
    linear.bias[unseen] = MASKED


def _convolution(inputs: int, outputs: int, kernel: int, stride: int) -> tuple[nn.Module, nn.Module]:
    """A convolution that keeps the side at stride 1, and its batch norm, which makes a bias idle."""
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs)
