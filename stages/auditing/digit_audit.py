"""The audit of the digits: duplicates within and across the split, and labels that their neighbours deny."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stages.auditing.digit_pairs import compare_all
from stages.auditing.pairs import (
    TEST,
    TRAIN,
    Pair,
    across,
    check_classes_stay,
    count_pairs,
    leaking,
    pair_lines,
    refuse_across,
)
from stages.digits.dataset import CLASSES, Digits
from stages.errors import InputError
from stages.params_data import DigitsAudit as Settings

PAIR_COLUMNS = ("digit", "other", "split", "other_split", "distance", "kind", "label", "other_label")


@dataclass(frozen=True)
class DigitsAudit:
    """What was found. Places count training digits before test digits.

    ``images`` uint8 (N, 28, 28); ``labels`` int (N,); ``train`` how many of them are for training; ``leaked`` test
    digits with a duplicate in training; ``left_out`` training digits that are left out for theirs; ``suspects``
    digits whose neighbours all have one other label, and ``denied`` (N,) that label, or -1.
    """

    images: np.ndarray
    labels: np.ndarray
    train: int
    pairs: list[Pair]
    leaked: list[int]
    left_out: list[int]
    denied: np.ndarray

    @property
    def splits(self) -> list[str]:
        """The side of every digit."""
        return [TRAIN] * self.train + [TEST] * (len(self.labels) - self.train)

    @property
    def suspects(self) -> np.ndarray:
        """Places of the digits whose label their neighbours deny."""
        return np.flatnonzero(self.denied >= 0)

    def number(self, place: int) -> int:
        """The number of a digit within its split, from 0."""
        return int(place) if place < self.train else int(place) - self.train


def audit_digits(digits: Digits, settings: Settings) -> DigitsAudit:
    """Find duplicates and suspicious labels.

    Raises:
        InputError: there are too few digits for the neighbours, or drop would leave a class without any.
    """
    images = np.concatenate([digits.x_train, digits.x_test])
    labels = np.concatenate([digits.y_train, digits.y_test]).astype(np.int64)
    if settings.neighbours >= len(labels):
        raise InputError(f"audit.digits.neighbours: {settings.neighbours} is too many for {len(labels)} digits")
    pairs, nearest = compare_all(images, settings.max_distance, settings.neighbours)
    train = len(digits.y_train)
    splits = [TRAIN] * train + [TEST] * (len(labels) - train)
    left_out = leaking(pairs, splits, TRAIN) if settings.duplicates == "drop" else []
    check_classes_stay("audit.digits.duplicates", digits.y_train.tolist(), np.isin(np.arange(train), left_out))
    leaked = leaking(pairs, splits, TEST)
    return DigitsAudit(images, labels, train, pairs, leaked, left_out, denied_labels(labels, nearest))


def denied_labels(labels: np.ndarray, nearest: np.ndarray) -> np.ndarray:
    """The label that all neighbours of a digit share where it is not the digit's own, else -1; shape (N,).

    Source: the rule of k nearest neighbours (Cover and Hart 1967), every digit judged by the others.

    Args:
        labels: (N,).
        nearest: indices of each digit's neighbours (N, k).
    """
    said = labels[nearest]
    unanimous = (said == said[:, :1]).all(axis=1)
    return np.where(unanimous & (said[:, 0] != labels), said[:, 0], -1)


def refuse_leaks(audit: DigitsAudit) -> None:
    """Refuse digits that are on both sides of the split.

    Raises:
        InputError: names the first pair.
    """

    def described(pair: Pair) -> str:
        first, second = audit.number(pair.first), audit.number(pair.second)
        alike = f"{pair.kind} duplicates (distance {pair.distance:.3f})"
        return f"training digit {first} and test digit {second} are {alike}"

    refuse_across(across(audit.pairs, audit.splits), "digits", described)


def count_audit(audit: DigitsAudit) -> dict[str, Any]:
    """Return the content of audit.json."""
    mixed = [pair for pair in audit.pairs if audit.labels[pair.first] != audit.labels[pair.second]]
    leaked = np.bincount(audit.labels[audit.leaked], minlength=len(CLASSES))
    in_train = int(np.sum(audit.suspects < audit.train))
    return {
        "digits": {TRAIN: audit.train, TEST: len(audit.labels) - audit.train},
        "duplicate_pairs": count_pairs(audit.pairs, audit.splits),
        "leak": {
            "train_digits": len({pair.first for pair in across(audit.pairs, audit.splits)}),
            "test_digits": {"all": len(audit.leaked)}
            | {f"of_{name}": n for name, n in zip(CLASSES, leaked, strict=True) if n},
        },
        "left_out": {"digits": len(audit.left_out)},
        "labels": {
            "conflicting_pairs": len(mixed),
            "conflicting_pairs_across": len(across(mixed, audit.splits)),
            "suspicious": {TRAIN: in_train, TEST: len(audit.suspects) - in_train},
        },
    }


def pair_table(audit: DigitsAudit) -> pd.DataFrame:
    """A row a pair of duplicates, identical ones first: numbers in their splits, distance and labels."""
    splits, rows = audit.splits, []
    for pair in audit.pairs:
        places = (pair.first, pair.second)
        labels = (audit.labels[place] for place in places)
        rows.append((*map(audit.number, places), *(splits[i] for i in places), pair.distance, pair.kind, *labels))
    return pd.DataFrame(rows, columns=PAIR_COLUMNS)


def suspect_table(audit: DigitsAudit) -> pd.DataFrame:
    """A row a digit whose neighbours all say another label."""
    rows = [(audit.number(i), audit.splits[i], audit.labels[i], audit.denied[i]) for i in audit.suspects]
    return pd.DataFrame(rows, columns=("digit", "split", "label", "neighbours"))


def summary(counts: dict[str, Any]) -> str:
    """What a reader should know, in a few lines."""
    lines = pair_lines(counts["duplicate_pairs"], "digits")
    labels, leak = counts["labels"], counts["leak"]
    lines.append(f"test digits with a duplicate in train: {leak['test_digits']['all']}")
    lines.append(f"duplicates with different labels: {labels['conflicting_pairs']} pairs")
    suspicious = labels["suspicious"]
    lines.append(f"labels that all neighbours deny: {suspicious[TRAIN]} in train, {suspicious[TEST]} in test")
    if counts["left_out"]["digits"]:
        lines.append(f"left out of training: {counts['left_out']['digits']} digits")
    return "\n".join(lines)
