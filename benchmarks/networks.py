"""Epochs of the NumPy network and of the report's CNN against scikit-learn, eager torch and bare matrix products."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.timing import OURS, race, rows_of
from stages.cnn.training import train as train_cnn
from stages.config.params import load_params
from stages.config.variants import DnnVariant
from stages.dnn.initialisation import initial_parameters
from stages.dnn.network import Network
from stages.dnn.optimizers import make_optimizer
from stages.dnn.training import figures_of, train_epoch
from stages.masks.dataset import load_dataset
from stages.masks.index import FOLDER
from stages.runtime import torchvision_shim  # noqa: F401  # before torchvision, beside a CPU build of torch
from stages.storage.dataset import TEST, TRAIN

BATCH, RATE, EPOCHS = 120, 0.1, 3


def measure_dnn(rounds: int) -> pd.DataFrame:
    """An epoch of 12,000 images of random pixels, then loss and error on them and on 5,768 others; one thread each."""
    rng = np.random.default_rng(0)
    inputs, tests = (rng.random((count, 784), dtype=np.float32) for count in (12_000, 5_768))
    labels, truth = (rng.integers(0, 10, len(images)) for images in (inputs, tests))
    tables = []
    torch.set_num_threads(1)
    for hidden in (60, 1500):
        competitors = {
            OURS: our_epoch(inputs, labels, tests, truth, hidden),
            "scikit-learn MLPClassifier, float64": sklearn_epoch(inputs.astype(np.float64), labels, hidden),
            "scikit-learn MLPClassifier, float32": sklearn_epoch(inputs, labels, hidden),
            "torch, DataLoader": torch_epoch(inputs, labels, tests, truth, hidden, loads=True),
            "torch, batches cut from tensors": torch_epoch(inputs, labels, tests, truth, hidden, loads=False),
            "the matrix products alone": products(inputs, tests, hidden),
        }
        with threadpool_limits(1):
            tables.append(rows_of("dnn", f"epoch of 784-{hidden}-10", race(competitors, rounds)))
    return pd.concat(tables)


def our_epoch(inputs, labels, tests, truth, hidden: int) -> Callable[[], object]:
    """As ``stages.dnn.training.train`` does it."""
    block = {"study": "digits", "network": "dnn", "hidden": [hidden], "activation": "relu", "init": "random"}
    variant = DnnVariant.model_validate(block | {"lr": RATE, "batch_size": BATCH, "epochs": 1})
    rng = np.random.default_rng(0)
    parameters = initial_parameters([784, hidden, 10], "relu", "random", rng)
    network, optimizer = Network(parameters, "relu", 0, rng), make_optimizer(parameters, variant)

    def epoch() -> None:
        train_epoch(network, optimizer, inputs, labels, rng.permutation(len(inputs)), variant, 0)
        figures_of(network, inputs, labels, TRAIN)
        figures_of(network, tests, truth, TEST)

    return epoch


def sklearn_epoch(inputs: np.ndarray, labels: np.ndarray, hidden: int) -> Callable[[], object]:
    """``partial_fit``: one pass in random order, which evaluates nothing."""
    network = MLPClassifier(
        (hidden,), solver="sgd", alpha=0, batch_size=BATCH, learning_rate_init=RATE, momentum=0,
        nesterovs_momentum=False, random_state=0,
    )  # fmt: skip
    return lambda: network.partial_fit(inputs, labels, classes=np.arange(10))


def torch_epoch(inputs, labels, tests, truth, hidden: int, loads: bool) -> Callable[[], object]:
    """Eager torch; ``loads``: by a ``DataLoader``, as in torch's tutorials."""
    x, y, x_test, y_test = map(torch.from_numpy, (inputs, labels, tests, truth))
    network = nn.Sequential(nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, 10))
    optimizer, loss = torch.optim.SGD(network.parameters(), lr=RATE), nn.CrossEntropyLoss()
    loader = DataLoader(TensorDataset(x, y), BATCH, shuffle=True)

    def epoch() -> None:
        for batch in loader if loads else ((x[i], y[i]) for i in torch.randperm(len(x)).split(BATCH)):
            optimizer.zero_grad()
            loss(network(batch[0]), batch[1]).backward()
            optimizer.step()
        with torch.no_grad():
            for images, wanted in ((x, y), (x_test, y_test)):
                logits = network(images)
                loss(logits, wanted).item(), (logits.argmax(1) != wanted).float().mean().item()

    return epoch


def products(inputs: np.ndarray, tests: np.ndarray, hidden: int) -> Callable[[], object]:
    """The matrix products of the epoch and of its evaluation, and nothing else: the floor."""
    first, second = np.ones((784, hidden), np.float32), np.ones((hidden, 10), np.float32)

    def epoch() -> None:
        for start in range(0, len(inputs), BATCH):
            batch = inputs[start : start + BATCH]
            nodes = batch @ first
            delta = nodes @ second
            nodes.T @ delta, batch.T @ (delta @ second.T)
        for images in (inputs, tests):
            for start in range(0, len(images), 1000):
                images[start : start + 1000] @ first @ second

    return epoch


def measure_cnn(rounds: int) -> pd.DataFrame:
    """Three epochs of ``step_lr`` on the workspace's faces, one thread each; ours measures both splits each epoch."""
    data, variant = load_dataset(), load_params().variant("step_lr").model_copy(update={"epochs": EPOCHS})
    torch.set_num_threads(1)
    competitors = {
        OURS: lambda: train_cnn(data, variant, 0, "cpu"),
        "DataLoader over torchvision's ImageFolder, eager torch": lambda: eager(
            folder_batches(variant.batch_size), data
        ),
        "faces in memory, eager torch": lambda: eager(memory_batches(data, variant.batch_size), data),
    }
    what = f"{EPOCHS} epochs of {len(data.train):,} faces"
    return rows_of("cnn", what, race(competitors, rounds))


def folder_batches(batch: int) -> DataLoader:
    """The usual loop's: every crop is read from its file in every epoch."""
    from torchvision.datasets import ImageFolder
    from torchvision.transforms import ToTensor

    return DataLoader(ImageFolder(FOLDER / TRAIN, ToTensor()), batch, shuffle=True)


def memory_batches(data, batch: int) -> DataLoader:
    """Batches of tensors that are in memory."""
    images = torch.from_numpy(data.train.images).permute(0, 3, 1, 2).float() / 255
    return DataLoader(TensorDataset(images, torch.from_numpy(data.train.labels)), batch, shuffle=True)


def eager(batches: DataLoader, data) -> None:
    """The report's network by torch's own tutorial: forward, loss, backward, step."""
    variant, side = load_params().variant("step_lr"), data.form.shape[0] // 4
    network = nn.Sequential(
        nn.Conv2d(3, variant.channels, variant.kernel, padding=variant.kernel // 2),
        nn.ReLU(),
        nn.MaxPool2d(variant.pool),
        nn.Flatten(),
        nn.Linear(variant.channels * side * side, len(data.form.classes)),
    )
    optimizer, loss = torch.optim.Adam(network.parameters(), lr=variant.lr), nn.CrossEntropyLoss()
    for _ in range(EPOCHS):
        for images, labels in batches:
            optimizer.zero_grad()
            loss(network(images), labels).backward()
            optimizer.step()
