"""Pairs of samples that are the same, or nearly so, and what they mean for a split."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stages.runtime.errors import InputError
from stages.storage.dataset import SPLITS, TEST, TRAIN

IDENTICAL, NEAR = "identical", "near"
ACROSS = "across"


@dataclass(frozen=True)
class Pair:
    """Two samples by their places in a list, ``first < second``; training samples stand before test samples.

    ``distance`` is 0 for the same and grows with the difference; ``kind`` is identical (the same bytes) or near.
    """

    first: int
    second: int
    distance: float
    kind: str


def ordered(pairs: Sequence[Pair]) -> list[Pair]:
    """Identical pairs first, then by distance."""
    return sorted(pairs, key=lambda pair: (pair.kind != IDENTICAL, pair.distance, pair.first, pair.second))


def across(pairs: Sequence[Pair], splits: Sequence[str]) -> list[Pair]:
    """The pairs with one sample on either side of the split; ``splits`` says train or test for every place."""
    return [pair for pair in pairs if splits[pair.first] != splits[pair.second]]


def count_pairs(pairs: Sequence[Pair], splits: Sequence[str]) -> dict[str, dict[str, int]]:
    """Number of pairs by kind: within ``train``, within ``test``, and ``across`` the split."""
    counts = {kind: dict.fromkeys((*SPLITS, ACROSS), 0) for kind in (IDENTICAL, NEAR)}
    for pair in pairs:
        sides = {splits[pair.first], splits[pair.second]}
        counts[pair.kind][sides.pop() if len(sides) == 1 else ACROSS] += 1
    return counts


def leaking(pairs: Sequence[Pair], splits: Sequence[str], split: str) -> list[int]:
    """Places of the samples of ``split`` that have a duplicate on the other side, in order."""
    sides = {place for pair in across(pairs, splits) for place in (pair.first, pair.second)}
    return sorted(place for place in sides if splits[place] == split)


def lines(pairs: Sequence[Pair], splits: Sequence[str], samples: str) -> list[str]:
    """How many pairs there are, a line a kind; ``samples`` is what they are called."""
    return [
        f"{kind} {samples}: {each[TRAIN]} pairs in train, {each[TEST]} in test, {each[ACROSS]} across the split"
        for kind, each in count_pairs(pairs, splits).items()
    ]


def refuse_across(pairs: Sequence[Pair], splits: Sequence[str], study: str, described: Callable[[Pair], str]) -> None:
    """Refuse samples that are on both sides of the split.

    Args:
        pairs: of duplicates.
        splits: of the samples.
        study: whose data they are.
        described: says which two samples a pair is of, and how they are alike.

    Raises:
        InputError: there are any; describes the first pair.
    """
    leaks = across(pairs, splits)
    if leaks:
        more = f"; and {len(leaks) - 1} more pairs" if len(leaks) > 1 else ""
        raise InputError(
            f"{described(leaks[0])}{more}; take one side out of the data, or set audit.{study}.duplicates: drop"
        )


def check_classes_stay(study: str, labels: Sequence[object], dropped: Sequence[bool]) -> None:
    """Refuse to leave out all training samples of a class.

    Args:
        study: whose data they are.
        labels, dropped: class of every training sample, and whether it is left out.

    Raises:
        InputError: names the first class of which nothing would stay.
    """
    kept = {label for label, out in zip(labels, dropped, strict=True) if not out}
    if gone := sorted(set(labels) - kept):
        raise InputError(
            f"audit.{study}.duplicates: drop leaves no training sample of class {gone[0]}: all have a duplicate in the "
            "test set; set it to report, or split the data anew"
        )
