"""The data as a network sees them, the lists of the audit, and the predictions."""

from pathlib import Path

import numpy as np
import pytest

from stages.runtime.errors import InputError
from stages.storage.dataset import Dataset, Form, Samples, read_card, write_card
from stages.storage.leaks import LEFT_OUT, read_groups, write_groups
from stages.storage.predictions import Predictions, load_predictions, save_predictions


def samples(count: int, start: int = 0) -> Samples:
    numbers = np.arange(start, start + count)
    images = np.broadcast_to(numbers[:, None, None], (count, 4, 4)).astype(np.uint8)
    return Samples(images, numbers % 3, numbers.astype(str), numbers.astype(str))


def dataset() -> Dataset:
    return Dataset(samples(10), samples(4, 10), np.arange(10) % 5 == 0, Form((4, 4), ("a", "b", "c")))


def test_left_out_samples_are_gone_from_training_and_validation_alone():
    left = dataset().without(frozenset({"0", "3", "11"}))
    assert left.train.names.tolist() == ["1", "2", "4", "5", "6", "7", "8", "9"]
    assert left.validation.tolist() == [name == "5" for name in left.train.names]
    assert len(left.test) == 4


def test_for_validation_the_test_samples_are_out_of_sight():
    held = dataset().for_validation()
    assert held.test.names.tolist() == ["0", "5"]
    assert set(held.train.names) == set("12346789")
    assert (held.test.images[:, 0, 0] == [0, 5]).all()


def test_the_card_changes_with_any_byte_of_the_data(tmp_path: Path):
    parts = {"train": (2, b"ab"), "test": (1, b"c")}
    write_card(tmp_path, "sample", ("x", "y"), parts, large_margin=0.25)
    first = read_card(tmp_path)
    write_card(tmp_path, "sample", ("x", "y"), parts | {"test": (1, b"d")}, large_margin=0.25)
    second = read_card(tmp_path)
    assert first["train"] == second["train"] and first["test"]["sha256"] != second["test"]["sha256"]
    assert second["classes"] == ["x", "y"] and second["large_margin"] == 0.25


def test_the_lists_of_an_audit_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    write_groups(tmp_path / "data/audit/masks", LEFT_OUT, ["01", "a.jpg", 3])
    assert read_groups("masks", LEFT_OUT) == {"01", "a.jpg", "3"}
    write_groups(tmp_path / "data/audit/masks", LEFT_OUT, [])
    assert read_groups("masks", LEFT_OUT) == frozenset()
    with pytest.raises(InputError, match=r"left_out\.csv: .*run `dvc repro audit@digits`"):
        read_groups("digits", LEFT_OUT)


def predictions() -> Predictions:
    rng = np.random.default_rng(0)
    sizes = {"train": 5, "test": 3, "validation": 2}
    return Predictions(
        np.array(["a", "b"]),
        np.array([0, 7]),
        {
            part: rng.normal(size=(1 if part == "validation" else 2, n, 2)).astype(np.float32)
            for part, n in sizes.items()
        },
        {part: rng.integers(0, 2, n) for part, n in sizes.items()},
        {part: np.array([f"g{i}" for i in range(n)]) for part, n in sizes.items()},
        np.array(["x", "y", "z"]),
        {"epoch 1": np.zeros((3, 2), np.float32), "epoch 20": np.ones((3, 2), np.float32)},
        np.array(["node 1", "node 2"]),
    )


def test_predictions_read_back_as_they_were(tmp_path: Path):
    given = predictions()
    save_predictions(tmp_path / "p.npz", given)
    found = load_predictions(tmp_path / "p.npz")
    for part in ("train", "test", "validation"):
        np.testing.assert_array_equal(found.logits[part], given.logits[part])
        np.testing.assert_array_equal(found.labels[part], given.labels[part])
        np.testing.assert_array_equal(found.groups[part], given.groups[part])
    assert list(found.latent) == ["epoch 1", "epoch 20"]
    np.testing.assert_array_equal(found.predicted("test"), given.logits["test"].argmax(axis=2))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e31])
def test_logits_of_which_no_figure_could_be_made_are_refused(tmp_path: Path, value: float):
    given = predictions()
    given.logits["test"][1, 2, 0] = value
    with pytest.raises(InputError, match="infinite or absurd outputs on test samples; lower lr"):
        save_predictions(tmp_path / "p.npz", given)
    assert not (tmp_path / "p.npz").exists()


def test_another_archive_is_no_predictions(tmp_path: Path):
    np.savez(tmp_path / "p.npz", classes=np.array(["a"]))
    with pytest.raises(InputError, match=r"p\.npz: no predictions of this project"):
        load_predictions(tmp_path / "p.npz")
