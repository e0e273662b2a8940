"""Prediction on new pictures: what the stages say about the same crop, one line for a bad file, faces framed aright."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.special import softmax

from stages.evaluation.calibration import natural_logits
from stages.masks.boxes import Box
from stages.runtime.errors import InputError
from stages.runtime.opencv import cv2
from stages.sources.catalogue import YUNET
from stages.storage.predictions import load_predictions
from studies import detection
from tests.helpers import PROJECT, Pipeline
from tests.masks.conftest import picture
from tools.predict import print_table
from tools.prediction.asking import Found
from tools.prediction.digits import as_digit, ink_box
from tools.prediction.drawing import drawn
from tools.prediction.faces import Face, Framing, _detector, detect_faces


def expected_probabilities(pipeline: Pipeline, name: str) -> pd.Series:
    """What the stages say: by the path of the crop, the probabilities of the first seed's calibrated network."""
    predictions = load_predictions(pipeline.folder / f"models/masks/{name}.predictions.npz")
    details = json.loads((pipeline.folder / f"metrics/masks/{name}/details.json").read_text(encoding="utf-8"))
    logits, temperature = predictions.logits["test"][0].astype(float), details["probabilities"]["temperature"]
    prior = 0
    if name == "balanced":  # calibrated at the natural point, then without the prior
        prior = natural_logits(np.zeros_like(logits), predictions.labels["train"])
    return pd.Series(list(softmax((logits + prior) / temperature - prior, axis=1)), index=predictions.names)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "point"), [("plain", "natural"), ("masks", "balanced")])
def test_a_given_box_is_judged_as_the_stages_judge_its_crop(finished: Pipeline, name: str, point: str):
    index = pd.read_csv(finished.folder / "data/masks/index.csv", keep_default_na=False)
    test = index[(index["split"] == "test") & (index["skipped"] == "")]
    boxes = finished.folder / "boxes.csv"
    columns = {f"used_{side}": side for side in ("xmin", "ymin", "xmax", "ymax")}
    table = test[["file", "label", *columns]].rename(columns=columns | {"file": "filename"})
    table.to_csv(boxes, index=False)
    photos = sorted({f"data/raw/masks/images/{file}" for file in test["file"]})
    arguments = (name, *photos, "--boxes", "boxes.csv", "--csv", "found.csv", "--json", "found.json", "--point", point)
    status, said = finished.python("tools.predict", *arguments, "--draw", "drawn")
    assert status == 0, said
    with (finished.folder / "found.csv").open(encoding="utf-8") as file:
        rows = {(Path(r["filename"]).name, *(int(r[k]) for k in columns.values())): r for r in csv.DictReader(file)}
    expected = expected_probabilities(finished, "balanced" if name == "masks" else name)
    assert len(rows) == len(test) > 10
    for row in test.itertuples():
        one = rows[(row.file, row.used_xmin, row.used_ymin, row.used_xmax, row.used_ymax)]
        np.testing.assert_allclose(
            [float(one[f"p_{k}"]) for k in ("bad", "good", "none")], expected[row.crop], atol=1e-4
        )
    assert len(json.loads((finished.folder / "found.json").read_text(encoding="utf-8"))) == len(test)
    assert len(list((finished.folder / "drawn").glob("*.png"))) == len(photos)


@pytest.mark.slow
def test_a_bad_file_is_one_line_and_the_others_are_judged(finished: Pipeline):
    (finished.folder / "odd.jpg").write_bytes(b"no photo")
    Image.fromarray(picture()).save(finished.folder / "face.png")
    status, said = finished.python("tools.predict", "plain", "odd.jpg", "face.png", "--faces", "whole")
    assert status == 1 and "error: odd.jpg: cut off, damaged, or none of JPEG" in said
    assert "1 found: 1 " in said and said.splitlines()[-1].startswith("error: 1 picture of 2 could not be used")
    assert finished.python("tools.predict", "plain", "face.png", "--point", "balanced")[1].startswith(
        "error: point balanced: plain has natural"
    )
    finished.change(download__attempts=1)
    status, said = finished.python("tools.predict", "masks", "face.png", PIPELINE_DOWNLOADS="empty", no_proxy="*")
    assert status == 1 and "--faces whole" in said
    status, said = finished.python("tools.predict", "digits", "face.png")
    assert status == 0 and "1 found" in said


@pytest.mark.parametrize("scale", [1, 3.7, 12])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_digit_of_any_size_and_polarity_becomes_what_the_training_digits_are(scale: float, inverted: bool):
    digit = np.zeros((28, 28), np.uint8)
    cv2.ellipse(digit, (13, 14), (6, 11), 0, 0, 300, 255, 2, cv2.LINE_AA)
    rows, columns = np.where(digit >= 64)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    large = cv2.resize(digit, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    canvas = np.zeros((large.shape[0] + 40, large.shape[1] + 90), np.uint8)
    canvas[10 : 10 + large.shape[0], 70 : 70 + large.shape[1]] = large
    found = as_digit(255 - canvas if inverted else canvas, height, width)
    moved = np.roll(found, (rows.min() - (28 - height) // 2, columns.min() - (28 - width) // 2), (0, 1))
    assert np.corrcoef(moved.ravel(), digit.ravel())[0, 1] > 0.93


def test_a_picture_of_nothing_is_no_digit():
    with pytest.raises(InputError, match="shows no digit"):
        as_digit(np.full((30, 30), 200, np.uint8), 20, None)


def test_the_usual_size_of_the_ink_is_read_from_the_training_digits(tmp_path: Path):
    images = np.zeros((50, 28, 28), np.uint8)
    images[:, 4:24, 5:23] = 200
    np.savez(tmp_path / "digits.npz", x_train=images)
    assert ink_box(tmp_path) == (20, 18)
    images[:25, :, 12:23] = 0
    (tmp_path / "other").mkdir()
    np.savez(tmp_path / "other/digits.npz", x_train=images)
    assert ink_box(tmp_path / "other") == (20, None)


def test_the_framing_that_was_planted_is_found(monkeypatch: pytest.MonkeyPatch):
    rng, planted = np.random.default_rng(0), Framing(0.1, -0.2, 1.25, 0.75)
    boxes = [Box(int(x), int(y), int(x) + 1000, int(y) + 800) for x, y in rng.integers(0, 300, (40, 2))]
    index = pd.DataFrame({"file": [f"{i}.png" for i in range(40)], "label": "good"})
    index[detection.USED] = [[round(value) for value in planted.applied(box)] for box in boxes]
    photos = iter(boxes)
    monkeypatch.setattr(detection, "decode_photo", lambda *_: type("Photo", (), {"pixels": None}))
    monkeypatch.setattr(detection, "detect_faces", lambda *_: [Face(boxes[int(next(order))])])
    order = iter(index["file"].sort_values().str.removesuffix(".png"))
    del photos
    found = detection.fit_framing(index)
    assert (found.right, found.down, found.width, found.height) == pytest.approx((0.1, -0.2, 1.25, 0.75), abs=0.01)


def test_the_detector_is_read_from_a_download_which_has_no_ending(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shutil.copy(shared_data / YUNET.mirror_path, tmp_path / YUNET.digest)
    monkeypatch.setenv("PIPELINE_DOWNLOADS", str(tmp_path))
    monkeypatch.chdir(PROJECT)
    _detector.cache_clear()
    assert detect_faces(np.zeros((50, 50, 3), np.uint8)) == []


def test_boxes_are_drawn_in_the_colour_of_the_class_and_long_names_shortened(capsys: pytest.CaptureFixture):
    found = [Found("x.jpg", Box(20, 40, 60, 90), 1.0, {"a": 0.2, "b": 0.8})]
    shown = np.asarray(drawn(np.full((100, 100, 3), 9, np.uint8), found))
    assert tuple(shown[89, 40]) == (0xD5, 0x5E, 0x00) and tuple(shown[95, 95]) == (9, 9, 9)
    print_table([Found("x" * 100 + ".jpg", Box(1, 2, 3, 4), 0.5, {"a": 0.2, "b": 0.8})], ["a", "b"])
    assert capsys.readouterr().out.startswith(
        "…" + "x" * 43 + ".jpg         b  a 0.200  b 0.800  box 1,2,3,4  score 0.50\n1 found: 1 b"
    )
