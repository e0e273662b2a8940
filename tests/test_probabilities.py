"""Precision against recall and calibration, against scikit-learn and by hand; their files."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.metrics import average_precision_score, precision_recall_curve

from stages.predictions import Predictions
from stages.results.judge_probabilities import write_probabilities
from stages.results.probabilities import (
    average_precision,
    calibration_error,
    precision_recall,
    probability_figures,
    rarest_class,
    reliability,
    scaled,
)


def predictions(seeds: int = 2) -> Predictions:
    rng = np.random.default_rng(0)
    labels = {"train": np.repeat([0, 1, 2], [30, 50, 8]), "test": np.repeat([0, 1, 2], [10, 25, 6])}
    logits = {s: (rng.normal(size=(seeds, len(y), 3)) + 2 * np.eye(3)[y]).astype(np.float32) for s, y in labels.items()}
    groups = {s: np.arange(len(y)).astype(str) for s, y in labels.items()}
    return Predictions(np.array(["bad", "good", "none"]), np.arange(seeds), logits, labels, groups)


@pytest.mark.parametrize("digits", [1, 8], ids=["ties", "no ties"])
def test_the_curve_is_scikit_learns(digits):
    rng = np.random.default_rng(3)
    scores, positive = rng.random(200).round(digits), rng.random(200) < 0.2
    curve = precision_recall(scores, positive)
    precision, recall, thresholds = precision_recall_curve(positive, scores)
    np.testing.assert_allclose(curve["threshold"], thresholds[::-1])
    np.testing.assert_allclose(curve["precision"], precision[:-1][::-1])
    np.testing.assert_allclose(curve["recall"], recall[:-1][::-1])
    assert average_precision(curve) == pytest.approx(average_precision_score(positive, scores))


def test_the_rarest_class_is_of_the_training_set_and_tested():
    one = predictions()
    assert rarest_class(one) == 2
    untested = one.labels | {"test": np.repeat([0, 1], [10, 31])}
    assert rarest_class(Predictions(one.classes, one.seeds, one.logits, untested, one.groups)) == 0


def test_reliability_by_hand():
    # Confidences .9, .9, .9, .6 (of two classes); right, right, wrong, right.
    logits = np.log(np.array([[[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.4, 0.6]]]))
    table = reliability(logits, np.array([0, 0, 0, 1]))
    assert table["count"].tolist() == [1, 3]
    assert table["confidence"].tolist() == pytest.approx([0.6, 0.9])
    assert table["accuracy"].tolist() == pytest.approx([1, 2 / 3])
    assert calibration_error(table) == pytest.approx((0.4 + 3 * (0.9 - 2 / 3)) / 4)


def test_full_confidence_has_a_bin():
    table = reliability(np.array([[[1000.0, 0.0]]]), np.array([0]))
    assert table.to_numpy().tolist() == [[1, 1, 1]]


def test_honest_probabilities_have_no_error_and_overconfident_ones_do():
    rng = np.random.default_rng(1)
    logits = 2 * rng.normal(size=(50_000, 3))
    labels = (rng.random((50_000, 1)) > softmax(logits, axis=1).cumsum(axis=1)).sum(axis=1)
    assert calibration_error(reliability(logits[None], labels)) < 0.01
    assert calibration_error(reliability(3 * logits[None], labels)) > 0.05


def test_a_temperature_changes_confidence_but_no_prediction():
    one = predictions()
    other = scaled(one, 2.0)
    assert np.array_equal(one.predicted("test"), other.predicted("test"))
    plain, hot = (reliability(each.logits["test"], one.labels["test"]) for each in (one, other))
    assert np.average(hot["confidence"], weights=hot["count"]) < np.average(plain["confidence"], weights=plain["count"])


def test_figures_are_means_over_the_seeds():
    one = predictions()
    scores = softmax(one.logits["test"].astype(float), axis=2)[:, :, 2]
    expected = np.mean([average_precision_score(one.labels["test"] == 2, s) for s in scores])
    figures = probability_figures(one, None)
    assert figures["per_class"] == {"none": {"average_precision": pytest.approx(expected)}}
    assert set(figures) == {"per_class", "calibration_error"}
    calibrated = probability_figures(one, 2.0)["calibrated"]
    error = calibration_error(reliability(one.logits["test"] / 2, one.labels["test"]))
    assert calibrated == {"temperature": 2.0, "calibration_error": pytest.approx(error)}


@pytest.mark.parametrize("temperature", [None, 1.5])
def test_files_are_written_the_same_every_time(temperature, tmp_path):
    for folder in ("a", "b"):
        write_probabilities(str(tmp_path / folder), "cnn.mine", predictions(), temperature)
    names = {"probabilities.json", "precision_recall.csv", "precision_recall.png", "reliability.csv", "reliability.png"}
    assert {path.name for path in (tmp_path / "a").iterdir()} == names
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert ("calibrated" in json.loads((tmp_path / "a/probabilities.json").read_text())) == bool(temperature)
    series = set(pd.read_csv(tmp_path / "a/reliability.csv")["variant"])
    assert series == ({"as trained", "calibrated"} if temperature else {"as trained"})
    curve = pd.read_csv(tmp_path / "a/precision_recall.csv")
    assert curve["recall"].iloc[-1] == 1 and curve["recall"].is_monotonic_increasing
