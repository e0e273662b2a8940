"""The split: no photo on both sides, every class on both as far as photos allow, the same every time."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.errors import InputError
from stages.faces.boxes import Box
from stages.faces.face import Face
from stages.faces.photos import Located
from stages.faces.split import assign_splits, split_by_group

PHOTOS = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=6), min_size=4, max_size=40)


def faces_of(photos: list[list[str]]) -> tuple[list[str], list[str]]:
    return (
        [label for labels in photos for label in labels],
        [f"photo {number}" for number, labels in enumerate(photos) for _ in labels],
    )


@settings(max_examples=40, deadline=None)
@given(PHOTOS, st.integers(0, 2**32 - 1))
def test_groups_stay_whole_and_both_sides_get_some(photos, seed):
    labels, groups = faces_of(photos)
    labels[:4] = "aaaa"
    is_test = split_by_group(labels, groups, 0.25, seed)
    sides = [{group for group, test in zip(groups, is_test, strict=True) if test == side} for side in (True, False)]
    assert not sides[0] & sides[1]
    assert sides[0] and sides[1]
    assert np.array_equal(is_test, split_by_group(labels, groups, 0.25, seed))


@pytest.mark.parametrize("test_size", [0.1, 0.25, 0.5])
def test_classes_are_split_in_proportion(test_size):
    rng = np.random.default_rng(0)
    labels, groups = faces_of([list(rng.choice(list("abc"), 5, p=[0.8, 0.17, 0.03])) for _ in range(200)])
    is_test = split_by_group(labels, groups, test_size, 0)
    for label in "abc":
        share = is_test[np.asarray(labels) == label].mean()
        assert abs(share - test_size) < 0.05, label


def test_another_seed_gives_another_split():
    labels, groups = faces_of([["a"]] * 40)
    assert not np.array_equal(split_by_group(labels, groups, 0.25, 0), split_by_group(labels, groups, 0.25, 1))


@pytest.mark.parametrize("seed", range(5))
def test_a_class_on_one_photo_alone_is_left_for_training(seed):
    labels, groups = faces_of([["rare"], *[["a"]] * 39])
    assert not split_by_group(labels, groups, 0.25, seed)[0]


@pytest.mark.parametrize("photos", [[["a"] * 9], [["a"], ["b"], ["a"]]])
def test_too_few_photos_are_refused(photos):
    with pytest.raises(InputError, match=f"{len(photos)} different photos cannot be split with faces.test_size"):
        split_by_group(*faces_of(photos), 0.25, 0)


def test_too_few_faces_of_every_class_are_refused():
    with pytest.raises(InputError, match="every class has fewer faces than the 4 parts"):
        split_by_group(*faces_of([["a"], ["b"], ["c"], ["d"]]), 0.25, 0)


def located(name: str, split: str | None = None, problem: str = "") -> Located:
    return Located(Face(name, "good", Box(0, 0, 5, 5), "annotations.csv", 2, split, problem=problem), name)


def test_identical_photos_share_a_side_and_unusable_faces_follow_their_photo():
    names = [f"{number}.jpg" for number in range(20)]
    digests = {name: str(number // 2) for number, name in enumerate(names)}  # pairs with the same content
    faces = [*map(located, names), located("3.jpg", problem="no label"), located("gone.jpg", problem="missing photo")]
    result = assign_splits(faces, digests, 0.5, 0)
    splits = [each.face.split for each in result]
    assert splits[0:20:2] == splits[1:20:2]
    assert set(splits[:20]) == {"train", "test"}
    assert splits[20:] == [splits[3], None]
    assert [each.file for each in result] == [each.file for each in faces]


def test_a_given_split_is_kept():
    faces = [located("a.jpg", "train"), located("b.jpg", "test"), located("c.jpg", "test")]
    assert assign_splits(faces, {}, 0.25, 0) == faces


def test_scikit_learn_is_imported_only_where_a_split_is_made():
    code = "import sys, stages.crop_faces; print('sklearn' in sys.modules, 'torch' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["False", "False"]
