"""Training one network from one seed, with its learning curves."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from stages.digits.dataset import CLASSES, Digits, as_inputs
from stages.divergence import DivergenceGuard
from stages.dnn.distortion import Distorter
from stages.dnn.losses import cross_entropy
from stages.dnn.network import Network, build_network
from stages.dnn.optimizers import make_optimizer
from stages.dnn.schedule import learning_rate
from stages.params_dnn import DnnVariant


@dataclass
class Trained:
    """What training gives: the network, a row for each epoch, and the latent features at the chosen epochs."""

    network: Network
    history: list[dict[str, float]] = field(default_factory=list)
    latent: dict[int, np.ndarray] = field(default_factory=dict)


@np.errstate(over="ignore", invalid="ignore")  # a diverging network is told by its loss, in one line
def train(digits: Digits, variant: DnnVariant, seed: int, progress: Callable[[int], None] | None = None) -> Trained:
    """Train ``variant`` on the training digits; the test digits are only looked at.

    Args:
        digits: the data.
        variant: the network and how it is trained.
        seed: of all that is random: weights, order of the samples, dropout, distortion.
        progress: called with the number of each finished epoch.

    Raises:
        InputError: training diverged; names the epoch. See :class:`stages.divergence.DivergenceGuard`.
    """
    rng = np.random.default_rng(seed)
    inputs, tests = as_inputs(digits.x_train), as_inputs(digits.x_test)
    sizes = [inputs.shape[1], *variant.hidden, len(CLASSES)]
    network = build_network(sizes, variant.activation, variant.init, rng, dropout=variant.dropout)
    trained = Trained(network)
    trainer = Trainer(network, inputs, digits.y_train, variant, rng)
    guard = DivergenceGuard(len(CLASSES), variant.epochs, variant.lr, seed)
    for epoch in range(1, variant.epochs + 1):
        trainer.epoch(epoch - 1)
        row = {"epoch": epoch} | judge_split(network, inputs, digits.y_train, "train")
        row |= judge_split(network, tests, digits.y_test, "test")
        guard.check(row)
        trained.history.append(row)
        if epoch in variant.latent_epochs:
            trained.latent[epoch] = network.latent(tests)
        if progress:
            progress(epoch)
    return trained


class Trainer:
    """What one network's training keeps from epoch to epoch.

    Args:
        network: changed in place.
        inputs: images as rows, shape (samples, features).
        labels: whole numbers (samples,).
        variant: how it is trained.
        rng: draws the order of the samples, and distortions.
    """

    def __init__(
        self, network: Network, inputs: np.ndarray, labels: np.ndarray, variant: DnnVariant, rng: np.random.Generator
    ) -> None:
        self.network, self.inputs, self.labels, self.variant, self.rng = network, inputs, labels, variant, rng
        self._optimizer = make_optimizer(network, variant)
        self._shuffled = np.empty_like(inputs)
        side = math.isqrt(inputs.shape[1])
        self._distorter = Distorter(side, variant.distortion) if variant.distortion else None

    def epoch(self, done: int) -> None:
        """One pass over all samples in random order, one step a batch; the last batch may be smaller.

        Args:
            done: epochs before this one.
        """
        order = self.rng.permutation(len(self.inputs))
        # One gather an epoch is cheaper than one a batch; mode "raise" would copy through another buffer.
        np.take(self.inputs, order, axis=0, out=self._shuffled, mode="clip")
        if self._distorter:
            self._distorter.distort(self._shuffled, self.rng)
        targets, size = self.labels[order], self.variant.batch_size
        for start in range(0, len(order), size):
            batch = slice(start, start + size)
            self.network.gradients(self._shuffled[batch], targets[batch], self.variant.label_smoothing)
            self._optimizer.step(learning_rate(self.variant, done + start / len(order)))


def judge_split(network: Network, inputs: np.ndarray, labels: np.ndarray, split: str) -> dict[str, float]:
    """Return ``<split>_loss`` (nats, mean) and ``<split>_error`` (share of wrong ones) of the network as it is."""
    logits = network.logits(inputs)
    error = float(np.mean(logits.argmax(axis=1) != labels))
    return {f"{split}_loss": cross_entropy(logits, labels), f"{split}_error": error}
