"""Archives of arrays: what is read comes back, and what is wrong is one line that costs no memory."""

import os
import tracemalloc

import numpy as np
import pytest

from stages import arrays
from stages.arrays import read_arrays
from stages.digits.prepare import prepare_digits
from stages.errors import InputError
from stages.params_data import Digits, Download
from stages.sources.gather_digits import gather_digits
from tests.bad_archives import BAD, archive, array, bomb, header, npy, with_header, with_image

NAMES = ("image", "label")
IMAGES = np.arange(3 * 28 * 28).reshape(3, 28, 28)


def refusal(path, names=NAMES):
    with pytest.raises(InputError) as caught:
        read_arrays(path, names, "do this")
    assert str(caught.value).startswith(f"{path}: ") and str(caught.value).endswith("; do this")
    assert str(caught.value).isprintable() and len(str(caught.value)) < len(str(path)) + 250
    return str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        IMAGES.astype(np.uint8),
        np.asfortranarray(IMAGES.astype(np.uint8)),
        IMAGES.astype(">i8"),
        IMAGES.astype("<f2") / 7,
        np.array(["bad", "нет", ""]),
        np.array([b"", b"x"]),
        np.array([True, False]),
        np.uint8(3),
        np.zeros((0, 28, 28), np.uint8),
    ],
    ids=str,
)
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_saves_comes_back(tmp_path, values, save):
    save(tmp_path / "a.npz", image=values, other=np.array([1]))
    found = read_arrays(tmp_path / "a.npz", ["image"])["image"]
    assert found.dtype == values.dtype and found.shape == values.shape and (found == values).all()


def test_headers_of_the_second_version_and_of_python_2_are_read(tmp_path):
    (tmp_path / "a.npz").write_bytes(with_header(header(), version=(2, 0)))
    assert read_arrays(tmp_path / "a.npz", NAMES)["image"].shape == (3, 28, 28)
    (tmp_path / "a.npz").write_bytes(with_header(header(shape="(3L, 28L, 28L)")))
    assert read_arrays(tmp_path / "a.npz", NAMES)["image"].shape == (3, 28, 28)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_archive_is_one_line(tmp_path, name):
    path = tmp_path / "bad.npz"
    path.write_bytes(BAD[name]())
    tracemalloc.start()
    refusal(path)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("name", [*BAD, "bomb"])
def test_a_bad_archive_of_digits_is_one_line_in_both_stages(tmp_path, monkeypatch, name):
    monkeypatch.setattr(arrays, "LARGEST", 1_000_000)
    content = bomb(2_000_000) if name == "bomb" else BAD[name]()
    mine, raw = tmp_path / "mine", tmp_path / "raw"
    mine.mkdir()
    np.savez(mine / "train.npz", image=IMAGES.astype(np.uint8), label=np.zeros(3, np.uint8))
    (mine / "test.npz").write_bytes(content)
    settings = Download(mirror=None, connections=1, attempts=1, timeout=1.0)
    for path in (mine, mine / "test.npz"):
        digits = Digits(source="local", path=str(path), test_size=0.25, seed=0)
        with pytest.raises(InputError, match=r"test\.npz: .*numpy.savez") as caught:
            gather_digits(digits, settings, raw)
        assert str(caught.value).isprintable() and not raw.exists() and not list(tmp_path.glob(".*.partial"))
    with pytest.raises(InputError, match=r"test\.npz: .*dvc repro download_digits"):
        prepare_digits(mine, "local", 0.25, 0)


def test_a_bomb_is_refused_by_what_it_claims_and_by_what_it_unpacks_to(tmp_path, monkeypatch):
    path = tmp_path / "bomb.npz"
    path.write_bytes(bomb(50_000_000))
    assert path.stat().st_size < 200_000
    assert read_arrays(path, NAMES)["image"].nbytes == 50_000_000 // 784 * 784
    monkeypatch.setattr(arrays, "LARGEST", 10_000_000)
    tracemalloc.start()
    assert "image.npy would take 49,999,600 bytes" in refusal(path)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    hidden = with_image(npy(header(shape="(3, 28, 28)"), bytes(50_000_000)))
    path.write_bytes(hidden)
    assert "bytes, but shape (3, 28, 28) of uint8" in refusal(path)


def test_arrays_that_are_too_much_together_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, image=np.zeros(600), label=np.zeros(600), more=np.zeros(600))
    monkeypatch.setattr(arrays, "LARGEST", 9600)
    assert list(read_arrays(path, NAMES)) == list(NAMES)
    assert "more.npy would take 4,800 bytes, and 0 are left of 9,600" in refusal(path, [*NAMES, "more"])
    monkeypatch.setattr(arrays, "LARGEST", 300)
    assert "longer than 300 bytes" in refusal(path)


def test_what_is_no_file_is_one_line(tmp_path):
    assert "no such file" in refusal(tmp_path / "nowhere.npz")
    assert "no regular file" in refusal(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.npz")
        assert "no regular file" in refusal(tmp_path / "pipe.npz")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_archive_that_is_cut_at_a_tenth_is_refused(tmp_path, save):
    path, rng = tmp_path / "a.npz", np.random.default_rng(0)
    values = {"image": rng.integers(0, 255, (3, 28, 28)).astype(np.uint8), "label": np.arange(3)}
    save(path, **values)
    whole = path.read_bytes()
    for tenth in range(10):
        path.write_bytes(whole[: len(whole) * tenth // 10])
        refusal(path)


@pytest.mark.parametrize(
    ("image", "label", "words"),
    [
        (IMAGES.astype(">u2"), np.zeros(3, int), "image must be uint8"),
        (IMAGES / np.nan, np.zeros(3, int), "image must be uint8"),
        (IMAGES.astype(np.int8), np.zeros(3, int), "image must be uint8"),
        (IMAGES.astype(np.uint8), np.array([1, np.nan, 2]), "one whole number for each of the 3 images, not float64"),
        (IMAGES.astype(np.uint8), np.array(["1", "2", "3"]), "one whole number for each of the 3 images"),
        (IMAGES.astype(np.uint8), np.array([True] * 3), "one whole number for each of the 3 images"),
        (IMAGES.astype(np.uint8), np.array([0, 2**64 - 1, 1], np.uint64), "label 18446744073709551615 at index 1"),
    ],
)
def test_digits_of_another_kind_are_named(tmp_path, image, label, words):
    np.savez(tmp_path / "digits.npz", image=image, label=label)
    with pytest.raises(InputError, match=words):
        prepare_digits(tmp_path, "local", 0.3, 0)


def test_the_other_byte_order_and_fortran_order_are_the_same_digits(tmp_path):
    images, labels = IMAGES.astype(np.uint8).repeat(4, axis=0), np.arange(12) % 10
    np.savez(tmp_path / "digits.npz", image=images, label=labels)
    usual = prepare_digits(tmp_path, "local", 0.5, 0)
    (tmp_path / "digits.npz").write_bytes(
        archive(("image.npy", array(np.asfortranarray(images))), ("label.npy", array(labels.astype(">i8"))))
    )
    odd = prepare_digits(tmp_path, "local", 0.5, 0)
    for name, values in vars(usual).items():
        assert (vars(odd)[name] == values).all() and vars(odd)[name].dtype == np.uint8
