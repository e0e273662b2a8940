"""What a network says about pictures."""

import torch
from torch import nn

from stages.cnn.views import Looks, see

# Faces that are evaluated at once: their feature maps fit the processor's cache. Larger batches are slower.
EVALUATION_BATCH = 128


def predict(network: nn.Module, images: torch.Tensor, looks: Looks | None = None) -> torch.Tensor:
    """Return the logits (N, classes) of ``images``: means over ``looks``, or of one look at the whole picture."""
    looks = looks or Looks(images.shape[-1], (1.0,))
    network.eval()
    with torch.inference_mode():
        logits = torch.cat([_of_batch(network, batch, looks) for batch in images.split(EVALUATION_BATCH)])
    network.train()
    return logits


def _of_batch(network: nn.Module, batch: torch.Tensor, looks: Looks) -> torch.Tensor:
    views = [see(batch, share, looks.side) for share in looks.shares]
    views += [view.flip(3) for view in views if looks.mirrored]
    return sum(network(view.contiguous(memory_format=torch.channels_last)) for view in views) / len(views)
