"""Digits of all sources, as they come."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from stages.config.data import Digits
from stages.runtime.errors import InputError
from stages.sources.digits import obtain_digits
from stages.storage.arrays import read_arrays

IMAGES = np.arange(4 * 28 * 28, dtype=np.uint8).reshape(4, 28, 28)
LABELS = np.array([3, 1, 3, 0], np.uint8)


def digits(source: str, path: Path) -> Digits:
    return Digits(source=source, path=str(path), test_size=0.5, seed=0)


def obtain(path: Path, target: Path) -> dict[str, dict[str, np.ndarray]]:
    obtain_digits(digits("local", path), None, target)
    return {file.name: read_arrays(file) for file in target.iterdir()}


def test_the_sample_is_scikit_learns_digits(tmp_path: Path):
    assert obtain_digits(digits("sample", tmp_path), None, tmp_path / "raw") == "sample: 1,797 in digits.npz"
    arrays = read_arrays(tmp_path / "raw/digits.npz")
    assert arrays["image"].shape == (1797, 8, 8) and arrays["image"].max() == 16


def test_an_archive_without_a_split(tmp_path: Path):
    np.savez(tmp_path / "mine.npz", image=IMAGES, label=LABELS)
    for path in (tmp_path / "mine.npz", tmp_path):
        found = obtain(path, tmp_path / "out" / "raw")
        np.testing.assert_array_equal(found["digits.npz"]["image"], IMAGES)


def test_two_archives_or_one_of_keras_bring_their_split(tmp_path: Path):
    for name, part in (("train", slice(0, 3)), ("test", slice(3, 4))):
        (tmp_path / "two").mkdir(exist_ok=True)
        np.savez(tmp_path / "two" / f"{name}.npz", image=IMAGES[part], label=LABELS[part])
    arrays = {"x_train": IMAGES[:3], "y_train": LABELS[:3], "x_test": IMAGES[3:], "y_test": LABELS[3:]}
    np.savez(tmp_path / "keras.npz", **arrays)
    for path in (tmp_path / "two", tmp_path / "keras.npz"):
        found = obtain(path, tmp_path / "raw")
        assert set(found) == {"train.npz", "test.npz"} and len(found["train.npz"]["label"]) == 3


@pytest.mark.parametrize("split", [False, True])
def test_folders_of_pictures(tmp_path: Path, split: bool):
    for part in ("train", "test") if split else (".",):
        for label, image in zip(LABELS, IMAGES, strict=True):
            folder = tmp_path / "mine" / part / str(label)
            folder.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(folder / f"{image[0, 0]}.png"), image)
    found = obtain(tmp_path / "mine", tmp_path / "raw")
    for arrays in found.values():
        assert sorted(arrays["label"]) == sorted(LABELS) and arrays["image"].shape == (4, 28, 28)
    assert set(found) == ({"train.npz", "test.npz"} if split else {"digits.npz"})


def test_what_is_not_as_needed_is_one_line(tmp_path: Path):
    def refused(path: Path) -> str:
        with pytest.raises(InputError, match=r"^") as error:
            obtain(path, tmp_path / "raw")
        return str(error.value)

    assert "digits.path" in refused(tmp_path / "none") and "no such file or folder" in refused(tmp_path / "none")
    folder = tmp_path / "mine"
    folder.mkdir()
    assert "it holds no .npz file and no folder" in refused(folder)
    (folder / "eleven").mkdir()
    assert "must be called 0 to 9" in refused(folder)
    (folder / "eleven").rename(folder / "1")
    assert "holds no picture" in refused(folder)
    (folder / "1" / "a.png").write_bytes(b"no picture")
    assert "a.png: no readable picture" in refused(folder)
    cv2.imwrite(str(folder / "1" / "a.png"), IMAGES[0, :20])
    assert "a.png: 28 x 20 pixels; needed: a picture of 28 x 28" in refused(folder)
    np.savez(folder / "a.npz", images=IMAGES)
    assert "a.npz: lacks the array image" in refused(folder)
    np.savez(folder / "b.npz", images=IMAGES)
    assert "it holds a.npz, b.npz" in refused(folder)
    assert not (tmp_path / "raw").exists()
