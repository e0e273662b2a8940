"""Dividing samples: whole groups, even classes, nothing lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.runtime.errors import InputError
from stages.storage.splits import group_folds, hold_out


def data(photos: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels of three classes, one of them rare, in photos of one to five faces."""
    rng = np.random.default_rng(seed)
    groups = np.repeat([f"photo {i}" for i in range(photos)], rng.integers(1, 6, photos))
    return rng.choice(["bad", "good", "none"], len(groups), p=[0.2, 0.7, 0.1]), groups


@given(seed=st.integers(0, 2**32 - 1), share=st.sampled_from([0.1, 0.2, 0.25, 0.4, 0.5]))
def test_any_split_keeps_groups_together_and_every_class_on_both_sides(seed: int, share: float):
    labels, groups = data(seed=seed % 100)
    held = hold_out(labels, groups, share, seed)
    assert not set(groups[held]) & set(groups[~held])
    for label in set(labels):
        among = held[labels == label]
        if len(set(groups[labels == label])) > round(1 / share):
            assert 0 < among.sum() < len(among)
    assert abs(held.mean() - 1 / round(1 / share)) < 0.12


def test_the_seed_decides_and_nothing_else_does():
    labels, groups = data()
    assert (hold_out(labels, groups, 0.25, 1) == hold_out(labels, groups, 0.25, 1)).all()
    assert (hold_out(labels, groups, 0.25, 1) != hold_out(labels, groups, 0.25, 2)).any()


def test_a_class_of_a_single_group_stays_in_training():
    labels, groups = data()
    labels[labels == "none"] = "good"
    labels[groups == "photo 7"] = "none"
    for seed in range(5):
        assert not hold_out(labels, groups, 0.25, seed)[labels == "none"].any()


def test_folds_hold_every_sample_once_and_every_class_evenly():
    labels, groups = data(200)
    folds = group_folds(labels, groups, 5, 0)
    np.testing.assert_array_equal(np.sort(np.concatenate(folds)), np.arange(len(labels)))
    for label in set(labels):
        counts = [np.sum(labels[fold] == label) for fold in folds]
        assert max(counts) - min(counts) <= 5
    for i, fold in enumerate(folds):
        rest = np.concatenate(folds[:i] + folds[i + 1 :])
        assert not set(groups[fold]) & set(groups[rest])


def test_too_few_groups_are_one_clear_line():
    with pytest.raises(InputError, match="all samples are of one group"):
        hold_out(np.array(["a", "b"]), np.array(["p", "p"]), 0.5, 0)
    with pytest.raises(InputError, match="3 groups .* cannot be split into 5 parts; bring more data"):
        group_folds(np.array(["a", "b", "b"]), np.array(["p", "q", "r"]), 5, 0)
