"""The crops folder, as this project and as torchvision's ImageFolder read it."""

import csv
import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from stages.cnn import torchvision_compat
from stages.cnn.data import load_faces
from stages.cnn.torchvision_compat import torchvision
from stages.errors import InputError
from stages.faces.annotations import read_annotations
from stages.faces.crop import Form, crop_all
from stages.faces.digest import crop_digest
from stages.faces.index import write_index
from stages.faces.photos import locate, read_photos
from stages.faces.split import assign_splits
from stages.params_data import Crop
from tests.photos.png import claiming

CROP = Crop(side=12, large_side=48, large_margin=0.25, interpolation="cubic", invalid="error", max_pixels=10**8)
LABELS = ("none", "good", "bad")


def make_raw(folder: Path) -> None:
    """Two photos of each split with coloured squares for faces, in the form that `download_faces` leaves."""
    (folder / "images").mkdir(parents=True)
    photos = []
    rng = np.random.default_rng(0)
    for split in ("train", "test"):
        rows = []
        for number in range(2):
            name = f"{split}-{number}.png"
            cv2.imwrite(str(folder / "images" / name), rng.integers(0, 256, (60, 60, 3)).astype(np.uint8))
            content = (folder / "images" / name).read_bytes()
            photos.append((name, name, len(content), hashlib.sha256(content).hexdigest()))
            rows += [(name, 60, 60, label, 18 * i, 5, 18 * i + 18, 30) for i, label in enumerate(LABELS)]
        header = ("filename", "width", "height", "label", "xmin", "ymin", "xmax", "ymax")
        _write(folder / f"{split}.csv", [header, *rows])
    _write(folder / "photos.csv", [("file", "original", "bytes", "sha256"), *sorted(photos)])


def _write(path: Path, rows: list[tuple]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


@pytest.fixture(scope="module")
def crops(tmp_path_factory) -> Path:
    """``data/faces`` as the crop stage writes it."""
    raw, out = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("faces")
    make_raw(raw / "faces")
    digests = read_photos(raw / "faces")
    located = locate(read_annotations(raw / "faces", frozenset(LABELS)), digests, "error")
    located = assign_splits(located, digests, 0.5, 0)
    write_index(out, crop_all(located, raw / "faces" / "images", {out: Form(CROP.side)}, CROP))
    return out


def test_image_folder_finds_the_same_classes_labels_and_pixels(crops):
    for split, faces in zip(("train", "test"), load_faces(crops), strict=True):
        folder = torchvision.datasets.ImageFolder(crops / split)
        assert tuple(folder.classes) == faces.classes == ("bad", "good", "none")
        assert len(folder) == len(faces.labels) == 6
        with (crops / "index.csv").open(encoding="utf-8") as file:
            ours = [str(crops / row["crop"]) for row in csv.DictReader(file) if row["split"] == split]
        theirs = {path: (image, label) for (path, label), (image, _) in zip(folder.samples, folder, strict=True)}
        assert set(theirs) == set(ours)
        for path, image, label in zip(ours, faces.images, faces.labels, strict=True):
            assert theirs[path][1] == label
            assert np.array_equal(np.asarray(theirs[path][0]), image.mul(255).round().byte().permute(1, 2, 0).numpy())


def test_faces_are_channels_last_rgb_between_0_and_1(crops):
    train, test = load_faces(crops)
    for faces in (train, test):
        assert faces.images.shape == (6, 3, 12, 12)
        assert faces.images.dtype == torch.float32
        assert faces.images.is_contiguous(memory_format=torch.channels_last)
        assert faces.images.min() >= 0
        assert faces.images.max() <= 1
        assert faces.labels.dtype == torch.int64
    assert set(test.photos) == {"test-0.png", "test-1.png"}


def test_the_number_of_workers_changes_no_pixel(crops, monkeypatch):
    monkeypatch.setenv("WORKERS", "1")
    one = load_faces(crops)
    monkeypatch.setenv("WORKERS", "4")
    for a, b in zip(one, load_faces(crops), strict=True):
        assert torch.equal(a.images, b.images)


def test_photos_left_out_are_missing_from_training_alone(crops):
    everything = load_faces(crops)
    train, test = load_faces(crops, {"train-1.png", "test-0.png"})
    kept = torch.tensor([photo == "train-0.png" for photo in everything[0].photos])
    assert torch.equal(train.images, everything[0].images[kept])
    assert torch.equal(train.labels, everything[0].labels[kept])
    assert set(train.photos) == {"train-0.png"}
    assert torch.equal(test.images, everything[1].images)
    with pytest.raises(InputError, match="no face of split 'train'"):
        load_faces(crops, {"train-0.png", "train-1.png"})


def small(folder: Path, rows: list[str]) -> Path:
    cv2.imwrite(str(folder / "a.png"), np.zeros((8, 8, 3), np.uint8))
    (folder / "broken.png").write_bytes((folder / "a.png").read_bytes()[:20])
    (folder / "empty.png").write_bytes(b"")
    cv2.imwrite(str(folder / "other.png"), np.zeros((8, 9, 3), np.uint8))
    (folder / "folder.png").mkdir()
    (folder / "huge.png").write_bytes(claiming(100_000, 100_000))
    crops = [folder / row.split(",")[0] for row in rows]
    digests = [crop_digest(crop.read_bytes()) if crop.is_file() else "" for crop in crops]
    lines = ["crop,split,label,photo,sha256", *(",".join(pair) for pair in zip(rows, digests, strict=True))]
    folder.joinpath("index.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_a_crop_that_was_changed_is_named(tmp_path):
    folder = small(tmp_path, ["a.png,train,bad,a.jpg", "a.png,test,bad,b.jpg"])
    load_faces(folder)
    cv2.imwrite(str(folder / "a.png"), np.ones((8, 8, 3), np.uint8))
    with pytest.raises(InputError, match=r"a\.png: not the crop that index\.csv names; run `dvc repro crop_faces`"):
        load_faces(folder)


@pytest.mark.parametrize("crop", ["broken.png", "empty.png", "gone.png", "other.png", "folder.png", "huge.png"])
def test_an_unreadable_crop_is_named(crop, tmp_path):
    with pytest.raises(InputError, match=rf"{crop}: .*; run `dvc repro crop_faces`"):
        load_faces(small(tmp_path, ["a.png,train,bad,a.jpg", f"{crop},test,bad,b.jpg"]))


def test_a_missing_index_or_split_is_told(tmp_path):
    with pytest.raises(InputError, match=r"index\.csv: .*run `dvc repro crop_faces`"):
        load_faces(tmp_path)
    with pytest.raises(InputError, match="no face of split 'test'"):
        load_faces(small(tmp_path, ["a.png,train,bad,a.jpg", ",test,bad,skipped.jpg"]))


def test_torchvision_serves_beside_any_build_of_torch():
    assert torchvision.transforms.Resize(4)(torch.zeros(3, 8, 8)).shape == (3, 4, 4)
    assert torchvision.utils.make_grid(torch.zeros(4, 3, 8, 8)).shape == (3, 12, 42)


def test_operators_are_declared_only_where_torchvision_asks_for_them(monkeypatch):
    declared = []
    monkeypatch.setattr(torch.library, "define", lambda name, schema: declared.append(name))
    assert torchvision_compat._import_torchvision() is torchvision  # imported by now, so nothing is amiss
    assert declared == []

    def broken(name):
        raise RuntimeError("something else is amiss")

    monkeypatch.setattr(torchvision_compat.importlib, "import_module", broken)
    with pytest.raises(RuntimeError, match="something else"):
        torchvision_compat._import_torchvision()
    assert declared == []
