"""Training a convolutional network from one seed, of whichever architecture."""

from torch import nn

from stages.cnn.augmented_training import epochs_of_member, train_augmented
from stages.cnn.plain_training import train_plain
from stages.cnn.tensors import choose_device, uses_gpu
from stages.config.variants import PlainVariant, Variant
from stages.storage.dataset import Dataset
from stages.storage.weights import State
from stages.training.history import History, Progress, Row, Trained

__all__ = ["epochs_of", "train", "uses_gpu"]


def train(dataset: Dataset, variant: Variant, seed: int, device: str, progress: Progress | None = None) -> Trained:
    """Train the network of ``variant`` on the training samples; the test samples are only looked at.

    Args:
        dataset: the data.
        variant: the network and how it is trained.
        seed: of all that is random: weights, dropout, draws, augmentation.
        device: auto, cpu or cuda.
        progress: called after each epoch with the rows of the learning curve so far.

    Raises:
        InputError: training diverged, or a setting does not fit the data; begins with the parameter's key.
    """
    where, classes = choose_device(device), len(dataset.form.classes)
    if isinstance(variant, PlainVariant):
        history = History(classes, epochs_of(variant, len(dataset.train)), variant.lr, seed, progress)
        network: nn.Module = train_plain(dataset, variant, seed, where, history)
        return Trained(_state_of(network), history.rows)
    epochs = epochs_of_member(variant, len(dataset.train))
    histories = [History(classes, epochs, variant.lr, seed, progress) for _ in range(variant.members)]
    network = train_augmented(dataset, variant, seed, where, histories)
    return Trained(_state_of(network), _mean_of([history.rows for history in histories]))


def epochs_of(variant: Variant, samples: int) -> int:
    """How many epochs a training on so many samples has, those of all its networks and rounds."""
    if isinstance(variant, PlainVariant):
        return variant.epochs * (variant.resample_rounds or 1)
    return epochs_of_member(variant, samples) * variant.members


def _state_of(network: nn.Module) -> State:
    return {name: tensor.cpu().contiguous().numpy() for name, tensor in network.state_dict().items()}


def _mean_of(histories: list[list[Row]]) -> list[Row]:
    """The mean of the members' rows, epoch by epoch."""
    return [
        {key: sum(row[key] for row in rows) / len(rows) for key in rows[0]} for rows in zip(*histories, strict=True)
    ]
