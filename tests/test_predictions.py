"""The file between a network and its judges."""

import numpy as np
import pytest

from stages.errors import InputError
from stages.predictions import SPLITS, Predictions, load_predictions, predictions_path, save_predictions


def some_predictions(seed: int = 0) -> Predictions:
    rng = np.random.default_rng(seed)
    sizes = {"train": 7, "test": 4}
    return Predictions(
        np.array(["bad", "good", "нет"]),
        np.array([0, 5]),
        {split: rng.normal(size=(2, n, 3)).astype(np.float32) for split, n in sizes.items()},
        {split: rng.integers(0, 3, n) for split, n in sizes.items()},
        {split: np.array([f"{i} é.jpg" for i in range(n)]) for split, n in sizes.items()},
    )


def test_predictions_come_back_as_they_were_written(tmp_path):
    ours = some_predictions()
    save_predictions(tmp_path / "a" / "plain.npz", ours)
    read = load_predictions(tmp_path / "a" / "plain.npz")
    assert read.classes.tolist() == ours.classes.tolist()
    assert read.seeds.tolist() == [0, 5]
    for part in ("logits", "labels", "groups"):
        for split in SPLITS:
            assert (getattr(read, part)[split] == getattr(ours, part)[split]).all()
            assert getattr(read, part)[split].dtype == getattr(ours, part)[split].dtype


def test_the_same_predictions_are_the_same_bytes(tmp_path):
    for name, seed in (("one", 0), ("two", 0), ("other", 1)):
        save_predictions(tmp_path / name, some_predictions(seed))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() != (tmp_path / "other").read_bytes()


def test_predicted_is_the_most_likely_class_of_each_seed():
    ours = some_predictions()
    assert ours.predicted("test").shape == (2, 4)
    assert ours.predicted("test")[1, 2] == ours.logits["test"][1, 2].argmax()


def test_where_they_lie():
    assert predictions_path("cnn", "plain").as_posix() == "models/cnn/plain.predictions.npz"


def test_broken_files_are_refused_by_name(tmp_path):
    whole, path = tmp_path / "whole.npz", tmp_path / "broken.npz"
    save_predictions(whole, some_predictions())
    content = whole.read_bytes()
    flipped = bytearray(content)
    flipped[len(content) // 3] ^= 255
    with (tmp_path / "array.npy").open("wb") as file:
        np.save(file, np.zeros(3))
    foreign = tmp_path / "foreign.npz"
    np.savez(foreign, image=np.zeros(3))
    others = [bytes(flipped), (tmp_path / "array.npy").read_bytes(), foreign.read_bytes(), b"garbage" * 50]
    for each in [content[:0], content[:30], content[: len(content) // 2], content[:-1], *others]:
        path.write_bytes(each)
        with pytest.raises(InputError, match=r"broken\.npz: not readable as an \.npz .*; run `dvc repro`") as caught:
            load_predictions(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=r"gone\.npz"):
        load_predictions(tmp_path / "gone.npz")
