"""The audit of the faces, on planted copies: the same bytes, saved again, resized, cut, and unrelated photos."""

import csv
import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import cv2
import numpy as np
import pytest
from ruamel.yaml import YAML

from stages import audit
from stages.auditing.conflicts import overlaps
from stages.auditing.face_audit import audit_faces
from stages.auditing.pairs import IDENTICAL, NEAR, Pair, check_classes_stay, count_pairs, leaking
from stages.auditing.photo_hashes import BITS, hash_photo, hash_photos, pair_photos
from stages.auditing.photos import Photo, read_cropped
from stages.cnn.data import load_faces
from stages.crop_faces import main as crop_faces
from stages.errors import InputError
from stages.leaks import read_names
from stages.params import load_params
from tests.test_crop import contents, make_raw

PROJECT = Path(__file__).parents[1]
WIDTH, HEIGHT = 320, 240


def scene(seed: int) -> np.ndarray:
    """Coarse shapes and fine grain, as photos have them; every seed another picture."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (9, 12, 3)).astype(np.float32)
    fine = rng.normal(0, 12, (HEIGHT, WIDTH, 3))
    return np.clip(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC) + fine, 0, 255).astype(np.uint8)


def encoded(pixels: np.ndarray, quality: int = 95) -> bytes:
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def resized(pixels: np.ndarray, factor: float) -> np.ndarray:
    return cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def distance(first: bytes, second: bytes, folder: Path) -> int:
    for name, content in (("a", first), ("b", second)):
        (folder / name).write_bytes(content)
    hashes = [hash_photo(folder / name, 10**7).bits for name in "ab"]
    return int(np.sum(hashes[0] != hashes[1]))


@pytest.mark.parametrize("seed", range(3))
def test_copies_are_close_and_others_far(seed, tmp_path):
    photo = scene(seed)
    copies = {
        "saved again": encoded(photo, 40),
        "half the size": encoded(resized(photo, 0.5)),
        "other sides": encoded(cv2.resize(photo, (300, 260))),
        "brighter": encoded(np.clip(photo * 0.7 + 60, 0, 255).astype(np.uint8)),
        "edge cut off": encoded(photo[2:-2, 3:-3]),
    }
    limit = load_params(PROJECT / "params.yaml").audit.faces.max_distance
    found = {name: distance(encoded(photo), copy, tmp_path) for name, copy in copies.items()}
    assert max(found.values()) <= limit, found
    assert distance(encoded(photo), encoded(scene(seed + 50)), tmp_path) > limit + 20
    assert distance(encoded(photo), encoded(photo), tmp_path) == 0


def test_pairs_are_those_within_the_distance_closest_first():
    bits = np.zeros((4, BITS), bool)
    bits[1, :3], bits[2, 3:13], bits[3, :128] = True, True, True
    assert pair_photos(bits, ["a", "b", "c", "d"], 10) == [Pair(0, 1, 3, NEAR), Pair(0, 2, 10, NEAR)]
    assert pair_photos(bits, ["a", "b", "c", "d"], 9) == [Pair(0, 1, 3, NEAR)]
    bits[3] = bits[2]
    assert pair_photos(bits, ["a", "b", "c", "c"], 3)[0] == Pair(2, 3, 0, IDENTICAL)
    assert pair_photos(bits, ["a", "b", "c", "d"], 0) == [Pair(2, 3, 0, NEAR)]


def test_counts_tell_the_sides():
    splits = ["train", "train", "test", "test"]
    pairs = [Pair(0, 1, 0, IDENTICAL), Pair(0, 2, 1, NEAR), Pair(1, 2, 1, NEAR), Pair(2, 3, 1, NEAR)]
    assert count_pairs(pairs, splits) == {
        "identical": {"train": 1, "test": 0, "across": 0},
        "near": {"train": 0, "test": 1, "across": 2},
    }
    assert leaking(pairs, splits, "train") == [0, 1]
    assert leaking(pairs, splits, "test") == [2], "a copy within the test set leaks nothing"


def test_overlaps_are_those_worked_by_hand():
    boxes = np.array([[0, 0, 4, 4]])
    others = np.array([[0, 0, 4, 4], [2, 0, 6, 4], [4, 4, 8, 8], [1, 1, 3, 3]])
    assert overlaps(boxes, others).tolist() == [[1.0, 8 / 24, 0.0, 4 / 16]]


# Copies of test photo "t": "identical" by its bytes, "smaller" at half the size and saved again; "own" is alone.
PHOTOS = {
    "own.jpg": encoded(scene(1)),
    "identical.jpg": encoded(scene(2)),
    "smaller, ü.jpg": encoded(resized(scene(2), 0.5), 60),
    "t.jpg": encoded(scene(2)),
    "free.jpg": encoded(scene(3)),
}
BOX, FAR = (40, 40, 100, 120), (200, 100, 280, 180)


def row(name: str, label: str, box: tuple[int, ...], factor: float = 1, shift: int = 0) -> str:
    corners = ",".join(str(int(value * factor) + shift) for value in box)
    cells = [f'"{name}"', str(int(WIDTH * factor)), str(int(HEIGHT * factor)), label, corners]
    return ",".join(cells)


TRAIN = [
    row("own.jpg", "bad", BOX), row("own.jpg", "good", FAR), row("own.jpg", "none", (0, 0, 9, 9)),
    row("identical.jpg", "good", BOX),
    row("smaller, ü.jpg", "bad", BOX, 0.5, 2), row("smaller, ü.jpg", "none", FAR, 0.5),
]  # fmt: skip
TEST = [row("t.jpg", "good", BOX), row("t.jpg", "none", FAR), row("free.jpg", "good", BOX)]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with crops of the planted photos; returns a function that sets parameters."""
    make_raw(tmp_path / "data/raw/faces", PHOTOS, train=TRAIN, test=TEST)
    monkeypatch.chdir(tmp_path)

    def settings(**faces) -> None:
        yaml = YAML()
        params = yaml.load((PROJECT / "params.yaml").read_text(encoding="utf-8"))
        params["faces"]["source"] = "medical_masks"
        params["audit"]["faces"] |= {"duplicates": "report"} | faces
        with (tmp_path / "params.yaml").open("w", encoding="utf-8") as file:
            yaml.dump(params, file)

    settings()
    crop_faces(Namespace())
    return settings


def run() -> tuple[dict, list[dict], list[dict]]:
    """Audit; return audit.json and the rows of both tables."""
    audit.main(Namespace(data="faces"))
    tables = []
    for name in ("duplicates", "label_conflicts"):
        with Path(f"metrics/faces/{name}.csv").open(encoding="utf-8", newline="") as file:
            tables.append(list(csv.DictReader(file)))
    return json.loads(Path("metrics/faces/audit.json").read_text(encoding="utf-8")), *tables


def lists() -> tuple[frozenset[str], frozenset[str]]:
    return read_names(Path("data/faces_audit/left_out.csv")), read_names(Path("data/faces_audit/leaked.csv"))


def test_planted_copies_and_nothing_else_are_reported(workplace):
    counts, pairs, _ = run()
    found = {(p["photo"], p["other"], p["split"], p["other_split"], p["kind"], p["faces"]) for p in pairs}
    assert found == {
        ("identical.jpg", "t.jpg", "train", "test", "identical", "1"),
        ("identical.jpg", "smaller, ü.jpg", "train", "train", "near", "1"),
        ("smaller, ü.jpg", "t.jpg", "train", "test", "near", "2"),
    }
    assert [p["kind"] for p in pairs] == ["identical", "near", "near"]
    assert counts["duplicate_pairs"] == {
        "identical": {"train": 0, "test": 0, "across": 1},
        "near": {"train": 1, "test": 0, "across": 1},
    }
    assert counts["photos"] == {"train": 3, "test": 2}
    assert counts["leak"] == {
        "train_photos": 2,
        "train_faces": {"all": 3, "of_bad": 1, "of_good": 1, "of_none": 1},
        "test_photos": 1,
        "test_faces": {"all": 2, "of_good": 1, "of_none": 1},
    }
    assert lists() == (frozenset(), {"t.jpg"})


def test_faces_are_counted_by_class_and_size(workplace):
    counts, _, _ = run()
    assert counts["classes"]["train"]["none"] == {
        "faces": 2, "photos": 2, "most_in_one_photo": 1,
        "smallest_side": 9, "median_side": 24.5, "largest_side": 40, "smaller_than_crop": 1,
    }  # fmt: skip
    assert counts["classes"]["test"]["good"]["faces"] == 2
    assert {"clipped", "missing_photos", "repaired", "skipped"} <= set(counts), "what crop_faces counted"


def test_labels_that_disagree_are_found_at_matching_boxes(workplace):
    counts, _, conflicts = run()
    # The box at half the size is moved by 2 pixels, and still the same face; "none" agrees on both.
    found = {(c["photo"], c["label"], c["other"], c["other_label"]) for c in conflicts}
    assert found == {("identical.jpg", "good", "smaller, ü.jpg", "bad"), ("smaller, ü.jpg", "bad", "t.jpg", "good")}
    assert counts["labels"] == {"faces_in_two_copies": 4, "conflicts": 2}
    assert conflicts[0]["other_box"] == "22 22 52 62"


def test_drop_leaves_the_leaking_training_photos_out_of_training_alone(workplace):
    everything = load_faces()
    workplace(duplicates="drop")
    counts, _, _ = run()
    assert lists() == ({"identical.jpg", "smaller, ü.jpg"}, {"t.jpg"})
    assert counts["left_out"] == {"photos": 2, "faces": 3}
    train, test = load_faces(left_out=lists()[0])
    assert train.photos == ("own.jpg",) * 3
    assert train.classes == everything[0].classes
    assert test.photos == everything[1].photos
    assert test.images.equal(everything[1].images)


def test_stop_names_the_first_pair_and_leaves_the_tables_to_look_at(workplace):
    workplace(duplicates="stop")
    command = [sys.executable, "-m", "stages.audit", "faces"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env={"PYTHONPATH": str(PROJECT)})
    assert done.returncode == 1
    assert done.stderr == (
        "error: training photo 'identical.jpg' and test photo 't.jpg' are identical duplicates (0 of 256 bits differ); "
        "and 1 more pairs; take one side out of the data, or set audit.faces.duplicates: drop "
        "(metrics/faces/duplicates.csv lists all)\n"
    )
    assert Path("metrics/faces/duplicates.csv").exists()
    assert not Path("data/faces_audit").exists()


def test_without_leaks_stop_and_drop_change_nothing(tmp_path, workplace):
    for table, rows in (("train", TRAIN[:3]), ("test", TEST[2:])):
        lines = ["filename,width,height,label,xmin,ymin,xmax,ymax", *rows]
        (tmp_path / f"data/raw/faces/{table}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    crop_faces(Namespace())
    for choice in ("stop", "drop"):
        workplace(duplicates=choice)
        counts, pairs, conflicts = run()
        assert pairs == conflicts == []
        assert counts["leak"]["test_photos"] == 0
        assert lists() == (frozenset(), frozenset())


def test_the_distance_is_the_parameters(workplace):
    workplace(max_distance=0)
    _, pairs, _ = run()
    assert [p["kind"] for p in pairs if p["distance"] != "0"] == []
    assert ("identical.jpg", "t.jpg") in {(p["photo"], p["other"]) for p in pairs}


def test_two_runs_give_the_same_bytes_whatever_the_workers(workplace, monkeypatch):
    outputs = []
    for workers in ("1", "3"):
        monkeypatch.setenv("WORKERS", workers)
        run()
        outputs.append(contents(Path("metrics")) | contents(Path("data/faces_audit")))
    assert outputs[0] == outputs[1]
    assert all(outputs[0][f"faces/{name}.png"].startswith(b"\x89PNG") for name in ("audit", "duplicates"))


def test_drop_keeps_every_class():
    check_classes_stay("p", ["a", "b", "a"], [True, False, False])
    with pytest.raises(InputError, match="^p: drop leaves no training sample of class b: "):
        check_classes_stay("p", ["a", "b", "a"], [False, True, False])


def test_a_photo_named_on_both_sides_is_its_own_duplicate(tmp_path):
    (tmp_path / "a.jpg").write_bytes(PHOTOS["own.jpg"])
    lines = ["crop,split,label,photo,file,used_xmin,used_ymin,used_xmax,used_ymax"]
    lines += ["x.png,test,good,A.jpg,a.jpg,0,0,9,9", "y.png,train,good,A.jpg,a.jpg,0,0,9,9"]
    (tmp_path / "index.csv").write_text("\n".join([*lines, ",train,good,B.jpg,b.jpg,,,,"]) + "\n")
    photos = read_cropped(tmp_path / "index.csv")
    assert [photo.split for photo in photos] == ["train", "test"]
    result = audit_faces(photos, hash_photos(tmp_path, ["a.jpg"], 10**6), {"a.jpg": "0"}, "report", 0)
    assert result.pairs == [Pair(0, 1, 0, IDENTICAL)]
    assert result.leaked == [1]


def test_unreadable_inputs_are_named(workplace, tmp_path):
    Path("data/raw/faces/images/t.jpg").write_bytes(PHOTOS["t.jpg"][:99])
    with pytest.raises(InputError, match=r"images/t\.jpg: "):
        run()
    Path("metrics/faces/counts.json").write_text("{")
    with pytest.raises(InputError, match=r"counts\.json: .*run `dvc repro crop_faces`"):
        run()
    Path("data/faces/index.csv").write_text("crop,split\na.png,train\n")
    with pytest.raises(InputError, match=r"index\.csv: .*run `dvc repro crop_faces`"):
        run()


def test_the_real_photos_hide_one_leak(shared_data):
    images = shared_data / "medical_masks" / "images"
    first, second = (f"coronavirus_mask_airport_12920-1{end}.jpg" for end in ("-1500x1000", ""))
    others = sorted(path.name for path in images.iterdir())[::40]
    names = [first, second, *(name for name in others if name not in (first, second))]
    hashes = hash_photos(images, names, 10**8)
    photos = [Photo("train", name, [name]) for name in names]
    limit = load_params(PROJECT / "params.yaml").audit.faces.max_distance
    found = pair_photos(np.stack([hashes[photo.file].bits for photo in photos]), names, limit)
    assert [(pair.first, pair.second) for pair in found] == [(0, 1)]
