"""What a network says about pictures."""

import torch
from torch import nn

# Faces that are evaluated at once: their feature maps fit the processor's cache. Larger batches are slower.
EVALUATION_BATCH = 128


def predict(network: nn.Module, images: torch.Tensor, flip: bool = False) -> torch.Tensor:
    """Return the logits (N, classes) of ``images``; with ``flip`` the mean over each and its mirror image."""
    network.eval()
    with torch.inference_mode():
        logits = torch.cat([_of_batch(network, batch, flip) for batch in images.split(EVALUATION_BATCH)])
    network.train()
    return logits


def _of_batch(network: nn.Module, batch: torch.Tensor, flip: bool) -> torch.Tensor:
    logits = network(batch)
    return (logits + network(batch.flip(3).contiguous(memory_format=torch.channels_last))) / 2 if flip else logits
