"""Photos of every kind, whole and damaged, on their way through the stages: download, crop, audit, training's data."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from stages.audit import main as audit
from stages.cnn.data import load_faces
from stages.crop_faces import main as crop_faces
from stages.errors import InputError
from stages.faces.filenames import safe_name
from stages.params import load_params
from stages.sources.gather_faces import gather_faces
from tests.photos import bad_photos, good_photos
from tests.test_audit_faces import encoded, scene
from tests.test_crop import contents

PROJECT = Path(__file__).parents[1]
HEADER = "filename,label,xmin,ymin,xmax,ymax"
LIMIT = 1_000_000
ORDINARY = {
    f"{split} {number}.jpg": number + 10 * (split == "test") for split in ("train", "test") for number in range(4)
}
pytestmark = pytest.mark.filterwarnings("ignore:::PIL")


def workplace(folder: Path, photos: dict[str, bytes], invalid: str) -> None:
    """A folder to run the stages in, with one's own photos: ordinary ones, and the others all in training."""
    yaml = YAML()
    params = yaml.load((PROJECT / "params.yaml").read_text(encoding="utf-8"))
    params["faces"] |= {"source": "local", "path": "mine"}
    params["crop"] |= {"invalid": invalid, "max_pixels": LIMIT}
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(params, file)
    (folder / "mine" / "images").mkdir(parents=True, exist_ok=True)
    rows = {"train": [], "test": []}
    for name, seed in ORDINARY.items():
        (folder / "mine" / "images" / name).write_bytes(encoded(scene(seed)))
        rows[name.split()[0]] += [(name, label, x, 30, x + 90, 150) for label, x in (("good", 10), ("bad", 150))]
    for name, content in photos.items():
        (folder / "mine" / "images" / name).write_bytes(content)
        rows["train"].append((name, "odd", 0, 0, 30_000, 30_000))
    for split, lines in rows.items():
        with (folder / "mine" / f"{split}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([HEADER.split(","), *lines])


def run(folder: Path, *stage: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", *stage]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": str(PROJECT)})


def run_all(folder: Path) -> None:
    for stage in (("stages.download", "faces"), ("stages.crop_faces",), ("stages.audit", "faces")):
        done = run(folder, *stage)
        # The libraries that read pictures write to standard error what they think of them, naming no file.
        assert (done.returncode, done.stderr) == (0, ""), (stage, done.stderr)


def index(folder: Path) -> list[dict[str, str]]:
    with (folder / "data/faces/index.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def file_names(photos: dict) -> dict[str, str]:
    """A file name for each, by what it is."""
    return {name: name.replace("/", " or ") + ".jpg" for name in photos}


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory) -> Path:
    """What the stages make of ordinary photos alone."""
    folder = tmp_path_factory.mktemp("ordinary")
    workplace(folder, {}, "error")
    run_all(folder)
    return folder


def test_skipped_photos_are_listed_with_the_reason_and_change_nothing_else(tmp_path, ordinary):
    good, bad = file_names(good_photos()), file_names(bad_photos())
    photos = {good[name]: each.content for name, each in good_photos().items()}
    photos |= {bad[name]: each.content for name, each in bad_photos().items()}
    workplace(tmp_path, photos, "skip")
    run_all(tmp_path)
    rows = {row["photo"]: row for row in index(tmp_path)}
    for name, file in bad.items():
        assert rows[file]["crop"] == "" and re.match("unreadable photo: ", rows[file]["skipped"])
        assert re.search(bad_photos()[name].reason, rows[file]["skipped"]), name
    assert all(rows[file]["skipped"] == "" and (tmp_path / "data/faces" / rows[file]["crop"]).is_file()
               for file in good.values())  # fmt: skip
    counts = json.loads((tmp_path / "metrics/faces/counts.json").read_text(encoding="utf-8"))
    assert counts["skipped"] == {"unreadable photo": len(bad)}
    assert counts["faces"]["train"] == {"bad": 4, "good": 4, "odd": len(good)}
    assert counts["missing_photos"] == 0
    audit = json.loads((tmp_path / "metrics/faces/audit.json").read_text(encoding="utf-8"))
    assert audit["photos"] == {"train": 4 + len(good), "test": 4}
    assert audit["leak"]["test_photos"] == 0

    assert [row for row in index(tmp_path) if row["photo"] in ORDINARY] == index(ordinary)
    for data in ("faces", "faces_large"):
        before, after = contents(ordinary / "data" / data), contents(tmp_path / "data" / data)
        del before["index.csv"]
        assert {file: after[file] for file in before} == before
    train, test = load_faces(tmp_path / "data/faces")
    assert (len(train.labels), len(test.labels)) == (8 + len(good), 8)
    assert np.array_equal(test.images, load_faces(ordinary / "data/faces")[1].images)


@pytest.fixture(scope="module")
def place(tmp_path_factory, ordinary) -> Path:
    """A copy of it, for photos to be damaged in."""
    return Path(shutil.copytree(ordinary, tmp_path_factory.mktemp("place"), dirs_exist_ok=True))


@pytest.mark.parametrize("name", bad_photos())
def test_a_damaged_photo_stops_the_run_and_everything_stays_as_it_was(place, monkeypatch, name):
    monkeypatch.chdir(place)
    before = contents(place / "data/faces") | contents(place / "data/faces_large") | contents(place / "metrics")
    params = load_params()
    (place / "mine/images/train 0.jpg").write_bytes(bad_photos()[name].content)
    gather_faces(params.faces, params.download, "data/raw/faces")
    with pytest.raises(InputError, match=r"^train\.csv, row 2: unreadable photo: ") as caught:
        crop_faces(None)
    line = str(caught.value)
    assert re.search(bad_photos()[name].reason, line) and line.isprintable()
    assert line.endswith(
        " (photo 'train 0.jpg'); and 1 more faces; correct this, or set crop.invalid: skip to go on without"
    )
    after = contents(place / "data/faces") | contents(place / "data/faces_large") | contents(place / "metrics")
    assert after == before
    assert {path.name for path in (place / "data").iterdir()} == {"raw", "faces", "faces_large", "faces_audit"}


@pytest.mark.parametrize("name", ["PNG: claims 100000 x 100000", "other: HTML"])
def test_the_doors_say_it_in_one_line(tmp_path, name):
    workplace(tmp_path, {"odd.jpg": bad_photos()[name].content}, "error")
    assert run(tmp_path, "stages.download", "faces").returncode == 0
    done = run(tmp_path, "stages.crop_faces")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("error: train.csv, row 10: unreadable photo: ")
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["raw"] and not (tmp_path / "metrics").exists()


@pytest.mark.parametrize("name", ["JPEG: cut off, 90 %", "GIF: a picture of 65535 x 65535"])
def test_a_photo_that_was_damaged_after_cropping_is_named_by_the_audit(ordinary, tmp_path, monkeypatch, name):
    shutil.copytree(ordinary, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    file = safe_name("train 0.jpg")
    (tmp_path / "data/raw/faces/images" / file).write_bytes(bad_photos()[name].content)
    with pytest.raises(InputError, match=rf"^\S+{file}: .*; run `dvc repro crop_faces`$"):
        audit(Namespace(data="faces"))
    assert contents(tmp_path / "metrics") == contents(ordinary / "metrics")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_entries_that_are_no_files_are_skipped_and_listed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["folder.jpg", "nowhere.jpg", "round.jpg", "pipe.jpg", "device.jpg", "text.jpg", "photo.jpg"]
    workplace(tmp_path, dict.fromkeys(names, b""), "skip")
    images = tmp_path / "mine/images"
    for name in names:
        (images / name).unlink()
    (images / "folder.jpg").mkdir()
    (images / "folder.jpg" / "photo.jpg").write_bytes(encoded(scene(50)))
    os.mkfifo(images / "pipe.jpg")
    links = {
        "nowhere": "nothing.jpg",
        "round": "round.jpg",
        "device": "/dev/zero",
        "text": __file__,
        "photo": "train 0.jpg",
    }
    for name, target in links.items():
        (images / f"{name}.jpg").symlink_to(target)
    params = load_params()
    with pytest.raises(
        InputError, match=r"5 photos named .* folder\.jpg \(a folder, not a file\), .*faces.missing: skip"
    ):
        gather_faces(params.faces, params.download, "data/raw/faces")
    assert not (tmp_path / "data/raw/faces").exists()
    (tmp_path / "params.yaml").write_text(
        (tmp_path / "params.yaml").read_text().replace("missing: error", "missing: skip")
    )
    params = load_params()
    gather_faces(params.faces, params.download, "data/raw/faces")
    crop_faces(None)
    skipped = {row["photo"]: row["skipped"] for row in index(tmp_path) if row["photo"] in names}
    assert skipped.pop("photo.jpg") == ""
    assert skipped.pop("text.jpg").startswith("unreadable photo: no readable JPEG")
    assert set(skipped.values()) == {"missing photo: not in images/"} and len(skipped) == 5
    counts = json.loads((tmp_path / "metrics/faces/counts.json").read_text(encoding="utf-8"))
    assert counts["skipped"] == {"missing photo": 5, "unreadable photo": 1} and counts["missing_photos"] == 5
