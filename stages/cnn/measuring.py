"""The figures of a learning curve.

``train_…`` are means over the batches as they were trained on, as is usual: of a network that changes meanwhile, and of
the loss without weights and label smoothing. ``test_…`` are of the network after the epoch.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from stages.cnn.model import predict
from stages.cnn.views import Views


def loss_and_hits(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The sums over a batch of loss (nats) and right answers, float64 (2,).

    They stay where the network is: to ask for a number at every step would keep a GPU waiting.
    """
    hits = (logits.argmax(1) == labels).sum()
    return torch.stack([cross_entropy(logits, labels, reduction="sum"), hits]).double()


def train_figures(sums: torch.Tensor, pictures: int) -> dict[str, float]:
    """Means of what :func:`loss_and_hits` summed up over so many pictures."""
    loss, accuracy = (sums / pictures).tolist()
    return {"train_loss": loss, "train_accuracy": accuracy}


def test_figures(network: nn.Module, images: torch.Tensor, labels: torch.Tensor, views: Views) -> dict[str, float]:
    """Loss (nats) and accuracy of the network as it is."""
    logits = predict(network, images, views)
    accuracy = (logits.argmax(1) == labels).double().mean()
    return {"test_loss": float(cross_entropy(logits, labels)), "test_accuracy": float(accuracy)}
