"""The intervals in metrics.json."""

import numpy as np
import pytest
from scipy.stats import binomtest

from stages.predictions import Predictions
from stages.results.interval_figures import interval_figures

CLASSES = np.array(["bad", "good", "none"])


def predictions(correct: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> Predictions:
    """Networks (seeds) that get right what ``correct`` (seeds, samples) says."""
    taken = np.where(correct, labels, (labels + 1) % len(CLASSES))
    logits = np.eye(len(CLASSES), dtype=np.float32)[taken]
    return Predictions(
        CLASSES,
        np.arange(len(correct)),
        {"train": logits, "test": logits},
        {"train": labels, "test": labels},
        {"train": groups, "test": groups},
    )


def test_samples_that_stand_alone_have_wilsons_interval() -> None:
    labels = np.repeat([0, 1], [20, 80])
    correct = np.arange(100) % 4 != 0
    found = interval_figures(predictions(np.array([correct]), labels, np.arange(100).astype(str)), 0)
    expected = binomtest(75, 100).proportion_ci(0.95, "wilson")
    assert (found["accuracy"]["low"], found["accuracy"]["high"]) == pytest.approx((expected.low, expected.high))
    expected = binomtest(15, 20).proportion_ci(0.95, "wilson")
    assert found["recall"]["bad"] == pytest.approx({"low": expected.low, "high": expected.high})
    assert set(found["recall"]) == {"bad", "good"}, "a class without test samples has no interval"


def test_seeds_are_averaged_before_the_interval_is_taken() -> None:
    labels = np.zeros(40, int)
    correct = np.array([np.arange(40) < 40, np.arange(40) < 20])
    found = interval_figures(predictions(correct, labels, np.arange(40).astype(str)), 0)
    expected = binomtest(30, 40).proportion_ci(0.95, "wilson")
    assert found["accuracy"]["low"] == pytest.approx(expected.low)


def test_faces_that_share_photos_are_surer_of_less() -> None:
    """The same hits, once spread over the photos, once all in the same half of them."""
    labels = np.tile([0, 1, 2], 40)
    photos = np.repeat(np.arange(12), 10).astype(str)
    spread, together = np.arange(120) % 2 == 0, np.arange(120) < 60
    width = {}
    for name, correct in {"spread": spread, "together": together}.items():
        found = interval_figures(predictions(np.array([correct]), labels, photos), 0)["accuracy"]
        assert found["low"] <= 0.5 <= found["high"]
        width[name] = found["high"] - found["low"]
    assert width["spread"] < 0.01 and width["together"] > 0.4


def test_grouped_figures_follow_the_seed_alone() -> None:
    rng = np.random.default_rng(0)
    labels, photos = rng.integers(0, 3, 90), rng.integers(0, 20, 90).astype(str)
    one = predictions(rng.random((2, 90)) < 0.8, labels, photos)
    first = interval_figures(one, 3)
    assert interval_figures(one, 3) == first != interval_figures(one, 4)
    recalls = [first["recall"][name] for name in CLASSES]
    balanced = first["balanced_accuracy"]
    assert min(r["low"] for r in recalls) < balanced["low"] < balanced["high"] < max(r["high"] for r in recalls)
