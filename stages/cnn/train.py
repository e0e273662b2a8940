"""Training one of the report's convolutional networks from one seed, with its learning curves."""

import math
from collections.abc import Callable

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from stages.cnn.data import Faces
from stages.cnn.network import build_cnn
from stages.cnn.predict import predict
from stages.cnn.sampling import balanced_draw
from stages.cnn.trained import Trained
from stages.divergence import DivergenceGuard
from stages.errors import InputError
from stages.params_cnn import CnnVariant


def train(
    train_faces: Faces,
    test_faces: Faces,
    variant: CnnVariant,
    seed: int,
    device: torch.device | None = None,
    progress: Callable[[], None] | None = None,
) -> Trained:
    """Train ``variant`` on the training faces; the test faces are only looked at.

    A variant with resampling goes through its rounds with one network; every round draws its faces anew and
    starts the learning rate's schedule and the optimizer's memory again.

    Raises:
        InputError: training diverged (names the epoch), or class weights do not fit the classes.
    """
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    generator = torch.Generator().manual_seed(seed)
    device = device or torch.device("cpu")
    network = build_cnn(variant, train_faces.images.shape[-1], len(train_faces.classes)).to(device)
    weights = loss_weights(variant.class_weights, train_faces.classes)
    weights = weights if weights is None else weights.to(device)
    trained = Trained(network)
    # Channel by channel, as this network takes them fastest.
    images, labels = train_faces.images.contiguous().to(device), train_faces.labels.to(device)
    tests = test_faces.images.contiguous().to(device), test_faces.labels.to(device)
    rounds = variant.resample_rounds or 1
    guard = DivergenceGuard(len(train_faces.classes), variant.epochs * rounds, variant.lr, seed)
    for _ in range(rounds):
        chosen = _samples_of_round(train_faces, variant, generator).to(device)
        run = _Round(network, images[chosen], labels[chosen], weights, variant, generator)
        for row in run.epochs(tests):
            row = {"epoch": len(trained.history) + 1} | row
            guard.check(row if _all_finite(network) else row | {"train_loss": math.nan})
            trained.history.append(row)
            if progress:
                progress()
    return trained


def _all_finite(network: nn.Module) -> bool:
    """Whether every weight is a number. The loss alone does not tell: oneDNN's pooling passes over NaN."""
    return all(bool(weights.isfinite().all()) for weights in network.parameters())


def loss_weights(by_class: dict[str, float] | None, classes: tuple[str, ...]) -> torch.Tensor | None:
    """Return the weights in the order of ``classes``, float32 (classes,), or None where none are given.

    Raises:
        InputError: a class has no weight, or a weight no class.
    """
    if by_class is None:
        return None
    for name in sorted(set(by_class) ^ set(classes)):
        problem = "has no weight" if name in classes else "is no class of these data"
        raise InputError(f"class_weights: {name!r} {problem}; the classes are {', '.join(classes)}")
    return torch.tensor([by_class[name] for name in classes], dtype=torch.float32)


def _samples_of_round(faces: Faces, variant: CnnVariant, generator: torch.Generator) -> torch.Tensor:
    if variant.resample_rounds:
        return balanced_draw(faces.labels, faces.classes, generator)
    return torch.arange(len(faces.labels))


class _Round:
    """The epochs over one set of samples: everything, or one balanced draw."""

    def __init__(
        self,
        network: nn.Module,
        images: torch.Tensor,
        labels: torch.Tensor,
        weights: torch.Tensor | None,
        variant: CnnVariant,
        generator: torch.Generator,
    ) -> None:
        self.network, self.images, self.labels, self.weights = network, images, labels, weights
        self.variant, self.generator = variant, generator
        if variant.optimizer == "adam":
            self.optimizer = torch.optim.Adam(network.parameters(), lr=variant.lr, fused=True)
        else:
            self.optimizer = torch.optim.SGD(network.parameters(), lr=variant.lr)

    def epochs(self, tests: tuple[torch.Tensor, torch.Tensor]):
        """Train epoch by epoch and yield a row of the history after each.

        ``train_…`` is measured after the epoch on the samples that it trained on.
        """
        for epoch in range(self.variant.epochs):
            lr = self._set_learning_rate(epoch)
            self._train_epoch()
            row = self._measure(self.images, self.labels, "train") | self._measure(*tests, "test")
            yield row | {"learning_rate": lr}

    def _set_learning_rate(self, epoch: int) -> float:
        step = self.variant.step
        lr = self.variant.lr * (step.factor ** (epoch // step.every) if step else 1)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        return lr

    def _train_epoch(self) -> None:
        order = torch.randperm(len(self.images), generator=self.generator).to(self.images.device)
        for chosen in order.split(self.variant.batch_size):
            self.optimizer.zero_grad()
            logits = self.network(self.images.index_select(0, chosen))
            cross_entropy(logits, self.labels[chosen], self.weights).backward()
            self.optimizer.step()

    def _measure(self, images: torch.Tensor, labels: torch.Tensor, split: str) -> dict[str, float]:
        logits = predict(self.network, images)
        accuracy = (logits.argmax(1) == labels).double().mean()
        return {f"{split}_loss": float(cross_entropy(logits, labels)), f"{split}_accuracy": float(accuracy)}
