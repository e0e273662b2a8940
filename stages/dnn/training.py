"""Training one network from one seed, with its learning curve."""

import numpy as np

from stages.config.variants import DnnVariant
from stages.dnn.distortion import distorted
from stages.dnn.initialisation import initial_parameters
from stages.dnn.loss import cross_entropy, cross_entropy_gradient
from stages.dnn.model import as_inputs, layer_sizes
from stages.dnn.network import Network, in_batches
from stages.dnn.optimizers import Sgd, learning_rate, make_optimizer
from stages.storage.dataset import TEST, TRAIN, Dataset
from stages.training.history import History, Progress, Trained


def epochs_of(variant: DnnVariant, samples: int) -> int:
    """How many epochs a training has, whatever the number of samples."""
    return variant.epochs


def uses_gpu(device: str) -> bool:
    """False: NumPy computes on the processor, whatever the parameter ``device``."""
    return False


@np.errstate(over="ignore", invalid="ignore")  # a diverging network is told by its loss, in one line
def train(dataset: Dataset, variant: DnnVariant, seed: int, device: str, progress: Progress | None = None) -> Trained:
    """Train ``variant`` on the training samples; the test samples are only looked at.

    Args:
        dataset: the data.
        variant: the network and how it is trained.
        seed: of all that is random: weights, order of the samples, distortion, dropout.
        device: has no effect; see :func:`uses_gpu`.
        progress: called after each epoch with the rows of the learning curve so far.

    Raises:
        InputError: training diverged; names the epoch. See :class:`stages.training.history.History`.
    """
    rng = np.random.default_rng(seed)
    train_inputs, test_inputs = as_inputs(dataset.train.images), as_inputs(dataset.test.images)
    parameters = initial_parameters(layer_sizes(variant, dataset.form), variant.activation, variant.init, rng)
    network = Network(parameters, variant.activation, variant.dropout, rng)
    optimizer = make_optimizer(parameters, variant)
    history = History(len(dataset.form.classes), variant.epochs, variant.lr, seed, progress)
    latent = {}
    for epoch in range(variant.epochs):
        order, inputs = rng.permutation(len(train_inputs)), train_inputs
        if variant.distortion:
            images = inputs.reshape(-1, *dataset.form.shape)
            inputs = distorted(images, order, variant.distortion, rng).reshape(inputs.shape)
        train_epoch(network, optimizer, inputs, dataset.train.labels, order, variant, epoch)
        train_figures = figures_of(network, train_inputs, dataset.train.labels, TRAIN)
        history.add(**train_figures, **figures_of(network, test_inputs, dataset.test.labels, TEST))
        if epoch + 1 in variant.latent_epochs:
            latent[epoch + 1] = in_batches(network.features, test_inputs)
    return Trained(parameters, history.rows, latent)


def train_epoch(
    network: Network,
    optimizer: Sgd,
    inputs: np.ndarray,
    labels: np.ndarray,
    order: np.ndarray,
    variant: DnnVariant,
    epoch: int,
) -> None:
    """One pass over all samples, a step for each batch; the last batch may be smaller.

    ``inputs`` (samples, features) and ``labels`` (samples,) come in the ``order`` of these indices; ``epoch`` is how
    many passes there were before.
    """
    for start in range(0, len(order), variant.batch_size):
        batch = order[start : start + variant.batch_size]
        logits = network.forward(inputs[batch], training=True)
        gradients = network.backward(cross_entropy_gradient(logits, labels[batch], variant.label_smoothing))
        optimizer.step(gradients, learning_rate(variant, epoch + start / len(order)))


def figures_of(network: Network, inputs: np.ndarray, labels: np.ndarray, split: str) -> dict[str, float]:
    """Return ``<split>_loss`` (mean, in nats) and ``<split>_accuracy`` of the network as it is."""
    logits = in_batches(network.forward, inputs)
    accuracy = float(np.mean(logits.argmax(axis=1) == labels))
    return {f"{split}_loss": cross_entropy(logits, labels), f"{split}_accuracy": accuracy}
