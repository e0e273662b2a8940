"""A split into training and test faces that keeps every photo on one side."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from stages.errors import InputError
from stages.faces.photos import Located

TRAIN, TEST = "train", "test"


def assign_splits(located: Sequence[Located], digests: Mapping[str, str], test_size: float, seed: int) -> list[Located]:
    """Give a split to the faces of data that come without one; faces that have one keep it.

    Byte-identical photos (the same SHA-256 in ``digests``, by safe name) count as one. Faces that cannot be
    used take no part, and get the split of their photo where it has one.

    Raises:
        InputError: the split is impossible.
    """
    usable = [each for each in located if each.usable]
    if not usable or usable[0].face.split is not None:
        return list(located)
    groups = [digests[each.file] for each in usable]
    is_test = split_by_group([each.face.label for each in usable], groups, test_size, seed)
    splits = {group: TEST if test else TRAIN for group, test in zip(groups, is_test, strict=True)}
    return [replace(each, face=replace(each.face, split=splits.get(digests.get(each.file, "")))) for each in located]


def split_by_group(labels: Sequence[str], groups: Sequence[str], test_size: float, seed: int) -> np.ndarray:
    """Return bool (N,): whether each face is for testing.

    Faces of one group stay together; about ``test_size`` (0.02 to 0.5) of every class is for testing, as
    closely as whole groups allow. The same input gives the same split.

    Source: of the parts of :func:`group_folds` the best balanced one is taken.

    Raises:
        InputError: there are too few groups, or too few faces of every class, for the number of folds.
    """
    folds, codes, count = round(1 / test_size), _codes(labels), len(set(groups))
    if count < folds:
        raise InputError(
            f"{count} different photos cannot be split with faces.test_size: {test_size}, which needs {folds}; "
            "bring more photos, raise faces.test_size, or give train.csv and test.csv"
        )
    try:
        tests = group_folds(codes, groups, folds, seed)
    except ValueError:
        raise InputError(
            f"every class has fewer faces than the {folds} parts that faces.test_size: {test_size} needs; "
            "bring more faces, raise faces.test_size, or give train.csv and test.csv"
        ) from None
    totals = np.bincount(codes)
    is_test = np.zeros(len(codes), bool)
    is_test[min(tests, key=lambda test: _imbalance(codes[test], totals, test_size))] = True
    return is_test


def group_folds(labels: Sequence, groups: Sequence[str], folds: int, seed: int) -> list[np.ndarray]:
    """Return the indices of each part of a split into ``folds`` parts, or fewer where one would be empty.

    Every sample is in one part, samples of one group in the same, and every class is spread over the parts as evenly
    as whole groups allow.

    Source: scikit-learn's ``StratifiedGroupKFold``.

    Raises:
        ValueError: there are fewer groups than parts, or fewer samples of every class.
    """
    from sklearn.model_selection import StratifiedGroupKFold  # takes a second to import, needed here alone

    codes, group_codes = _codes(labels), _codes(groups)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer samples than parts
        return [part for _, part in splitter.split(codes, codes, group_codes) if len(part)]


def _codes(names: Sequence) -> np.ndarray:
    """Numbers from 0 in place of the names, in their alphabetical order: (N,)."""
    numbers = {name: number for number, name in enumerate(sorted(set(names)))}
    return np.array([numbers[name] for name in names])


def _imbalance(codes: np.ndarray, totals: np.ndarray, test_size: float) -> float:
    """How far the classes' shares in a fold are from ``test_size``, summed over the classes."""
    shares = np.bincount(codes, minlength=len(totals)) / totals
    return float(np.abs(shares - test_size).sum())
