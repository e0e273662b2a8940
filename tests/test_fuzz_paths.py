"""Photos and labels of any name: they arrive as they were called, and nothing outside the folders is touched."""

import csv
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stages.auditing.photos import read_cropped
from stages.cnn.data import load_faces
from stages.faces.annotations import read_annotations
from stages.faces.boxes import Box
from stages.faces.crop import Cropped, Form, crop_all
from stages.faces.face import REQUIRED, Face, name_problem
from stages.faces.index import write_index
from stages.faces.photos import locate, read_photos
from stages.files import write_bytes
from stages.params_data import Crop, Download, Faces, FacesSample
from stages.sources.gather_faces import gather_faces
from tests.fuzzing import examples
from tests.nasty import LABELS, NAMES, WILD
from tests.watching import watched

SETTINGS = Crop(side=8, large_side=9, large_margin=0, interpolation="area", invalid="skip", max_pixels=10**6)
DOWNLOAD = Download(mirror=None, connections=1, attempts=1, timeout=1.0)
SAMPLE = FacesSample(photos=6, seed=0)
PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder that all examples of a property share."""
    return tmp_path_factory.mktemp("index")


ANY_NAME = st.sampled_from(WILD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SKIPPED = st.sampled_from(["", "bad number: xmin is 'a\nb'", "x: \r"])


@examples(100)
@given(st.lists(st.tuples(ANY_NAME, LABELS, SKIPPED), min_size=1, max_size=8))
@example([("a\rb.jpg", "good", ""), ("a\r\n.jpg", 'q"', ""), ("", "", "")])
def test_the_index_reads_back_as_it_was_written(folder, given_faces):
    # Of one photo each: the reader of the audit joins the faces of a photo.
    results = [
        Cropped(
            Face(name, label, Box(0, 0, 5, 5), "annotations.csv", i + 2, "train", problem=problem),
            f"{i:03d}.jpg",
            "" if problem else f"train/x/{i}.png",
            None if problem else Box(0, 0, 5, 5),
        )
        for i, (name, label, problem) in enumerate(given_faces)
    ]
    for each in results:
        if each.crop:
            write_bytes(folder / each.crop, b"crop")
    write_index(folder, results)
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert [(row["photo"], row["label"], row["skipped"]) for row in rows] == given_faces
    photos = read_cropped(folder / "index.csv")
    kept = [(name, label) for name, label, problem in given_faces if not problem]
    assert [(photo.names[0], photo.faces[0].label) for photo in photos] == kept


# What a file system of Linux takes: all but "/" and NUL, at most 255 bytes.
ON_DISK = st.one_of(
    st.sampled_from([name for name in WILD if "/" not in name and name not in ("", ".", "..") and len(name) < 250]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=20),
).filter(lambda name: name.strip(".") and len(name.encode()) < 250)


def gathered(root: Path, rows: list[tuple[str, str]], photos: dict[str, bytes]) -> list[Cropped]:
    """Make a source of the user's own with rows of photo and label; gather and crop it as the stages do."""
    source, raw, out = root / "mine", root / "raw", root / "faces"
    (source / "images").mkdir(parents=True)
    for name, content in photos.items():
        (source / "images" / name).write_bytes(content)
    with (source / "annotations.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([REQUIRED, *((name, label, 0, 0, 9, 9) for name, label in rows)])
    faces = Faces(source="local", path=str(source), missing="skip", test_size=0.5, seed=0, sample=SAMPLE)
    gather_faces(faces, DOWNLOAD, raw)
    located = locate(read_annotations(raw), read_photos(raw), "skip")
    out.mkdir()
    located = [replace(each, face=replace(each.face, split=("train", "test")[each.face.row % 2])) for each in located]
    results = crop_all(located, raw / "images", {out: Form(8)}, SETTINGS)
    write_index(out, results)
    return results


def _png(value: int) -> bytes:
    return cv2.imencode(".png", (PIXELS // 2 + value).astype(np.uint8))[1].tobytes()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
@examples(15)
@given(st.lists(ON_DISK, min_size=2, max_size=5, unique_by=lambda name: name.strip()))
@example(["a\rb.jpg", "a\nb.jpg", 'q".jpg', "a,b.jpg"])
def test_photos_of_any_name_arrive_under_their_own(tmp_path_factory, names):
    root = tmp_path_factory.mktemp("names")
    photos = {name: _png(i) for i, name in enumerate(names)}
    results = gathered(root, [(name, "x") for name in [*names, names[0]]], photos)
    usable = [each for each in results if each.crop]
    assert {each.face.photo for each in results if not each.crop} == {name for name in names if name_problem(name)}
    assert [each.face.photo for each in usable] == [name for name in [*names, names[0]] if not name_problem(name)]
    for each in usable:
        crop = cv2.imdecode(np.frombuffer((root / "faces" / each.crop).read_bytes(), np.uint8), 1)
        photo = cv2.imdecode(np.frombuffer(photos[each.face.photo], np.uint8), 1)[:9, :9]
        assert np.array_equal(crop, cv2.resize(photo, (8, 8), interpolation=cv2.INTER_AREA)), "each its own pixels"
    if {each.face.split for each in usable} == {"train", "test"}:
        train, test = load_faces(root / "faces")
        assert sorted(train.photos + test.photos) == sorted(each.face.photo for each in usable)


STARTS = ["", "a/", "./", "images/", "/", "//", "\\", "C:", "C:\\", "file://", "~/", "%2e%2e/", "..\\"]
STEPS = ["", "../", "../../", "../../../", "..\\..\\", "....//", "..;/"]
ENDS = ["secret.jpg", "outside/secret.jpg", "secret.jpg\n", " secret.jpg", "..", ".", "", "secret.jpg/", "secret.jpg\r"]
OUTWARD = st.tuples(*map(st.sampled_from, (STARTS, STEPS, ENDS))).map("".join)


@examples(25)
@given(st.lists(OUTWARD | NAMES, min_size=1, max_size=6), st.data())
def test_nothing_is_read_or_written_outside_the_folders(tmp_path_factory, names, data):
    root = tmp_path_factory.mktemp("outside")
    secret = _png(99)
    for place in (root, root / "outside", root / "work"):
        place.mkdir(exist_ok=True)
        (place / "secret.jpg").write_bytes(secret)
    names += data.draw(st.sampled_from([[], [str(root / "secret.jpg")], [(root / "secret.jpg").as_uri()]]))
    with watched() as seen:
        # As the name of a photo and, of one that is there, as its label, after which its folder is called.
        rows = [(name, "x") for name in names] + [("a.jpg", name) for name in names]
        gathered(root / "work", [*rows, ("a.jpg", "x")], {"a.jpg": _png(1)})
    own = ("mine", "raw", ".raw.partial", ".raw.old.partial", ".raw.lock", "faces")
    inside = [root / "work" / name for name in own]
    touched = {Path(name).resolve() for _, name in seen if str(root) in name} - {root / "work"}  # made where missing
    assert touched and not [path for path in touched if not any(path.is_relative_to(each) for each in inside)]
    assert not [name for event, name in seen if event.startswith("socket.")]
    kept = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert [path for path, content in kept.items() if content == secret and path.name != "secret.jpg"] == []
    assert {path.name for path in root.iterdir()} == {"secret.jpg", "outside", "work"}
    assert {path.name for path in (root / "work").iterdir()} == {"secret.jpg", "mine", "raw", ".raw.lock", "faces"}
