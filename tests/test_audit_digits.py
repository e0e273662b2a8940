"""The audit of the digits, on planted copies, wrong labels and unrelated images."""

import csv
import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML
from sklearn.neighbors import NearestNeighbors

from stages import audit
from stages.auditing import digit_pairs
from stages.auditing.digit_audit import audit_digits, denied_labels
from stages.auditing.digit_pairs import compare_all, distances, normalise
from stages.auditing.pairs import IDENTICAL, NEAR
from stages.digits.dataset import Digits, load_digits, save_digits, without
from stages.errors import InputError
from stages.leaks import read_names
from stages.params_data import DigitsAudit as Settings
from tests.test_crop import contents

PROJECT = Path(__file__).parents[1]
SETTINGS = Settings(duplicates="report", max_distance=0.14, neighbours=3)


def images(count: int, seed: int = 0) -> np.ndarray:
    """Unrelated pictures, uint8 (count, 28, 28)."""
    return np.random.default_rng(seed).integers(20, 236, (count, 28, 28), dtype=np.uint8)


def grainy(image: np.ndarray, amount: int) -> np.ndarray:
    noise = np.random.default_rng(amount).integers(-amount, amount + 1, image.shape)
    return np.clip(image.astype(int) + noise, 0, 255).astype(np.uint8)


def test_the_distance_is_that_of_the_correlation():
    first, second = images(20), images(20, seed=1)
    second[:5] = [grainy(image, 4) for image in first[:5]]
    r = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(first, second, strict=True)]
    assert np.allclose(distances(first, second), np.sqrt(2 - 2 * np.array(r)), atol=1e-12)
    assert np.allclose(distances(first, 255 - first), 2)
    assert np.allclose(distances(first, first // 4 * 2 + 7), distances(first, first // 4)), "no matter how bright"


def test_an_image_of_one_gray_is_like_itself_alone():
    gray = np.full((2, 28, 28), 7, np.uint8)
    assert not normalise(gray).any()
    pairs, _ = compare_all(np.concatenate([gray, images(3)]), 0.5, 1)
    assert [(pair.first, pair.second, pair.kind) for pair in pairs] == [(0, 1, IDENTICAL)]


@pytest.mark.parametrize("chunk", [3, 40, 1000])
def test_pairs_and_neighbours_are_those_of_every_distance(chunk, monkeypatch):
    monkeypatch.setattr(digit_pairs, "CHUNK", chunk)
    given = images(40)
    given[30:] = [grainy(image, 3 + 4 * i) for i, image in enumerate(given[:10])]
    given[7] = given[21]
    pairs, nearest = compare_all(given, 0.14, 4)
    # The reference measures every pair one by one.
    i, j = np.triu_indices(40, 1)
    apart = distances(given[i], given[j])
    close = {(int(a), int(b)) for a, b, d in zip(i, j, apart, strict=True) if d <= 0.14}
    assert {(pair.first, pair.second) for pair in pairs} == close
    assert 2 < len(close) < 11, "some copies are too grainy to be near"
    assert [pair for pair in pairs if pair.kind == IDENTICAL] == pairs[:1]
    assert (pairs[0].first, pairs[0].second) == (7, 21)
    near = [pair.distance for pair in pairs[1:]]
    assert near == sorted(near)
    assert near[0] > 0
    rows = normalise(given, np.float64)
    theirs = NearestNeighbors(n_neighbors=5).fit(rows).kneighbors(rows, return_distance=False)
    for place, found in enumerate(nearest):
        assert place not in found
        assert len(set(found)) == 4
        expected = [other for other in theirs[place] if other != place][:4]  # of two alike, either is right
        apart = [np.sort(distances(given[others], given[[place] * 4])) for others in (found, expected)]
        assert np.allclose(*apart, atol=1e-6)


def test_a_pair_just_at_the_distance_is_found_in_spite_of_rounding():
    given = images(40)
    given[20:] = [grainy(image, 2 + 2 * i) for i, image in enumerate(given[:20])]
    apart = distances(given[:20], given[20:])
    assert apart[0] < 0.05
    for i in np.flatnonzero(apart < 0.5):
        pairs, _ = compare_all(given, apart[i], 1)
        assert (i, i + 20) in {(pair.first, pair.second) for pair in pairs}
        pairs, _ = compare_all(given, apart[i] - 1e-9, 1)
        assert (i, i + 20) not in {(pair.first, pair.second) for pair in pairs}


def test_a_label_is_denied_by_all_neighbours_or_not_at_all():
    labels = np.array([1, 1, 2, 2, 3])
    nearest = np.array([[1, 2], [2, 3], [0, 1], [2, 4], [0, 2]])
    #   0: says 1, 2     1: 2, 2      2: 1, 1    3: 2, 3    4: 1, 2
    assert denied_labels(labels, nearest).tolist() == [-1, 2, 1, -1, -1]
    assert denied_labels(np.array([1, 1]), np.array([[1], [0]])).tolist() == [-1, -1]


def planted() -> Digits:
    """Twelve training and six test digits of class 0 and 1.

    Test 0 is training digit 1; test 1 is nearly training digit 2, under another label; training digits 10 and 11
    are alike. Training digit 9 lies amid three of the other class.
    """
    train, test = images(12), images(6, seed=1)
    y_train, y_test = np.arange(12) % 2, np.arange(6) % 2
    test[0], y_test[0] = train[1], y_train[1]
    test[1], y_test[1] = grainy(train[2], 5), 1 - y_train[2]
    train[11], y_train[11] = train[10], y_train[10]
    for i, place in enumerate((3, 5, 7)):
        train[place] = grainy(train[9], 30 + i)
    y_train[9] = 0
    return Digits(train, y_train.astype(np.uint8), test, y_test.astype(np.uint8))


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with the planted digits; returns a function that sets parameters."""
    monkeypatch.chdir(tmp_path)
    save_digits(planted())

    def settings(**digits) -> None:
        yaml = YAML()
        params = yaml.load((PROJECT / "params.yaml").read_text(encoding="utf-8"))
        params["audit"]["digits"] |= SETTINGS.model_dump() | digits
        with (tmp_path / "params.yaml").open("w", encoding="utf-8") as file:
            yaml.dump(params, file)

    settings()
    return settings


def run() -> tuple[dict, list[dict], list[dict]]:
    """Audit; return audit.json and the rows of both tables."""
    audit.main(Namespace(data="digits"))
    tables = []
    for name in ("duplicates", "suspicious_labels"):
        with Path(f"metrics/digits/{name}.csv").open(encoding="utf-8", newline="") as file:
            tables.append(list(csv.DictReader(file)))
    return json.loads(Path("metrics/digits/audit.json").read_text(encoding="utf-8")), *tables


def lists() -> tuple[frozenset[str], frozenset[str]]:
    return read_names(Path("data/digits_audit/left_out.csv")), read_names(Path("data/digits_audit/leaked.csv"))


def test_planted_copies_and_labels_are_reported(workplace):
    counts, pairs, suspects = run()
    found = [tuple(p[key] for key in ("digit", "split", "other", "other_split", "kind")) for p in pairs]
    assert found == [
        ("1", "train", "0", "test", IDENTICAL),
        ("10", "train", "11", "train", IDENTICAL),
        ("2", "train", "1", "test", NEAR),
    ]
    assert [p["label"] == p["other_label"] for p in pairs] == [True, True, False]
    assert counts["duplicate_pairs"] == {
        "identical": {"train": 1, "test": 0, "across": 1},
        "near": {"train": 0, "test": 0, "across": 1},
    }
    assert counts["leak"] == {"train_digits": 2, "test_digits": {"all": 2, "of_1": 2}}
    assert counts["labels"]["conflicting_pairs"] == counts["labels"]["conflicting_pairs_across"] == 1
    assert {"digit": "9", "split": "train", "label": "0", "neighbours": "1"} in suspects
    assert sum(counts["labels"]["suspicious"].values()) == len(suspects)
    assert lists() == (frozenset(), {"0", "1"})


def test_drop_leaves_the_training_copies_out(workplace):
    workplace(duplicates="drop")
    counts, _, _ = run()
    assert counts["left_out"] == {"digits": 2}
    assert lists() == ({"1", "2"}, {"0", "1"})
    whole, less = planted(), without(load_digits(), lists()[0])
    kept = [0, *range(3, 12)]
    assert np.array_equal(less.x_train, whole.x_train[kept])
    assert np.array_equal(less.y_train, whole.y_train[kept])
    assert np.array_equal(less.x_test, whole.x_test)


def test_stop_names_the_first_pair(workplace):
    workplace(duplicates="stop")
    command = [sys.executable, "-m", "stages.audit", "digits"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env={"PYTHONPATH": str(PROJECT)})
    assert done.returncode == 1
    assert done.stderr == (
        "error: training digit 1 and test digit 0 are identical duplicates (distance 0.000); and 1 more pairs; "
        "take one side out of the data, or set audit.digits.duplicates: drop "
        "(metrics/digits/duplicates.csv lists all)\n"
    )
    assert not Path("data/digits_audit").exists()


def test_two_runs_give_the_same_bytes(workplace):
    run()
    before = contents(Path("metrics")) | contents(Path("data"))
    run()
    assert contents(Path("metrics")) | contents(Path("data")) == before
    assert before["digits/audit.png"].startswith(b"\x89PNG")


def test_nothing_found_is_drawn_too(workplace):
    save_digits(Digits(images(8), np.zeros(8, np.uint8), images(4, 1), np.zeros(4, np.uint8)))
    _, pairs, suspects = run()
    assert pairs == suspects == []
    assert Path("metrics/digits/audit.png").exists()


def test_too_many_neighbours_and_unknown_numbers_are_refused():
    digits = planted()
    with pytest.raises(InputError, match=r"^audit\.digits\.neighbours: 18 is too many for 18 digits$"):
        audit_digits(digits, SETTINGS.model_copy(update={"neighbours": 18}))
    for number in ("12", "-1", "x", ""):
        with pytest.raises(InputError, match=f"no training digit '{number}'"):
            without(digits, [number])
