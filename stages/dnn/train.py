"""Training one network from one seed, with its learning curves."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from stages.digits.dataset import CLASSES, Digits, as_inputs
from stages.dnn.losses import cross_entropy
from stages.dnn.network import Network, build_network
from stages.dnn.sgd import sgd_step
from stages.errors import InputError
from stages.params import DnnVariant


@dataclass
class Trained:
    """What training gives: the network, a row for each epoch, and the latent features at the chosen epochs."""

    network: Network
    history: list[dict[str, float]] = field(default_factory=list)
    latent: dict[int, np.ndarray] = field(default_factory=dict)


@np.errstate(over="ignore", invalid="ignore")  # a diverging network is told by its loss, in one line
def train(
    digits: Digits, variant: DnnVariant, seed: int, progress: Callable[[int], None] | None = None
) -> Trained:
    """Train ``variant`` on the training digits; the test digits are only looked at.

    Args:
        digits: the data.
        variant: the network and how it is trained.
        seed: of the initial weights and of the order of the samples.
        progress: called with the number of each finished epoch.

    Raises:
        InputError: the loss became infinite or NaN; names the epoch.
    """
    rng = np.random.default_rng(seed)
    inputs, tests = as_inputs(digits.x_train), as_inputs(digits.x_test)
    sizes = [inputs.shape[1], *variant.hidden, len(CLASSES)]
    trained = Trained(build_network(sizes, variant.activation, variant.init, rng))
    shuffled = np.empty_like(inputs)
    for epoch in range(1, variant.epochs + 1):
        train_epoch(trained.network, inputs, digits.y_train, variant.lr, variant.batch_size, rng, shuffled)
        row = {"epoch": epoch} | _measure(trained.network, inputs, digits.y_train, "train")
        row |= _measure(trained.network, tests, digits.y_test, "test")
        if not np.isfinite(row["train_loss"]):
            raise InputError(f"lr: training diverged in epoch {epoch} (seed {seed}); lower it from {variant.lr}")
        trained.history.append(row)
        if epoch in variant.latent_epochs:
            trained.latent[epoch] = trained.network.latent(tests)
        if progress:
            progress(epoch)
    return trained


def train_epoch(
    network: Network,
    inputs: np.ndarray,
    labels: np.ndarray,
    lr: float,
    batch_size: int,
    rng: np.random.Generator,
    shuffled: np.ndarray,
) -> None:
    """One pass over all samples in random order, one step of SGD a batch; the last batch may be smaller.

    Args:
        inputs: shape (samples, features).
        labels: whole numbers (samples,).
        shuffled: a buffer like ``inputs``. One gather an epoch is cheaper than one a batch.
    """
    order = rng.permutation(len(inputs))
    np.take(inputs, order, axis=0, out=shuffled, mode="clip")  # "raise" would copy through another buffer
    targets = labels[order]
    for start in range(0, len(inputs), batch_size):
        stop = start + batch_size
        network.gradients(shuffled[start:stop], targets[start:stop])
        sgd_step(network, lr)


def _measure(network: Network, inputs: np.ndarray, labels: np.ndarray, split: str) -> dict[str, float]:
    logits = network.logits(inputs)
    error = float(np.mean(logits.argmax(axis=1) != labels))
    return {f"{split}_loss": cross_entropy(logits, labels), f"{split}_error": error}
