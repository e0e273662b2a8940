"""An epoch of the NumPy network against scikit-learn, torch and the bare matrix products, all on one thread.

12,000 images in batches of 120, in random order; then loss and error on them and on 5,768 test images, by all but
scikit-learn, whose ``partial_fit`` has no such thing. Pixels are numbers between 0 and 1 before the clock starts.
Both peers run as their own tutorials have it, and once more as someone would write it who minds the time.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.data import bench_digits
from benchmarks.products import bare_products
from benchmarks.row import OURS, Row, rows_of
from benchmarks.timing import race
from stages.digits.dataset import CLASSES, Digits, as_inputs
from stages.dnn.network import build_network
from stages.dnn.train import Trainer, judge_split
from stages.params_dnn import DnnVariant

BATCH, RATE, THREADS = 120, 0.1, 1
SKLEARN, SKLEARN_32 = "scikit-learn MLPClassifier, pixels / 255.0", "scikit-learn MLPClassifier, pixels in float32"
TORCH, TORCH_TENSORS = "torch nn.Sequential, DataLoader", "torch nn.Sequential, batches cut from tensors"
PRODUCTS = "np.dot of the same shapes"
AIMS = {
    60: {SKLEARN: 0.6, SKLEARN_32: 0.6, TORCH: 0.35, TORCH_TENSORS: 0.35, PRODUCTS: 2.0},
    1500: {TORCH: 1.0, TORCH_TENSORS: 1.0, PRODUCTS: 1.5},
}


def measure(tiny: bool = False) -> list[Row]:
    """Time epochs of 784-60-10 and of 784-1500-10."""
    digits, source = bench_digits(tiny)
    before, rows = torch.get_num_threads(), []
    torch.set_num_threads(THREADS)
    for hidden, repetitions in ((60, 15), (1500, 7)):
        with threadpool_limits(THREADS):
            seconds = race(competitors(digits, hidden), 1 if tiny else repetitions)
        rows += rows_of("dnn", f"epoch of 784-{hidden}-10, {source}", seconds, AIMS[hidden])
    torch.set_num_threads(before)
    return rows


def competitors(digits: Digits, hidden: int) -> dict[str, Callable[[], object]]:
    """Return an epoch of each, by name."""
    pixels = digits.x_train.reshape(len(digits.x_train), -1)
    inputs, tests = as_inputs(digits.x_train), as_inputs(digits.x_test)
    return {
        OURS: our_epoch(digits, hidden),
        SKLEARN: sklearn_epoch(pixels / 255.0, digits.y_train, hidden),
        SKLEARN_32: sklearn_epoch(inputs, digits.y_train, hidden),
        TORCH: torch_epoch(digits, hidden, loads=True),
        TORCH_TENSORS: torch_epoch(digits, hidden, loads=False),
        PRODUCTS: bare_products(inputs, tests, [inputs.shape[1], hidden, len(CLASSES)], BATCH),
    }


def our_epoch(digits: Digits, hidden: int) -> Callable[[], object]:
    """As :func:`stages.dnn.train.train` does it."""
    settings = {"hidden": [hidden], "activation": "relu", "init": "random", "lr": RATE}
    variant = DnnVariant.model_validate(settings | {"batch_size": BATCH, "epochs": 1})
    inputs, tests = as_inputs(digits.x_train), as_inputs(digits.x_test)
    rng = np.random.default_rng(0)
    network = build_network([inputs.shape[1], hidden, len(CLASSES)], "relu", "random", rng)
    trainer = Trainer(network, inputs, digits.y_train, variant, rng)

    def epoch() -> None:
        trainer.epoch(0)
        judge_split(network, inputs, digits.y_train, "train")
        judge_split(network, tests, digits.y_test, "test")

    return epoch


def sklearn_epoch(inputs: np.ndarray, labels: np.ndarray, hidden: int) -> Callable[[], object]:
    """``partial_fit``: one pass in random order, no evaluation. It computes in the precision of its inputs."""
    network = MLPClassifier(
        (hidden,), solver="sgd", alpha=0, batch_size=BATCH, learning_rate_init=RATE, momentum=0,
        nesterovs_momentum=False, random_state=0,
    )  # fmt: skip
    return lambda: network.partial_fit(inputs, labels, classes=np.arange(len(CLASSES)))


def torch_epoch(digits: Digits, hidden: int, loads: bool) -> Callable[[], object]:
    """Eager torch. ``loads``: batches come from a ``DataLoader``, as in torch's tutorials, else by their indices."""
    (inputs, labels), (tests, truth) = (
        (torch.from_numpy(as_inputs(images)), torch.from_numpy(labels.astype(np.int64)))
        for images, labels in ((digits.x_train, digits.y_train), (digits.x_test, digits.y_test))
    )
    network = nn.Sequential(nn.Linear(inputs.shape[1], hidden), nn.ReLU(), nn.Linear(hidden, len(CLASSES)))
    optimizer, loss = torch.optim.SGD(network.parameters(), lr=RATE), nn.CrossEntropyLoss()
    loader = DataLoader(TensorDataset(inputs, labels), BATCH, shuffle=True)

    def cut() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for batch in torch.randperm(len(inputs)).split(BATCH):
            yield inputs[batch], labels[batch]

    def epoch() -> None:
        for images, wanted in loader if loads else cut():
            optimizer.zero_grad()
            loss(network(images), wanted).backward()
            optimizer.step()
        with torch.no_grad():
            for images, wanted in ((inputs, labels), (tests, truth)):
                logits = network(images)
                loss(logits, wanted).item(), (logits.argmax(dim=1) != wanted).float().mean().item()

    return epoch
