"""The report's convolutional network."""

import torch
from torch import nn

from stages.params_cnn import CnnVariant

IMAGE_CHANNELS = 3


def build_cnn(variant: CnnVariant, crop_size: int, classes: int) -> nn.Sequential:
    """Return convolution, ReLU, max pooling and a linear layer, shapes following from the parameters.

    Padding is half the kernel, so at stride 1 the convolution keeps the size. Pooling comes before the ReLU:
    both orders give the same outputs, since ReLU never swaps two values, and this one takes the ReLU of
    1/16 of them, which shortens training on channels-last memory.

    Args:
        variant: kernel, stride, channels and pooling.
        crop_size: side of the (samples, 3, side, side) inputs, in pixels.
        classes: how many logits come out.
    """
    side = variant.feature_side(crop_size)
    network = nn.Sequential(
        nn.Conv2d(IMAGE_CHANNELS, variant.channels, variant.kernel, variant.stride, padding=variant.kernel // 2),
        nn.MaxPool2d(variant.pool),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(variant.channels * side * side, classes),
    )
    return network.to(memory_format=torch.channels_last)
