"""Reading the raw digits, bringing them to one form, splitting them."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import datasets

from stages.digits.dataset import Digits, as_inputs, load_digits, save_digits
from stages.digits.prepare import prepare_digits, split_indices
from stages.errors import InputError


def write_raw(path: Path, count: int = 40, side: int = 28, **arrays) -> None:
    rng = np.random.default_rng(count)
    image = rng.integers(0, 256, (count, side, side)).astype(np.uint8)
    np.savez(path, **{"image": image, "label": np.arange(count) % 10} | arrays)


@pytest.fixture
def some_digits() -> Digits:
    rng = np.random.default_rng(0)
    return Digits(
        rng.integers(0, 256, (6, 28, 28)).astype(np.uint8),
        np.arange(6, dtype=np.uint8),
        rng.integers(0, 256, (3, 28, 28)).astype(np.uint8),
        np.arange(3, dtype=np.uint8),
    )


def test_digits_come_back_as_they_were_written(some_digits, tmp_path):
    save_digits(some_digits, tmp_path / "digits.npz")
    read = load_digits(tmp_path / "digits.npz")
    for name, array in vars(some_digits).items():
        assert (getattr(read, name) == array).all()
        assert getattr(read, name).dtype == np.uint8


def test_the_same_digits_are_the_same_bytes(some_digits, tmp_path):
    save_digits(some_digits, tmp_path / "a.npz")
    save_digits(some_digits, tmp_path / "b" / "other.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b" / "other.npz").read_bytes()


def test_inputs_are_rows_between_zero_and_one():
    inputs = as_inputs(np.array([[[0, 255], [51, 102]]], np.uint8))
    np.testing.assert_allclose(inputs, [[0, 1, 0.2, 0.4]], rtol=1e-6)
    assert inputs.dtype == np.float32


def broken_files(folder: Path) -> dict[str, Path]:
    """Files that are no .npz of digits, each in its own way."""
    good = folder / "good.npz"
    write_raw(good)
    content = good.read_bytes()
    with (folder / "array.npy").open("wb") as file:
        np.save(file, np.zeros(3))
    np.savez_compressed(folder / "packed.npz", image=np.arange(9999) % 7, label=np.zeros(3))
    packed = bytearray((folder / "packed.npz").read_bytes())
    packed[50:90] = b"\xff" * 40
    contents = {
        "empty": b"",
        "garbage": b"garbage" * 99,
        "cut off": content[: len(content) // 2],
        "one array": (folder / "array.npy").read_bytes(),
        "corrupt": bytes(packed),
        "zip start": b"PK\x03\x04zip" * 9,
    }
    for name, each in contents.items():
        (folder / f"{name}.npz").write_bytes(each)
    (folder / "folder.npz").mkdir()
    np.savez(folder / "objects.npz", image=np.array([None]), label=np.array([{}]))
    return {name: folder / f"{name}.npz" for name in [*contents, "folder", "objects", "missing"]}


def test_unreadable_files_are_named_in_one_line(tmp_path):
    for path in broken_files(tmp_path).values():
        with pytest.raises(InputError, match=re.escape(path.name)) as caught:
            load_digits(path)
        assert "\n" not in str(caught.value)
        raw = path.with_name(f"raw {path.stem}")
        raw.mkdir()
        if path.exists():
            path.rename(raw / "digits.npz")
        with pytest.raises(InputError, match=re.escape(str(raw))) as caught:
            prepare_digits(raw, "local", 0.2, 0)
        assert "\n" not in str(caught.value)


def test_the_sample_is_scikit_learns_digits_enlarged(tmp_path):
    bunch = datasets.load_digits()
    np.savez(tmp_path / "digits.npz", image=bunch.images.astype(np.uint8), label=bunch.target)
    digits = prepare_digits(tmp_path, "sample", 0.25, 0)
    assert digits.x_train.shape == (1348, 28, 28)
    assert digits.x_test.shape == (449, 28, 28)
    assert digits.x_train.dtype == digits.y_train.dtype == np.uint8
    assert digits.x_train.max() == 255
    assert digits.x_train.min() == 0
    _, test = split_indices(bunch.target, 0.25, 0)
    assert (digits.y_test == bunch.target[test]).all()
    # Each enlarged image is nearest to its own original, once brought back to 8 x 8 by averages.
    back = np.stack([_averages(image) for image in digits.x_test[:20]])
    originals = bunch.images[test] * (255 / 16)
    distances = ((back[:, None] - originals[None]) ** 2).sum(axis=(2, 3))
    assert distances.argmin(axis=1).tolist() == list(range(20))


def _averages(image: np.ndarray) -> np.ndarray:
    fine = image.astype(float).repeat(2, axis=0).repeat(2, axis=1)  # 56 is 8 times 7
    return fine.reshape(8, 7, 8, 7).mean(axis=(1, 3))


def test_a_given_split_is_kept_whatever_the_parameters_say(tmp_path):
    write_raw(tmp_path / "train.npz", 30)
    write_raw(tmp_path / "test.npz", 20)
    digits = prepare_digits(tmp_path, "local", 0.9, 5)
    assert (len(digits.x_train), len(digits.x_test)) == (30, 20)
    assert (digits.x_test == np.load(tmp_path / "test.npz")["image"]).all()


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"image": np.zeros((40, 28, 27), np.uint8)}, r"image must be uint8 of shape \(N, 28, 28\)"),
        ({"image": np.zeros((40, 28, 28))}, "not float64"),
        ({"image": np.uint8(3)}, "image must be"),
        ({"label": np.zeros(39, int)}, "one whole number for each of the 40 images"),
        ({"label": np.zeros(40)}, "not float64"),
        ({"label": np.full(40, 10)}, "label 10 at index 0; labels must be 0 to 9"),
        ({"label": np.array([0] * 39 + [-1])}, "label -1 at index 39"),
        ({"image": np.zeros((0, 28, 28), np.uint8), "label": np.zeros(0, int)}, "no image"),
    ],
)
def test_wrong_arrays_are_told_apart(arrays, words, tmp_path):
    write_raw(tmp_path / "digits.npz", **arrays)
    with pytest.raises(InputError, match=words):
        prepare_digits(tmp_path, "local", 0.2, 0)


def test_a_missing_array_is_named_with_those_that_are_there(tmp_path):
    np.savez(tmp_path / "digits.npz", image=np.zeros((1, 28, 28), np.uint8), labels=np.zeros(1))
    with pytest.raises(InputError, match=r"lacks the array label; found: image, labels\)"):
        prepare_digits(tmp_path, "local", 0.2, 0)


@given(
    counts=st.lists(st.integers(1, 30), min_size=2, max_size=10),
    share=st.floats(0.05, 0.95),
    seed=st.integers(0, 99),
)
def test_splits_are_exact_disjoint_and_stratified(counts, share, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    wanted = round(len(labels) * share)
    if not 0 < wanted < len(labels):
        return
    train, test = split_indices(labels, share, seed)
    assert sorted([*train, *test]) == list(range(len(labels)))
    assert (np.diff(train) > 0).all()
    assert (np.diff(test) > 0).all()
    assert len(test) == wanted
    got = np.bincount(labels[test], minlength=len(counts))
    assert (np.abs(got - np.array(counts) * wanted / len(labels)) < 1).all()
    assert (split_indices(labels, wanted, seed)[1] == test).all()


def test_the_seed_draws_the_split():
    labels = np.repeat(np.arange(10), 20)
    assert (split_indices(labels, 0.3, 1)[1] == split_indices(labels, 0.3, 1)[1]).all()
    assert (split_indices(labels, 0.3, 1)[1] != split_indices(labels, 0.3, 2)[1]).any()


@pytest.mark.parametrize("test_size", [50, 51, 0.999, 0.001])
def test_a_split_without_training_or_test_images_is_refused(test_size):
    with pytest.raises(InputError, match=r"^digits\.test_size"):
        split_indices(np.arange(50) % 10, test_size, 0)


def test_the_real_digits_split_as_the_course_did(shared_data, tmp_path):
    raw = np.load(shared_data / "tibetan_mnist" / "TibetanMNIST.npz")
    np.savez(tmp_path / "digits.npz", image=raw["image"], label=raw["label"])
    for test_size in (0.32463, 5768):
        digits = prepare_digits(tmp_path, "local", test_size, 0)
        assert (len(digits.x_train), len(digits.x_test)) == (12_000, 5_768)
    whole = np.bincount(raw["label"]) / len(raw["label"])
    np.testing.assert_allclose(np.bincount(digits.y_test) / 5768, whole, atol=2e-4)
