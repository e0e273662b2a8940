"""The report's convolutional network."""

import torch
from torch import nn

from stages.params_cnn import CnnVariant

IMAGE_CHANNELS = 3


class ReportCnn(nn.Sequential):
    """Convolution, max pooling and further layers, one after the other.

    On a processor the first two work in oneDNN's own memory order, in which their kernels take half the time: nearly
    all of training is spent in them. Weights, gradients and outputs are ordinary tensors, the same ones but for
    rounding.
    """

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if images.is_cuda or images.dtype != torch.float32 or not torch.backends.mkldnn.is_available():
            return super().forward(images)
        convolution, pooling, *others = self
        features = pooling(convolution(images.to_mkldnn())).to_dense()
        for layer in others:
            features = layer(features)
        return features


def build_cnn(variant: CnnVariant, crop_size: int, classes: int) -> ReportCnn:
    """Return convolution, max pooling, ReLU and a linear layer, shapes following from the parameters.

    Padding is half the kernel, so at stride 1 the convolution keeps the size. Pooling comes before the ReLU:
    both orders give the same outputs, since ReLU never swaps two values, and this one takes the ReLU of
    1/16 of them. Where there is no oneDNN, channels-last weights shorten training.

    Args:
        variant: kernel, stride, channels and pooling.
        crop_size: side of the (samples, 3, side, side) inputs, in pixels.
        classes: how many logits come out.
    """
    side = variant.feature_side(crop_size)
    network = ReportCnn(
        nn.Conv2d(IMAGE_CHANNELS, variant.channels, variant.kernel, variant.stride, padding=variant.kernel // 2),
        nn.MaxPool2d(variant.pool),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(variant.channels * side * side, classes),
    )
    return network.to(memory_format=torch.channels_last)
