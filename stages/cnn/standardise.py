"""Pictures of mean 0 and deviation 1."""

import torch
from torch import nn


class Standardise(nn.Module):
    """``(x - mean) / std`` with two numbers that are saved with the weights; 0 and 1 until they are set."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(0.0))
        self.register_buffer("std", torch.tensor(1.0))

    def fit(self, images: torch.Tensor) -> None:
        """Take mean and standard deviation from uint8 ``images`` / 255, all pixels and channels together."""
        # By how often each value occurs: the pictures of a whole data set as float would fill the memory.
        shares = torch.bincount(images.flatten(), minlength=256).double() / images.numel()
        values = torch.arange(256, dtype=torch.float64) / 255
        mean = (shares * values).sum()
        self.mean.copy_(mean)
        self.std.copy_((shares * (values - mean).square()).sum().sqrt())

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return (images - self.mean) / self.std
