"""The built-in sample of photos: what it holds, and that it is the same every time."""

import csv
import hashlib
import io
import unicodedata
from collections import Counter
from functools import cache

import cv2
import numpy as np
import pytest

from stages.sources import draw, draw_scene
from stages.sources.draw import ANNOTATIONS, draw_sample
from stages.sources.draw_mask import good_fit, wrong_fit
from stages.sources.draw_names import NASTY, photo_names
from stages.sources.draw_person import draw_person
from stages.sources.draw_plan import LABELS, MOST_FACES, SHARES, face_counts, label_plan

PHOTOS = 20


@cache
def sample(photos: int = PHOTOS, seed: int = 0) -> dict[str, bytes]:
    return dict(draw_sample(photos, seed))


def rows(photos: int = PHOTOS, seed: int = 0) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(sample(photos, seed)[ANNOTATIONS].decode("utf-8"), newline="")))


def decoded(content: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


def digests(photos: int, seed: int) -> list[tuple[str, str]]:
    return [(name, hashlib.sha256(content).hexdigest()) for name, content in draw_sample(photos, seed)]


def test_same_seed_same_bytes_whatever_the_threads():
    threads = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        alone = digests(6, 3)
        cv2.setNumThreads(4)
        assert digests(6, 3) == alone
    finally:
        cv2.setNumThreads(threads)


def test_another_seed_gives_other_photos():
    one, other = dict(digests(6, 3)), dict(digests(6, 4))
    assert one.keys() == other.keys()
    assert all(one[name] != other[name] for name in one)


def test_every_photo_has_a_generator_of_its_own(monkeypatch):
    first_draws = []

    def noted(labels, rng):
        first_draws.append(rng.random())
        return np.zeros((8, 8, 3), np.uint8), [(0, 0, 8, 8)] * len(labels)

    monkeypatch.setattr(draw, "draw_photo", noted)
    dict(draw_sample(50, 0))
    assert len(set(first_draws)) == 50


def test_every_photo_decodes_upright_to_the_size_in_the_table():
    sizes = {row["filename"]: (int(row["height"]), int(row["width"])) for row in rows()}
    photos = {name: content for name, content in sample().items() if name != ANNOTATIONS}
    assert sizes.keys() == photos.keys()
    assert len(photos) == PHOTOS
    for name, content in photos.items():
        photo = decoded(content)
        assert photo is not None, name
        assert photo.shape[:2] == sizes[name], name
        assert photo.std() > 10, f"{name}: nearly one colour"


def test_boxes_lie_inside_and_vary():
    sides = []
    for row in rows():
        xmin, ymin, xmax, ymax = (int(row[key]) for key in ("xmin", "ymin", "xmax", "ymax"))
        assert 0 <= xmin < xmax <= int(row["width"])
        assert 0 <= ymin < ymax <= int(row["height"])
        sides.append(min(xmax - xmin, ymax - ymin))
    assert min(sides) >= 8
    assert max(sides) <= 200
    assert min(sides) < 25
    assert max(sides) > 90


def test_boxes_of_tiny_faces_at_the_edge_stay_inside_and_large_enough(monkeypatch):
    def corners(count, width, height, rng):
        return np.array([[x, y, 6.0] for x in (0, width) for y in (0, height)])

    monkeypatch.setattr(draw_scene, "_places", corners)
    for seed in range(3):
        photo, boxes = draw_scene.draw_photo(["good"] * 4, np.random.default_rng(seed))
        for xmin, ymin, xmax, ymax in boxes:
            assert 0 <= xmin <= xmax - 8
            assert xmax <= photo.shape[1]
            assert 0 <= ymin <= ymax - 8
            assert ymax <= photo.shape[0]


def test_boxes_are_tight_on_what_was_drawn():
    rng = np.random.default_rng(0)
    for label in LABELS:
        person = draw_person(label, 80.0, rng)
        xmin, ymin, xmax, ymax = person.box
        assert xmin < person.middle[0] < xmax
        assert ymin < person.middle[1] < ymax
        assert 75 <= xmax - xmin <= 110
        middle = person.patch[round(ymin) + 8 : round(ymax) - 8, round(person.middle[0]), 3]
        assert (middle > 200).mean() > 0.9  # the face is there, and opaque


def test_table_has_the_form_of_the_real_data():
    content = sample()[ANNOTATIONS]
    assert content.startswith(b"filename,width,height,label,xmin,ymin,xmax,ymax\n")
    assert b"\r" not in content
    assert content.endswith(b"\n")
    assert list(sample())[-1] == ANNOTATIONS
    assert {row["label"] for row in rows()} == set(LABELS)


@pytest.mark.parametrize("seed", range(5))
def test_default_plan_has_the_real_proportions(seed):
    plan = label_plan(250, np.random.default_rng(seed))
    totals = Counter(label for labels in plan for label in labels)
    assert totals == {"good": 1200, "bad": 255, "none": 45}
    assert sum(totals.values()) == 1500
    assert all(1 <= len(labels) <= MOST_FACES for labels in plan)
    assert max(map(len, plan)) > 15
    assert max(labels.count("none") for labels in plan) == 1  # 45 photos have one each


@pytest.mark.parametrize("photos", [6, 7, 12, 31])
@pytest.mark.parametrize("seed", range(4))
def test_small_plans_hold_every_class_twice_on_two_photos(photos, seed):
    plan = label_plan(photos, np.random.default_rng(seed))
    faces = [(index, label) for index, labels in enumerate(plan) for label in labels]
    assert len(plan) == photos
    assert all(plan)
    for label, share in zip(LABELS, SHARES, strict=True):
        where = [index for index, own in faces if own == label]
        assert len(where) >= 2
        assert len(set(where)) >= 2
        assert abs(len(where) - share * len(faces)) <= 2


def test_face_counts_add_up():
    for seed in range(20):
        counts = face_counts(9, np.random.default_rng(seed))
        assert counts.sum() == 54
        assert counts.min() >= 1
        assert counts.max() <= MOST_FACES


def test_names_are_as_bad_as_real_ones():
    names = [name for name, _ in photo_names(60, np.random.default_rng(0))]
    assert len(set(names)) == 60
    first, second = names[:2]
    assert len(first) == len(second) == 183
    assert first[:178] == second[:178]
    assert first[178] != second[178]
    text = "".join(names)
    assert all(sign in text for sign in ' ()&=+@,"%#')
    assert any(name.startswith("-") for name in names)
    assert any(not name.isascii() for name in names)
    composed = [unicodedata.normalize("NFC", name) for name in names]
    assert len(set(composed)) == 59, "one pair differs in Unicode normal form alone"
    assert len({name.lower() for name in names}) == 59, "one pair differs in case alone"


def test_small_samples_take_the_nastiest_names():
    assert [name for name in sample(6) if name != ANNOTATIONS] == [name for name, _ in NASTY[:6]]


def test_formats_are_what_the_names_do_not_say():
    content = {form: sample()[name] for name, form in NASTY}
    alpha = cv2.imdecode(np.frombuffer(content["alpha"], np.uint8), cv2.IMREAD_UNCHANGED)
    disguised = next(name for name, form in NASTY if form == "alpha")
    assert disguised.endswith(".jpg")
    assert content["alpha"].startswith(b"\x89PNG")
    assert alpha.shape[2] == 4
    assert cv2.imdecode(np.frombuffer(content["gray"], np.uint8), cv2.IMREAD_UNCHANGED).ndim == 2
    lying = cv2.imdecode(np.frombuffer(content["exif"], np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    upright = decoded(content["exif"])
    assert np.array_equal(cv2.rotate(lying, cv2.ROTATE_90_CLOCKWISE), upright)


def test_masks_fit_over_the_nose_below_it_or_under_the_chin():
    rng = np.random.default_rng(0)
    nose, mouth = 0.38, 0.61  # where a face has its nostrils and the line of its lips, in face units
    assert all(good_fit(0.75, rng).top < nose - 0.15 for _ in range(100))
    wrong = np.array([wrong_fit(0.75, rng).top for _ in range(200)])
    assert wrong.min() > nose
    assert 60 < (wrong < mouth).sum() < 140, "both ways to wear it wrongly are common"


def test_masks_hide_the_mouth_and_wrong_ones_show_the_nose():
    """Faces that differ in the label alone: `good` changes nose and mouth, `none` leaves the nose as it was."""
    changed = {"good": [], "none": []}
    for seed in range(40):
        bare = draw_person("bad", 60.0, np.random.default_rng(seed))
        for label, found in changed.items():
            worn = draw_person(label, 60.0, np.random.default_rng(seed))
            found.append(_changed_at(bare, worn, np.array([0.25, 0.55, 0.95])))
    good, wrong = (np.mean(changed[label], axis=0) for label in ("good", "none"))
    assert good[0] > 0.85
    assert wrong[0] < 0.35
    assert good[1] > 0.85
    assert 0.3 < wrong[1] < 0.8
    assert good[2] > 0.85
    assert wrong[2] > 0.85


def _changed_at(bare, worn, heights: np.ndarray) -> np.ndarray:
    x = round(bare.middle[0])
    y = np.rint(bare.middle[1] + heights * bare.unit).astype(int)
    difference = np.abs(bare.patch[y, x, :3].astype(int) - worn.patch[y, x, :3]).sum(axis=1)
    return difference > 30
