"""Training one residual network from one seed, with its learning curves."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from stages.cnn.augment import augment
from stages.cnn.averaging import WeightAverage
from stages.cnn.data import Faces
from stages.cnn.network_residual import build_residual
from stages.cnn.predict import predict
from stages.cnn.sampling import ClassDecks, class_shares
from stages.cnn.schedule import one_cycle
from stages.cnn.trained import Trained
from stages.cnn.views import Looks, training_look
from stages.divergence import DivergenceGuard
from stages.params_residual import ResidualVariant


def batches_of_epoch(variant: ResidualVariant, faces: int) -> int:
    """How many batches count as an epoch: as many as hold about the ``faces`` that there are to train on."""
    return max(1, round(faces / variant.batch_size))


def rows_of_history(variant: ResidualVariant, faces: int) -> int:
    """How many epochs there are; the last may be cut short."""
    return math.ceil(variant.images // variant.batch_size / batches_of_epoch(variant, faces))


def train_residual(
    train_faces: Faces,
    test_faces: Faces,
    variant: ResidualVariant,
    seed: int,
    device: torch.device | None = None,
    progress: Callable[[], None] | None = None,
    member: int = 0,
) -> Trained:
    """Train one network of ``variant`` on the training faces; the test faces are only looked at.

    ``train_…`` of the history are means over the augmented pictures that the epoch drew, of the loss without label
    smoothing; ``test_…`` are of the averaged network after the epoch, by the one look at a picture that training had
    last.

    Returns:
        The averaged network, and a row an epoch.

    Raises:
        InputError: training diverged; names the epoch.
    """
    own = member_seed(seed, member)
    torch.manual_seed(own)  # of the initial weights and the dropout
    torch.use_deterministic_algorithms(True)
    device = device or torch.device("cpu")
    run = _Run(train_faces, variant, torch.Generator().manual_seed(own), device)
    tests = test_faces.images.to(device), test_faces.labels.to(device)
    trained, count = Trained(run.average.network), len(train_faces.labels)
    epochs = rows_of_history(variant, count)
    guard = DivergenceGuard(len(train_faces.classes), epochs, variant.lr, seed)
    for epoch in range(1, epochs + 1):
        row = {"epoch": epoch} | run.train_until(epoch * batches_of_epoch(variant, count))
        row |= _measure(run.average.network, *tests, run.look)
        guard.check(row)
        trained.history.append(row)
        if progress:
            progress()
    return trained


def member_seed(seed: int, member: int) -> int:
    """A seed of its own for each network that is trained from ``seed``; that of the first is ``seed`` itself."""
    return seed if member == 0 else int(np.random.SeedSequence([seed, member]).generate_state(1)[0])


class _Run:
    """Network, optimizer and everything else that changes from step to step."""

    def __init__(
        self, faces: Faces, variant: ResidualVariant, generator: torch.Generator, device: torch.device
    ) -> None:
        self.variant, self.generator = variant, generator
        # Channel by channel, as they are augmented fastest; the network takes them in channels-last order.
        self.images, self.labels = faces.images.contiguous().to(device), faces.labels.to(device)
        self.margin = faces.margin
        network = build_residual(variant, faces.images.shape[1], len(faces.classes))
        network[0].fit(faces.images)
        self.fill = float(network[0].mean)  # covered pixels tell nothing: they are what the mean is
        self.network = network.to(device)
        self.average = WeightAverage(self.network, variant.ema)
        shares = class_shares(faces.labels, len(faces.classes), variant.sampling_power)
        self.decks = ClassDecks(faces.labels, shares, generator)
        self.adjustment = logit_adjustment(variant, shares).to(device)
        self.optimizer = torch.optim.AdamW(
            _decayed_apart(self.network, variant.weight_decay), lr=variant.lr, fused=True
        )
        self.steps, self.done = variant.images // variant.batch_size, 0

    def train_until(self, end: int) -> dict[str, float]:
        """Train up to step ``end`` or the last; return means over the pictures drawn, and the last learning rate."""
        # Summed where the network is: to ask for a number at every step would keep a GPU waiting.
        sums, count, lr = torch.zeros(2, dtype=torch.float64, device=self.images.device), 0, 0.0
        while self.done < min(end, self.steps):
            self.look = training_look(self.variant, self.margin, self.done / self.steps)
            lr = one_cycle(self.done, self.steps, self.variant.lr, self.variant.warmup)
            sums += self._step(lr)
            count += self.variant.batch_size
            self.done += 1
        loss, hits = (sums / count).tolist()
        return {"train_loss": loss, "train_accuracy": hits, "learning_rate": lr}

    def _step(self, lr: float) -> torch.Tensor:
        """Take one step; return the sums of loss and hits over its pictures."""
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        chosen = self.decks.draw(self.variant.batch_size).to(self.images.device)
        images = augment(self.images[chosen], self.variant.augmentation, self.fill, self.look, self.generator)
        logits, labels = self.network(images) + self.adjustment, self.labels[chosen]
        self.optimizer.zero_grad()
        cross_entropy(logits, labels, label_smoothing=self.variant.label_smoothing).backward()
        self.optimizer.step()
        self.average.update(self.network)
        logits = logits.detach()
        hits = (logits.argmax(1) == labels).sum()
        return torch.stack([cross_entropy(logits, labels, reduction="sum"), hits]).double()


def logit_adjustment(variant: ResidualVariant, shares: torch.Tensor) -> torch.Tensor:
    """Return what is added to the logits in the loss, (classes,).

    Balanced softmax (Ren et al. 2020, https://arxiv.org/abs/2007.10740) adds the logarithm of each class's share of
    the draws. The loss then knows how frequent a class was, and the logits themselves learn what a picture looks like
    as if all classes were equally frequent.
    """
    if variant.loss == "balanced_softmax":
        return shares.clamp_min(torch.finfo(shares.dtype).tiny).log()
    return torch.zeros_like(shares)


def _decayed_apart(network: nn.Module, weight_decay: float) -> list[dict]:
    """Weight decay for kernels and matrices alone, not for biases and batch norm."""
    parameters = list(network.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]


def _measure(network: nn.Module, images: torch.Tensor, labels: torch.Tensor, look: Looks) -> dict[str, float]:
    logits = predict(network, images, look)
    accuracy = (logits.argmax(1) == labels).double().mean()
    return {"test_loss": float(cross_entropy(logits, labels)), "test_accuracy": float(accuracy)}
