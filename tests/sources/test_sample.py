"""The photos that the project draws: the same for the same seed, and with what makes real photos hard."""

import io

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from stages.sources.faces_csv import read_csv
from stages.sources.photos import PhotoNames
from stages.sources.sample.draw import draw_sample
from stages.storage.filenames import is_safe, safe_name


@pytest.fixture(scope="module")
def sample() -> dict[str, bytes]:
    return dict(draw_sample(24, 0))


def faces_of(sample: dict[str, bytes]) -> list:
    return read_csv(sample["annotations.csv"], "annotations.csv", "", PhotoNames(set(sample) - {"annotations.csv"}))


def test_the_same_seed_draws_the_same_bytes_with_any_number_of_workers(sample, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WORKERS", "1")
    assert dict(draw_sample(24, 0)) == sample
    assert dict(draw_sample(24, 1))["annotations.csv"] != sample["annotations.csv"]


def test_every_box_is_usable_and_every_class_there(sample):
    faces = faces_of(sample)
    assert not [face.problem for face in faces if face.problem]
    assert {face.label for face in faces} == {"good", "bad", "none"}
    counts = [sum(face.label == label for face in faces) for label in ("good", "bad", "none")]
    assert counts == sorted(counts, reverse=True), "none is the rare class"


def test_boxes_lie_within_the_upright_photos_and_sizes_are_theirs(sample):
    for face in faces_of(sample):
        pixels = cv2.imdecode(np.frombuffer(sample[face.photo], np.uint8), cv2.IMREAD_COLOR)
        height, width = pixels.shape[:2]
        xmin, ymin, xmax, ymax = face.box
        assert face.size == (width, height) and 0 <= xmin < xmax <= width and 0 <= ymin < ymax <= height


def test_photos_come_in_the_ways_that_real_ones_come_in(sample):
    photos = [Image.open(io.BytesIO(content)) for name, content in sample.items() if name != "annotations.csv"]
    assert {photo.format for photo in photos} == {"JPEG", "PNG"}
    assert {photo.mode for photo in photos} >= {"RGB", "L", "RGBA"}
    assert 6 in {photo.getexif().get(ExifTags.Base.Orientation) for photo in photos}


def test_names_are_the_ones_that_could_not_be_opened(sample):
    names = [name for name in sample if name != "annotations.csv"]
    assert len({safe_name(name) for name in names}) == len(names) == 24
    assert any(len(name) > 180 for name in names) and any(not is_safe(name) for name in names)
    long = [name for name in names if len(name) > 180]
    assert any(
        sum(a != b for a, b in zip(one, other, strict=True)) == 1
        for one in long
        for other in long
        if len(one) == len(other) and one < other
    ), "two long names that differ in one late letter"
