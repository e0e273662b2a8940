"""Training the report's convolutional network against the usual loops in torch.

The variant ``step_lr`` of params.yaml, on crops of 28 x 28 pixels. All start from the same weights; from memory, the
faces come in the same order too. Every epoch includes what each tells of it: this project loss and accuracy on all
training and test faces after the epoch, the loops the accuracy summed up while they train and that on the test faces.
One loop tells nothing.

On *one core*, all have one thread. On *all cores*, as many seeds are trained as there are: this project trains them
side by side, the loops one after the other, torch using all cores for each. Where torch finds a GPU, it is measured as
well.

Last, the accuracy on the test faces after all epochs of the variant, over several seeds.
"""

import io
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader

from benchmarks.photos import crop, make_workplace
from benchmarks.row import OURS, Row, rows_of
from benchmarks.timing import race
from stages import crop_faces
from stages.cnn.data import Faces, load_faces
from stages.cnn.device import choose_device
from stages.cnn.torchvision_compat import torchvision
from stages.cnn.train import train
from stages.params_cnn import CnnVariant
from stages.workers import available_workers, map_processes

EPOCHS = 3
LOADER = "DataLoader over ImageFolder, eager torch"
MEMORY = "faces in memory, eager torch"
SILENT = f"{MEMORY}, no evaluation"
AIMS = {LOADER: 1 / 5, MEMORY: 1 / 1.5}
Batches = Callable[[], Iterable[tuple[torch.Tensor, torch.Tensor]]]


@dataclass(frozen=True)
class Setting:
    """What all competitors work on; ``folder`` holds the crops in ImageFolder's layout."""

    train: Faces
    test: Faces
    folder: Path
    variant: CnnVariant
    device: torch.device

    def ours(self, seed: int) -> float:
        """Train as the project does; return the accuracy on the test faces."""
        return train(self.train, self.test, self.variant, seed, self.device).history[-1]["test_accuracy"]


def measure(tiny: bool = False) -> list[Row]:
    """Time epochs on one core, on all, and on a GPU where torch finds one; compare the accuracies."""
    threads = torch.get_num_threads()
    with TemporaryDirectory() as name, redirect_stdout(io.StringIO()):
        params, photos = make_workplace(Path(name), tiny)
        crop(Path(name), Path(name) / "out")
        folder, variant = Path(name) / "out" / crop_faces.FACES, params.cnn.variants["step_lr"]
        setting = Setting(*load_faces(folder), folder, variant, choose_device("cpu"))
        what = f"{EPOCHS} epochs of {len(setting.train.labels):,} faces of {photos}"
        rows = time_all(setting, what, 1 if tiny else 5)
        rows += accuracies(setting, 2 if tiny else variant.epochs, range(2 if tiny else 5))
    torch.set_num_threads(threads)
    return rows


def time_all(setting: Setting, what: str, repetitions: int) -> list[Row]:
    """Time a few epochs everywhere."""
    setting = replace(setting, variant=setting.variant.model_copy(update={"epochs": EPOCHS}))
    devices = {"one core": setting.device} | ({"GPU": torch.device("cuda")} if torch.cuda.is_available() else {})
    rows = []
    for where, device in devices.items():
        seconds = race(one_seed(replace(setting, device=device)), repetitions)
        rows += rows_of("cnn", f"{what}, {where}", seconds, AIMS)
    cores = available_workers()
    seconds = race(all_cores(setting, cores), repetitions)
    return rows + rows_of("cnn", f"{what}, {cores} seeds on all cores", seconds, AIMS)


def one_seed(setting: Setting) -> dict[str, Callable[[], object]]:
    """Training from one seed."""
    return {
        OURS: lambda: setting.ours(0),
        LOADER: lambda: eager(setting, 0, *from_folder(setting, 0, 0)),
        MEMORY: lambda: eager(setting, 0, *in_memory(setting, 0)),
        SILENT: lambda: eager(setting, 0, *in_memory(setting, 0), silent=True),
    }


def all_cores(setting: Setting, cores: int) -> dict[str, Callable[[], object]]:
    """Training from as many seeds as there are cores."""

    def in_turn(batches: Callable[[int], tuple[Batches, Batches]], silent: bool = False) -> None:
        torch.set_num_threads(cores)
        for seed in range(cores):
            eager(setting, seed, *batches(seed), silent)
        torch.set_num_threads(1)

    return {
        OURS: lambda: map_processes(setting.ours, [(seed,) for seed in range(cores)]),
        LOADER: lambda: in_turn(lambda seed: from_folder(setting, seed, cores)),
        MEMORY: lambda: in_turn(lambda seed: in_memory(setting, seed)),
        SILENT: lambda: in_turn(lambda seed: in_memory(setting, seed), silent=True),
    }


def eager(setting: Setting, seed: int, batches: Batches, tests: Batches, silent: bool = False) -> float:
    """The loop of torch's tutorials; returns the accuracy on the test faces."""
    torch.use_deterministic_algorithms(False)  # as torch comes
    torch.manual_seed(seed)
    variant, network = setting.variant, plain_network(setting.variant, setting.train).to(setting.device)
    optimizer = torch.optim.Adam(network.parameters(), lr=variant.lr)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, variant.step.every, variant.step.factor)
    accuracy = 0.0
    for _ in range(variant.epochs):
        hits = 0
        for images, labels in batches():
            images, labels = images.to(setting.device), labels.to(setting.device)
            optimizer.zero_grad()
            logits = network(images)
            cross_entropy(logits, labels).backward()
            optimizer.step()
            hits += 0 if silent else (logits.argmax(1) == labels).sum().item()
        schedule.step()
        if not silent:
            accuracy = judge(network, tests, setting.device)
    return accuracy


def plain_network(variant: CnnVariant, faces: Faces) -> nn.Sequential:
    """The report's network, for pictures and classes like those of ``faces``."""
    side = variant.feature_side(faces.images.shape[-1])
    return nn.Sequential(
        nn.Conv2d(3, variant.channels, variant.kernel, variant.stride, padding=variant.kernel // 2), nn.ReLU(),
        nn.MaxPool2d(variant.pool), nn.Flatten(), nn.Linear(variant.channels * side**2, len(faces.classes)),
    )  # fmt: skip


@torch.no_grad()
def judge(network: nn.Module, tests: Batches, device: torch.device) -> float:
    """Return the accuracy."""
    hits = [network(images.to(device)).argmax(1) == labels.to(device) for images, labels in tests()]
    return torch.cat(hits).float().mean().item()


def in_memory(setting: Setting, seed: int) -> tuple[Batches, Batches]:
    """Batches from two tensors on the device."""
    generator, size = torch.Generator().manual_seed(seed), setting.variant.batch_size
    images, labels = setting.train.images.contiguous().to(setting.device), setting.train.labels.to(setting.device)
    tests = setting.test.images.contiguous().to(setting.device), setting.test.labels.to(setting.device)
    order = lambda: torch.randperm(len(images), generator=generator).to(setting.device).split(size)  # noqa: E731
    return lambda: ((images[chosen], labels[chosen]) for chosen in order()), lambda: [tests]


def from_folder(setting: Setting, seed: int, workers: int) -> tuple[Batches, Batches]:
    """Batches from the files, by torchvision."""
    train_files, test_files = (
        torchvision.datasets.ImageFolder(setting.folder / split, torchvision.transforms.ToTensor(), allow_empty=True)
        for split in ("train", "test")
    )
    size, generator = setting.variant.batch_size, torch.Generator().manual_seed(seed)
    batches = DataLoader(train_files, size, shuffle=True, num_workers=workers, generator=generator)
    tests = DataLoader(test_files, size, num_workers=workers)
    return lambda: batches, lambda: tests


def accuracies(setting: Setting, epochs: int, seeds: Iterable[int]) -> list[Row]:
    """Return a row each for this project and for the loop in memory."""
    setting = replace(setting, variant=setting.variant.model_copy(update={"epochs": epochs}))
    reached = {
        OURS: [setting.ours(seed) for seed in seeds],
        MEMORY: [eager(setting, seed, *in_memory(setting, seed)) for seed in seeds],
    }
    return [
        Row("cnn", f"test accuracy after {epochs} epochs, {len(values)} seeds", name, "", *summary, len(values))
        for name, values in reached.items()
        for summary in [(float(np.median(values)), min(values), max(values))]
    ]
