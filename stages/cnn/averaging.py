"""A moving average of a network's weights, which judges better than any single step's (Polyak and Juditsky 1992)."""

import copy

import torch
from torch import nn


class WeightAverage:
    """A copy of a network that follows it as an exponential moving average, batch norm's statistics included.

    The first steps count more than ``decay`` would let them, ``decay_t = min(decay, t / (t + 9))`` at step t = 1, 2,
    ..., so that the average does not drag the initial weights along.

    Args:
        network: the one that is trained.
        decay: share of the average that a step keeps; at 0 the copy is the network as it is.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network)
        self._decay, self._steps = decay, 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take in the weights after a step."""
        self._steps += 1
        kept = min(self._decay, self._steps / (self._steps + 9))
        for average, value in zip(self.network.state_dict().values(), network.state_dict().values(), strict=True):
            if average.is_floating_point():
                average.lerp_(value, 1 - kept)
            else:
                average.copy_(value)  # how many batches batch norm has seen
