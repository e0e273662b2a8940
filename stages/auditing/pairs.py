"""Pairs of samples that are the same, or nearly so, and what they mean for a split."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from stages.errors import InputError

IDENTICAL, NEAR = "identical", "near"
TRAIN, TEST = "train", "test"


@dataclass(frozen=True)
class Pair:
    """Two samples by their places in a list, ``first < second``; training samples stand before test samples.

    ``distance`` is 0 for the same and grows with the difference; ``kind`` is identical (the same bytes) or near.
    """

    first: int
    second: int
    distance: float
    kind: str


def across(pairs: Sequence[Pair], splits: Sequence[str]) -> list[Pair]:
    """The pairs with one sample on either side of the split; ``splits`` says train or test for every place."""
    return [pair for pair in pairs if splits[pair.first] != splits[pair.second]]


def count_pairs(pairs: Sequence[Pair], splits: Sequence[str]) -> dict[str, dict[str, int]]:
    """Number of pairs by kind: within ``train``, within ``test``, and ``across`` the split."""
    counts = {kind: {TRAIN: 0, TEST: 0, "across": 0} for kind in (IDENTICAL, NEAR)}
    for pair in pairs:
        sides = {splits[pair.first], splits[pair.second]}
        counts[pair.kind][sides.pop() if len(sides) == 1 else "across"] += 1
    return counts


def leaking(pairs: Sequence[Pair], splits: Sequence[str], split: str) -> list[int]:
    """Places of the samples of ``split`` that have a duplicate on the other side, in order."""
    sides = {place for pair in across(pairs, splits) for place in (pair.first, pair.second)}
    return sorted(place for place in sides if splits[place] == split)


def refuse_across(leaks: Sequence[Pair], data: str, described: Callable[[Pair], str]) -> None:
    """Refuse samples that are on both sides of the split.

    Args:
        leaks: pairs as :func:`across` returns them.
        data: ``faces`` or ``digits``, as its parameters and tables are called.
        described: says which two samples a pair is of, and how they are alike.

    Raises:
        InputError: there are any; describes the first pair.
    """
    if not leaks:
        return
    more = f"; and {len(leaks) - 1} more pairs" if len(leaks) > 1 else ""
    raise InputError(
        f"{described(leaks[0])}{more}; take one side out of the data, or set audit.{data}.duplicates: drop "
        f"(metrics/{data}/duplicates.csv lists all)"
    )


def pair_lines(counts: dict[str, dict[str, int]], samples: str) -> list[str]:
    """What :func:`count_pairs` returned, a line a kind; ``samples`` is what they are called."""
    return [
        f"{kind} {samples}: {each[TRAIN]} pairs in train, {each[TEST]} in test, {each['across']} across the split"
        for kind, each in counts.items()
    ]


def check_classes_stay(parameter: str, labels: Sequence[Any], dropped: Sequence[bool]) -> None:
    """Refuse to leave out all training samples of a class.

    Args:
        parameter: what asked for it, for the message.
        labels, dropped: class of every training sample, and whether it is left out.

    Raises:
        InputError: names the first class of which nothing would stay.
    """
    kept = {label for label, out in zip(labels, dropped, strict=True) if not out}
    if gone := sorted(set(labels) - kept):
        raise InputError(
            f"{parameter}: drop leaves no training sample of class {gone[0]}: all have a duplicate in the test set; "
            "set it to report, or split the data anew"
        )
