"""What the data hide: pairs found by brute force too, leaks, doubtful labels, and what is done about them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import NearestNeighbors

from stages.auditing import digits_audit, masks_audit, near_pairs
from stages.auditing.masks_audit import Photo, find_conflicts, match_faces, overlaps
from stages.auditing.near_pairs import distances, near_hashes, near_images, normalise
from stages.auditing.pairs import Pair, check_classes_stay, count_pairs, leaking, ordered, refuse_across
from stages.config.params import check_params, read_mapping
from stages.masks.boxes import Box
from stages.runtime.errors import InputError
from stages.storage.arrays import write_arrays
from stages.storage.dataset import write_card
from tests.helpers import PROJECT


@pytest.mark.parametrize("max_distance", [0, 19, 60])
def test_near_hashes_are_those_that_brute_force_finds(max_distance: int):
    rng = np.random.default_rng(0)
    bits = rng.random((300, 256)) < 0.5
    changed = rng.permuted(np.arange(256) < np.arange(100)[:, None], axis=1)  # by 0, 1, 2, ... bits
    bits[200:] = bits[:100] ^ changed
    bits[100:120] = bits[5]
    apart = np.sum(bits[:, None] != bits[None], axis=2)
    expected = [(i, j, int(apart[i, j])) for i, j in np.argwhere(apart <= max_distance).tolist() if i < j]
    assert len(expected) >= 210 + max_distance and max(distance for *_, distance in expected) == max_distance
    assert near_hashes(bits, max_distance) == expected


def test_hashes_that_are_near_in_one_part_alone_are_found():
    """Each copy differs in 60 bits, so dealt out that a single one of the 20 parts gives it away."""
    bits = np.random.default_rng(0).random((21, 256)) < 0.5
    parts = [list(range(256))[word::4][start : start + 13] for word in range(4) for start in range(0, 52 + 1, 13)]
    numbers = [4, *[3] * 19]  # 61 in all
    for own in range(20):
        differing = [bit for n, part in enumerate(parts) for bit in part[: numbers[n] - (n == own)]]
        bits[own + 1] = bits[0]
        bits[own + 1, differing] ^= True
    assert [pair for pair in near_hashes(bits, 60) if pair[0] == 0] == [(0, copy, 60) for copy in range(1, 21)]


def test_more_pairs_than_can_be_listed_are_one_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(near_pairs, "MOST_PAIRS", 100)
    bits = np.random.default_rng(0).random((40, 256)) < 0.5
    bits[7:20] = bits[7]
    assert len(near_hashes(bits, 60)) == 78
    bits[7:25] = bits[7]
    with pytest.raises(InputError, match=r"more than 100 pairs of duplicates; sample 7 .* is there 18 times"):
        near_hashes(bits, 60)
    bits[:] = bits[0] ^ np.eye(40, 256, dtype=bool)  # near, none the same
    with pytest.raises(InputError, match="more than 100 pairs"):
        near_hashes(bits, 60)


def images(count: int = 60, seed: int = 0) -> np.ndarray:
    """Random images; every tenth is a copy of the one before, every tenth after that a brighter one with noise."""
    rng = np.random.default_rng(seed)
    found = rng.integers(0, 200, (count, 9, 9), dtype=np.uint8)
    for place in range(1, count, 10):
        found[place] = found[place - 1]
    for place in range(3, count, 10):
        found[place] = np.clip(found[place - 1] * 1.2 + rng.integers(-4, 5, (9, 9)), 0, 255)
    return found


@pytest.mark.parametrize("components", [128, 70, 10])
def test_near_images_are_those_that_brute_force_finds_whatever_the_brightness(
    components: int, monkeypatch: pytest.MonkeyPatch
):
    """By all, many and few principal components: for none, some and most images these do not suffice."""
    monkeypatch.setattr(near_pairs, "COMPONENTS", components)
    monkeypatch.setattr(near_pairs, "CANDIDATES", 8)
    given = images()
    pairs, nearest = near_images(given, 0.14, 3)
    rows = normalise(given, np.float64)
    apart = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    expected = {(i, j) for i, j in zip(*np.triu_indices(60, 1), strict=True) if apart[i, j] <= 0.14}
    assert {(pair.first, pair.second) for pair in pairs} == expected and len(expected) == 12
    assert {(p.first, p.second) for p in pairs if p.kind == "identical"} == {(i, i + 1) for i in range(0, 60, 10)}
    for pair in pairs:
        assert pair.distance == pytest.approx(apart[pair.first, pair.second], abs=1e-9)
    neighbours, _ = NearestNeighbors(n_neighbors=3).fit(rows).kneighbors()
    found = np.take_along_axis(apart, nearest, axis=1)  # of two equally near either may come first
    np.testing.assert_allclose(found, neighbours, atol=1e-6)


def test_distance_goes_from_the_same_to_the_negative():
    one = images(1)
    assert distances(one, one) == pytest.approx(0) and distances(one, 255 - one) == pytest.approx(2)
    flat = np.full((1, 9, 9), 7, np.uint8)
    assert distances(one, flat) == pytest.approx(1)


def test_neighbours_of_many_identical_images_leave_each_one_out():
    given = np.repeat(images(1), 12, axis=0)
    _, nearest = near_images(given, 0.1, 3)
    assert nearest.shape == (12, 3) and all(place not in row for place, row in enumerate(nearest))


PAIRS = [Pair(0, 3, 4.0, "near"), Pair(0, 1, 0.0, "identical"), Pair(3, 4, 2.0, "near")]
SPLITS = ["train", "train", "train", "test", "test"]


def test_pairs_are_counted_by_side_and_leaks_are_those_across():
    counts = count_pairs(PAIRS, SPLITS)
    assert counts["identical"] == {"train": 1, "test": 0, "across": 0}
    assert counts["near"] == {"train": 0, "test": 1, "across": 1}
    assert leaking(PAIRS, SPLITS, "test") == [3] and leaking(PAIRS, SPLITS, "train") == [0]
    assert [pair.kind for pair in ordered(PAIRS)] == ["identical", "near", "near"]


def test_leaks_are_refused_where_that_is_asked_for():
    with pytest.raises(
        InputError, match=r"0 and 3; take one side out of the data, or set audit\.masks\.duplicates: drop"
    ):
        refuse_across(PAIRS, SPLITS, "masks", lambda pair: f"{pair.first} and {pair.second}")
    refuse_across(PAIRS[1:], SPLITS, "masks", str)
    with pytest.raises(InputError, match="drop leaves no training sample of class b"):
        check_classes_stay("digits", ["a", "a", "b"], [True, False, True])


def photo(split: str, file: str, labels: list[str], boxes: list[tuple], size: tuple = (100, 50)) -> Photo:
    boxes = [Box(*box) for box in boxes]
    return Photo(split, file, file, size, file, np.zeros(256, bool), labels, boxes)


def test_overlap_is_intersection_over_union():
    first = np.array([[0.0, 0, 2, 2], [0, 0, 1, 1]])
    second = np.array([[1.0, 1, 3, 3], [5, 5, 6, 6], [0, 0, 2, 2]])
    np.testing.assert_allclose(overlaps(first, second), [[1 / 7, 0, 1], [0, 0, 1 / 4]])


def test_faces_of_two_copies_match_by_place_whatever_the_size_and_conflicts_are_told():
    first = photo("train", "a", ["good", "bad"], [(0, 0, 20, 20), (50, 10, 70, 30)])
    second = photo(
        "test", "b", ["good", "good", "bad"], [(100, 20, 140, 61), (0, 0, 40, 40), (180, 80, 199, 99)], (200, 100)
    )
    assert [(i, j) for i, j, _ in match_faces(first, second)] == [(0, 1), (1, 0)]
    table, matched = find_conflicts([first, second], [Pair(0, 1, 3, "near")])
    assert matched == 2 and table[["label", "other_label"]].to_numpy().tolist() == [["bad", "good"]]
    assert table["other_box"].tolist() == ["100 20 140 61"]


@pytest.fixture
def digits_audit_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The audit of these digits: 40 for training, the others for the test."""
    monkeypatch.chdir(tmp_path)

    def make(given: np.ndarray, labels: np.ndarray, **settings: object) -> digits_audit.Audit:
        arrays = {"x_train": given[:40], "y_train": labels[:40], "x_test": given[40:], "y_test": labels[40:]}
        write_arrays(tmp_path / "data/digits/digits.npz", arrays | {"validation": np.zeros(40, bool)})
        write_card(tmp_path / "data/digits", "local", ("0", "1"), {})
        content = read_mapping(PROJECT / "params.yaml")
        content["audit"]["digits"] |= settings
        return digits_audit.audit(check_params(content, "params.yaml"))

    return make


def test_digits_on_both_sides_leak_and_can_be_left_out_of_training(digits_audit_of):
    given, labels = images(), np.arange(60, dtype=np.uint8) % 2
    given[45], given[46] = given[5], given[6]
    found = digits_audit_of(given, labels)
    assert found.leaked() == ["5", "6"] and found.left_out() == ["5", "6"]
    counts = found.counts()
    assert counts["duplicate_pairs"]["identical"] == {"train": 4, "test": 2, "across": 2}
    assert counts["leaked_test_digits"] == 2 and counts["conflicting_pairs"] > 0
    with pytest.raises(InputError, match="training digit 5 and test digit 5 are identical duplicates"):
        found.refuse_leaks()
    assert found.duplicates().columns.tolist() == list(digits_audit.PAIR_COLUMNS)


def test_a_label_that_all_neighbours_deny_is_told(digits_audit_of):
    rng = np.random.default_rng(1)
    kinds = rng.integers(0, 256, (2, 9, 9))
    labels = np.arange(60, dtype=np.uint8) % 2
    given = np.clip(kinds[labels] + rng.integers(-20, 20, (60, 9, 9)), 0, 255).astype(np.uint8)
    labels[7] = 0
    found = digits_audit_of(given, labels, neighbours=5)
    table = found.doubtful_labels()
    assert table.to_numpy().tolist() == [[7, "train", "0", "1"]]
    assert found.counts()["suspicious_labels"] == {"train": 1, "test": 0}
    for figure in (found.draw(), found.draw_duplicates()):
        assert figure.axes
    with pytest.raises(InputError, match=r"audit\.digits\.neighbours: 60 is too many for 60 digits"):
        digits_audit_of(given, labels, neighbours=60)


def test_masks_are_audited_from_their_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    photos = [photo("train", f"p{i}", ["good"], [(0, 0, 10, 10 + i)]) for i in range(3)]
    photos.append(photo("test", "q", ["bad", "good"], [(0, 0, 10, 10), (20, 20, 40, 40)]))
    audit = masks_audit.Audit(
        photos, [Pair(0, 3, 12, "near")], pd.DataFrame(columns=masks_audit.LABEL_COLUMNS), 1, 28, 10**6
    )
    assert audit.leaked() == ["q"] and audit.left_out() == ["p0"]
    counts = audit.counts()
    assert counts["leaked_test_faces"] == {"all": 2, "bad": 1, "good": 1}
    assert (
        counts["classes"]["train"]["good"]["smallest_side"] == 10 and counts["classes"]["train"]["good"]["photos"] == 3
    )
    assert "the test set shares 1 photos with training: 2 faces (bad 1, good 1)" in audit.summary()
    assert audit.draw().axes
    with pytest.raises(InputError, match="training photo 'p0' and test photo 'q' are near duplicates"):
        audit.refuse_leaks()
