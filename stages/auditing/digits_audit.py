"""The audit of the digits: duplicates within and across the split, and labels that their neighbours deny."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stages.auditing.near_pairs import near_images
from stages.auditing.pairs import Pair, across, check_classes_stay, count_pairs, leaking, lines, refuse_across
from stages.config.params import Params
from stages.digits.dataset import load_dataset
from stages.drawing.figures import draw_mosaic, message_figure, plt
from stages.runtime.errors import InputError
from stages.storage.dataset import TEST, TRAIN, Dataset

MOST, COLUMNS = 24, 8
PAIR_COLUMNS = ("digit", "other", "split", "other_split", "distance", "kind", "label", "other_label")


@dataclass(frozen=True)
class Audit:
    """What was found. Places count training digits before test digits.

    Attributes:
        dataset: that was audited.
        images: uint8 (N, 28, 28).
        labels: indices (N,).
        pairs: of duplicates.
        denied: (N,) the label that all neighbours of a digit share where it is not the digit's own, else -1.
    """

    dataset: Dataset
    images: np.ndarray
    labels: np.ndarray
    pairs: list[Pair]
    denied: np.ndarray

    @property
    def splits(self) -> list[str]:
        """The side of every digit."""
        return [TRAIN] * len(self.dataset.train) + [TEST] * len(self.dataset.test)

    def number(self, place: int) -> int:
        """The number of a digit within its split, from 0."""
        return int(place) if place < len(self.dataset.train) else int(place) - len(self.dataset.train)

    def leaked(self) -> list[str]:
        """Groups of the test digits that have a duplicate in training."""
        return [str(self.number(place)) for place in leaking(self.pairs, self.splits, TEST)]

    def left_out(self) -> list[str]:
        """Groups of the training digits that have a duplicate in the test set.

        Raises:
            InputError: a class would lose all its training digits.
        """
        places = leaking(self.pairs, self.splits, TRAIN)
        train = self.dataset.train
        names = [self.dataset.form.classes[label] for label in train.labels]
        check_classes_stay("digits", names, np.isin(np.arange(len(train)), places).tolist())
        return [str(place) for place in places]

    def refuse_leaks(self) -> None:
        """Refuse digits that are on both sides of the split.

        Raises:
            InputError: names the first pair.
        """

        def described(pair: Pair) -> str:
            first, second = self.number(pair.first), self.number(pair.second)
            alike = f"{pair.kind} duplicates (distance {pair.distance:.3f})"
            return f"training digit {first} and test digit {second} are {alike}"

        refuse_across(self.pairs, self.splits, "digits", described)

    def counts(self) -> dict[str, Any]:
        """The content of audit.json."""
        mixed = [pair for pair in self.pairs if self.labels[pair.first] != self.labels[pair.second]]
        suspects = np.flatnonzero(self.denied >= 0)
        in_train = int(np.sum(suspects < len(self.dataset.train)))
        return {
            "duplicate_pairs": count_pairs(self.pairs, self.splits),
            "leaked_test_digits": len(self.leaked()),
            "conflicting_pairs": len(mixed),
            "conflicting_pairs_across": len(across(mixed, self.splits)),
            "suspicious_labels": {TRAIN: in_train, TEST: len(suspects) - in_train},
        }

    def duplicates(self) -> pd.DataFrame:
        """A row a pair of duplicates, identical ones first: numbers in their splits, distance and labels."""
        rows = []
        for pair in self.pairs:
            places = (pair.first, pair.second)
            sides, names = [self.splits[i] for i in places], [self._name(self.labels[i]) for i in places]
            rows.append((*map(self.number, places), *sides, pair.distance, pair.kind, *names))
        return pd.DataFrame(rows, columns=PAIR_COLUMNS)

    def doubtful_labels(self) -> pd.DataFrame:
        """A row a digit whose neighbours all have one other label."""
        rows = [
            (self.number(i), self.splits[i], self._name(self.labels[i]), self._name(self.denied[i]))
            for i in np.flatnonzero(self.denied >= 0)
        ]
        return pd.DataFrame(rows, columns=("digit", "split", "label", "neighbours"))

    def summary(self) -> str:
        """What a reader should know, in a few lines."""
        counts = self.counts()
        suspicious = counts["suspicious_labels"]
        return "\n".join(
            [
                *lines(self.pairs, self.splits, "digits"),
                f"test digits with a duplicate in train: {counts['leaked_test_digits']}",
                f"duplicates with different labels: {counts['conflicting_pairs']} pairs",
                f"labels that all neighbours deny: {suspicious[TRAIN]} in train, {suspicious[TEST]} in test",
            ]
        )

    def draw(self) -> plt.Figure:
        """Draw digits whose label their neighbours deny."""
        suspects = np.flatnonzero(self.denied >= 0)
        # Even steps along the data, which may be sorted by class.
        shown = suspects[np.linspace(0, len(suspects) - 1, min(MOST, len(suspects))).round().astype(int)]
        titles = [
            f"{self.splits[i]} {self.number(i)}\n{self._name(self.labels[i])}, all say {self._name(self.denied[i])}"
            for i in shown
        ]
        title = f"Labels that all nearest neighbours deny: {len(shown)} of {len(suspects)}"
        return _mosaic([self.images[i] for i in shown], titles, title)

    def draw_duplicates(self) -> plt.Figure:
        """Draw duplicates in pairs, those with different labels and across the split first."""
        labels, splits = self.labels, self.splits
        pairs = sorted(
            self.pairs,
            key=lambda pair: (labels[pair.first] == labels[pair.second], splits[pair.first] == splits[pair.second]),
        )[:MOST]
        tiles = [np.hstack([self.images[pair.first], self.images[pair.second]]) for pair in pairs]
        titles = []
        for pair in pairs:
            sides = [f"{splits[i]} {self.number(i)}: {self._name(labels[i])}" for i in (pair.first, pair.second)]
            titles.append("\n".join([*sides, f"{pair.kind} {pair.distance:.3f}"]))
        return _mosaic(tiles, titles, f"Duplicates: {len(pairs)} of {len(self.pairs)} pairs, conflicting labels first")

    def _name(self, label: int) -> str:
        return self.dataset.form.classes[label]


def audit(params: Params) -> Audit:
    """Find duplicates and suspicious labels.

    Raises:
        InputError: there are too few digits for the neighbours.
    """
    settings, dataset = params.audit.digits, load_dataset()
    images = np.concatenate([dataset.train.images, dataset.test.images])
    labels = np.concatenate([dataset.train.labels, dataset.test.labels])
    if settings.neighbours >= len(labels):
        raise InputError(f"audit.digits.neighbours: {settings.neighbours} is too many for {len(labels)} digits")
    pairs, nearest = near_images(images, settings.max_distance, settings.neighbours)
    return Audit(dataset, images, labels, pairs, denied_labels(labels, nearest))


def denied_labels(labels: np.ndarray, nearest: np.ndarray) -> np.ndarray:
    """The label that all neighbours of a digit share where it is not the digit's own, else -1; shape (N,).

    Source: the rule of k nearest neighbours (Cover and Hart 1967), every digit classified by the others.

    Args:
        labels: (N,).
        nearest: indices of each digit's neighbours (N, k).
    """
    said = labels[nearest]
    unanimous = (said == said[:, :1]).all(axis=1)
    return np.where(unanimous & (said[:, 0] != labels), said[:, 0], -1)


def _mosaic(tiles: list[np.ndarray], titles: list[str], title: str) -> plt.Figure:
    if not tiles:
        return message_figure(f"{title.split(':')[0]}: none found")
    rows = -(-len(tiles) // COLUMNS)
    wide = tiles[0].shape[1] / tiles[0].shape[0]
    figure, axes = plt.subplots(figsize=(COLUMNS * wide * 1.2, rows * 1.9 + 0.5), layout="constrained")
    draw_mosaic(axes, tiles, titles, COLUMNS, font_size=6.5)
    axes.set_title(title, fontsize=10)
    return figure
