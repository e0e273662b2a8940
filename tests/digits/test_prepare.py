"""Digits: brought to one form and split; what is wrong or odd about them is said."""

from pathlib import Path

import numpy as np
import pytest

from stages.config.data import Digits
from stages.config.params import Validation
from stages.digits.dataset import load_dataset
from stages.digits.prepare import prepare_digits
from stages.runtime.errors import InputError
from stages.storage.arrays import write_arrays
from stages.storage.dataset import read_card


def digits(**changes: object) -> Digits:
    return Digits(**({"source": "local", "path": "x", "test_size": 0.25, "seed": 0} | changes))


def raw(folder: Path, name: str = "digits", count: int = 200, **arrays: np.ndarray) -> Path:
    rng = np.random.default_rng(0)
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 8:20, 8:20] = rng.integers(0, 256, (count, 12, 12))
    write_arrays(folder / f"{name}.npz", {"image": images, "label": (np.arange(count) % 10).astype(np.uint8)} | arrays)
    return folder


def prepare(tmp_path: Path, settings: Digits | None = None, validation: Validation | None = None) -> str:
    validation = validation or Validation(share=0.2, seed=0)
    return prepare_digits(tmp_path / "raw", tmp_path / "out", settings or digits(), validation)


def refused(tmp_path: Path, *arguments: object) -> str:
    with pytest.raises(InputError, match=r"^") as error:
        prepare(tmp_path, *arguments)
    assert not (tmp_path / "out").exists()
    return str(error.value)


def test_every_digit_is_on_one_side_every_class_in_proportion_and_the_seed_decides(tmp_path: Path):
    raw(tmp_path / "raw")
    prepare(tmp_path)
    first = load_dataset(folder=tmp_path / "out")
    assert (len(first.train), len(first.test)) == (150, 50)
    assert np.bincount(first.test.labels).tolist() == [5] * 10
    assert np.bincount(first.train.labels[first.validation]).tolist() == [3] * 10
    both = np.concatenate([first.train.images, first.test.images]).reshape(200, -1)
    assert len(np.unique(both, axis=0)) == 200
    prepare(tmp_path, digits(seed=1))
    second = load_dataset(folder=tmp_path / "out")
    assert not np.array_equal(first.test.images, second.test.images)
    prepare(tmp_path, digits(test_size=30))
    assert len(load_dataset(folder=tmp_path / "out").test) == 30


def test_data_with_a_split_keep_it(tmp_path: Path):
    raw(tmp_path / "raw", "train", 100)
    raw(tmp_path / "raw", "test", 40)
    said = prepare(tmp_path)
    assert "train: 100 digits" in said and "test: 40 digits" in said


def test_the_sample_is_enlarged_to_the_full_range(tmp_path: Path):
    from stages.sources.digits import obtain_digits

    settings = digits(source="sample", test_size=0.32463)
    obtain_digits(settings, None, tmp_path / "raw")
    prepare(tmp_path, settings)
    data = load_dataset(folder=tmp_path / "out")
    assert data.train.images.shape[1:] == (28, 28) and data.train.images.max() == 255
    assert (len(data.train), len(data.test)) == (1214, 583)


def test_the_card_names_the_test_samples(tmp_path: Path):
    raw(tmp_path / "raw")
    prepare(tmp_path)
    first = read_card(tmp_path / "out")
    prepare(tmp_path, None, Validation(share=0.2, seed=1))
    second = read_card(tmp_path / "out")
    assert first["test"] == second["test"] and first["train"] != second["train"], "another validation is other training"


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"image": np.zeros((200, 28, 28))}, "image must be uint8 of shape (N, 28, 28), not float64"),
        ({"image": np.zeros((200, 28, 27), np.uint8)}, "image must be uint8 of shape (N, 28, 28)"),
        ({"label": np.zeros(199, np.uint8)}, "label must hold one whole number for each of the 200 images"),
        ({"label": np.zeros(200)}, "label must hold one whole number"),
        ({"label": np.full(200, 10)}, "label 10 at index 0; labels must be 0 to 9"),
        ({"image": np.ones((200, 28, 28), np.uint8)}, "the brightest pixel is 1; pixels must go from 0 to 255"),
        ({"label": np.r_[np.zeros(199, np.uint8), np.uint8(1)]}, "digits.test_size: 0.25: "),
    ],
)
def test_arrays_that_are_not_as_needed_are_one_line(tmp_path: Path, arrays: dict, said: str):
    raw(tmp_path / "raw", **arrays)
    assert said in refused(tmp_path)


def test_a_test_digit_of_a_class_without_training_digits_is_an_error(tmp_path: Path):
    raw(tmp_path / "raw", "train", label=(np.arange(200) % 9).astype(np.uint8))
    raw(tmp_path / "raw", "test")
    assert "20 test digits are of class 9, of which there is no training digit" in refused(tmp_path)


def test_a_part_too_large_is_named(tmp_path: Path):
    raw(tmp_path / "raw")
    assert refused(tmp_path, digits(test_size=200)).startswith("digits.test_size: 200: ")


def test_dark_ink_on_bright_paper_is_said(tmp_path: Path):
    folder = raw(tmp_path / "raw")
    assert "is the ink" not in prepare(tmp_path)
    with np.load(folder / "digits.npz") as arrays:
        raw(folder, image=255 - arrays["image"])
    assert "is the ink dark?" in prepare(tmp_path)
