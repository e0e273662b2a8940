"""What a study's data are to a network: images, labels and groups of the two sides of the split."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from stages.storage.files import read_json, write_json

CARD = "dataset.json"
TRAIN, TEST = "train", "test"
SPLITS = (TRAIN, TEST)


@dataclass(frozen=True)
class Samples:
    """Images with labels.

    Attributes:
        images: uint8, gray (N, side, side) or RGB (N, side, side, 3).
        labels: int64 (N,), indices into the classes of the data set.
        groups: texts (N,): what a sample shares with others that are no independent evidence. A face has the file of
            its photo, a digit its own number.
        names: texts (N,): by which a person finds the sample. A face has the path of its crop, a digit its number.
    """

    images: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    names: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def chosen(self, which: np.ndarray) -> "Samples":
        """The samples at the places ``which``: indices, or bool (N,)."""
        return Samples(self.images[which], self.labels[which], self.groups[which], self.names[which])


@dataclass(frozen=True)
class Form:
    """What the samples of a data set look like to a network.

    Attributes:
        shape: of one image: (side, side) gray or (side, side, 3) RGB.
        classes: names, in alphabetical order.
        margin: how much of the surroundings an image shows on each side, in sides of a face's box.
    """

    shape: tuple[int, ...]
    classes: tuple[str, ...]
    margin: float = 0.0


@dataclass(frozen=True)
class Dataset:
    """Both sides of the split.

    Attributes:
        train, test: the samples.
        validation: bool (len(train),), which of the training samples are for validation.
        form: what all of them look like.
    """

    train: Samples
    test: Samples
    validation: np.ndarray
    form: Form

    def without(self, groups: frozenset[str]) -> "Dataset":
        """The same data less the training samples of these groups."""
        kept = ~np.isin(self.train.groups, list(groups))
        return replace(self, train=self.train.chosen(kept), validation=self.validation[kept])

    def for_validation(self) -> "Dataset":
        """The training samples alone, split: those for validation stand as the test."""
        held = self.validation
        return replace(
            self,
            train=self.train.chosen(~held),
            test=self.train.chosen(held),
            validation=np.zeros(np.sum(~held), bool),
        )


def write_card(
    folder: Path, source: str, classes: tuple[str, ...], parts: dict[str, tuple[int, bytes]], **extra: object
) -> None:
    """Write ``dataset.json``: what the data are, with a digest of each side. The stages that read them depend on it.

    So DVC looks at one file for each of these stages instead of thousands; and every metrics file can say which test
    samples it was measured on.

    Args:
        folder: of the data.
        source: where they come from, as params.yaml names it.
        classes: their names.
        parts: for each split how many samples it has, and bytes that change whenever one of them does.
        extra: what else those who read the data must know.
    """
    card: dict[str, Any] = {"source": source, "classes": list(classes)} | extra
    for split, (samples, content) in parts.items():
        card[split] = {"samples": samples, "sha256": hashlib.sha256(content).hexdigest()}
    write_json(folder / CARD, card)


def read_card(folder: Path) -> dict[str, Any]:
    """Return what :func:`write_card` wrote.

    Raises:
        InputError: it is missing or no JSON.
    """
    return read_json(folder / CARD)
