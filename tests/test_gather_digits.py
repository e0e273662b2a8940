"""Digits from every source, as they arrive in data/raw/digits."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from stages.errors import InputError
from stages.params_data import Digits, Download
from stages.sources import gather_digits as module
from stages.sources.catalogue import TIBETAN_MNIST, Remote
from stages.sources.gather_digits import gather_digits
from tests.stub_server import StubServer

DATA = Path("../shared/data")
IMAGES = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)
LABELS = np.array([3, 4], np.uint8)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PIPELINE_DOWNLOADS", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def gather(target, source="local", path="unused", mirror=None):
    digits = Digits(source=source, path=str(path), test_size=0.25, seed=0)
    return gather_digits(digits, Download(mirror=mirror, connections=1, attempts=1, timeout=5.0), target)


def archive(path, image=IMAGES, label=LABELS):
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(path, image=image, label=label)
    return path


def test_sample_is_that_of_scikit_learn_and_the_same_every_time(tmp_path):
    assert "1797 images" in gather(tmp_path / "one", "sample")
    gather(tmp_path / "two", "sample")
    assert (tmp_path / "one" / "digits.npz").read_bytes() == (tmp_path / "two" / "digits.npz").read_bytes()
    with np.load(tmp_path / "one" / "digits.npz", allow_pickle=False) as arrays:
        image, label = arrays["image"], arrays["label"]
    assert image.dtype == label.dtype == np.uint8 and image.shape == (1797, 8, 8) and image.max() == 16
    np.testing.assert_array_equal(image.reshape(1797, 64), load_digits().data)
    np.testing.assert_array_equal(label, load_digits().target)


def test_local_file_or_folder_is_copied_as_it_is(tmp_path):
    one = archive(tmp_path / "mine" / "my digits.npz")
    for number, path in enumerate((one, one.parent)):
        assert "2 images of" in gather(tmp_path / str(number), path=path)
        assert (tmp_path / str(number) / "digits.npz").read_bytes() == one.read_bytes()
    train = archive(tmp_path / "split" / "train.npz")
    test = archive(tmp_path / "split" / "test.npz", IMAGES[[0, 1, 0]], LABELS[[0, 1, 0]])
    summary = gather(tmp_path / "raw", path=tmp_path / "split")
    assert "2 images of" in summary and "3 images of" in summary
    assert {path.name: path.read_bytes() for path in (tmp_path / "raw").iterdir()} == {
        "train.npz": train.read_bytes(),
        "test.npz": test.read_bytes(),
    }


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "must hold train.npz and test.npz, or one .npz; it holds no .npz file"),
        (["train"], "it holds train.npz"),
        (["a", "b"], "it holds a.npz, b.npz"),
    ],
)
def test_local_folders_that_cannot_be_used(tmp_path, names, message):
    (tmp_path / "mine").mkdir()
    for name in names:
        archive(tmp_path / "mine" / f"{name}.npz")
    with pytest.raises(InputError, match=f"digits.path: .*{message}"):
        gather(tmp_path / "raw", path=tmp_path / "mine")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"image": IMAGES}, "lacks the array label; found: image.; save the arrays image and label"),
        ({"x": IMAGES, "label": LABELS}, "lacks the array image"),
        ({"image": IMAGES[0], "label": LABELS}, r"image has shape \(28, 28\)"),
        ({"image": IMAGES, "label": LABELS[:1]}, r"label \(1,\)"),
        ({"image": IMAGES[:0], "label": LABELS[:0]}, "shape"),
        ({"image": np.array([None]), "label": LABELS}, "it holds Python objects, a pickle"),
    ],
)
def test_local_archives_that_cannot_be_used(tmp_path, arrays, message):
    np.savez(tmp_path / "mine.npz", **arrays)
    with pytest.raises(InputError, match=f"mine.npz: .*{message}"):
        gather(tmp_path / "raw", path=tmp_path / "mine.npz")
    assert not (tmp_path / "raw").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"nonsense", b"\x93NUMPY"])
def test_local_files_that_are_no_archives(tmp_path, content):
    (tmp_path / "mine.npz").write_bytes(content)
    with pytest.raises(InputError, match="mine.npz: not readable"):
        gather(tmp_path / "raw", path=tmp_path / "mine.npz")


def test_a_single_array_and_a_truncated_archive_are_refused(tmp_path):
    with (tmp_path / "mine.npz").open("wb") as file:
        np.save(file, IMAGES)
    with pytest.raises(InputError, match="mine.npz: not readable"):
        gather(tmp_path / "raw", path=tmp_path / "mine.npz")
    whole = archive(tmp_path / "mine.npz").read_bytes()
    (tmp_path / "mine.npz").write_bytes(whole[:200] + b"\xff" * 300 + whole[500:])
    with pytest.raises(InputError, match="mine.npz: not readable"):
        gather(tmp_path / "raw", path=tmp_path / "mine.npz")


def test_local_paths_that_are_not_there_or_our_own(tmp_path):
    with pytest.raises(InputError, match="digits.path: .*nowhere: no such file or folder"):
        gather(tmp_path / "raw", path=tmp_path / "nowhere")
    with pytest.raises(InputError, match="lies in the folder that this stage writes"):
        gather(tmp_path / "raw", path=archive(tmp_path / "raw" / "digits.npz"))


def test_tibetan_mnist_is_fetched_and_checked(tmp_path, monkeypatch):
    content = archive(tmp_path / "x.npz").read_bytes()
    digest = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    with StubServer() as server:
        server.files = {"/t/tibetan_mnist/TibetanMNIST.npz": content}
        one = Remote("TibetanMNIST.npz", "http://public.invalid/", TIBETAN_MNIST.mirror_path, "git-blob", digest)
        monkeypatch.setattr(module, "TIBETAN_MNIST", one)
        assert "2 images" in gather(tmp_path / "raw", "tibetan_mnist", mirror=f"{server.address}/t")
        assert (tmp_path / "raw" / "digits.npz").read_bytes() == content
        gather(tmp_path / "raw", "tibetan_mnist", mirror=f"{server.address}/t")
        assert len(server.log) == 1
        monkeypatch.setenv("PIPELINE_DOWNLOADS", str(tmp_path / "other"))
        with pytest.raises(InputError, match="TibetanMNIST.npz: not to be had from http://127"):
            gather(tmp_path / "raw", "tibetan_mnist", mirror=f"{server.address}/nowhere")


def test_another_file_in_the_mirror_is_refused_with_a_way_out(tmp_path):
    archive(tmp_path / "tibetan_mnist" / "TibetanMNIST.npz")
    with pytest.raises(InputError, match="wrong content: Git blob id .*; .*set digits.source: local"):
        gather(tmp_path / "raw", "tibetan_mnist", mirror=str(tmp_path))


@pytest.mark.skipif(not DATA.is_dir(), reason="the real data are not in ../shared/data")
def test_real_digits(tmp_path):
    assert "17768 images" in gather(tmp_path / "raw", path=DATA / "tibetan_mnist")
    with pytest.raises(InputError, match="digits.source: local"):
        gather(tmp_path / "raw", "tibetan_mnist", mirror=str(DATA))
