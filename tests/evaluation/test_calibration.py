"""What logits mean: operating points, temperature and reliability, by hand and against scikit-learn."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss

from stages.evaluation.calibration import calibration_error, fit_temperature, natural_logits, reliability


def honest(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits (count, 3), and labels that are drawn by their softmax."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.normal(size=(count, 3))
    return logits, (rng.random((count, 1)) > softmax(logits, axis=1).cumsum(axis=1)).sum(axis=1)


def test_the_natural_point_is_bayes_rule_with_the_training_shares():
    balanced = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    labels = np.repeat([0, 1, 2], [16, 3, 1])
    expected = balanced * [0.8, 0.15, 0.05]
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(softmax(natural_logits(np.log(balanced), labels), axis=1), expected)
    assert natural_logits(np.zeros((2, 5, 3), np.float32), labels).dtype == np.float32


def test_a_class_without_training_samples_counts_as_half_a_sample():
    found = softmax(natural_logits(np.zeros((1, 3)), np.array([0, 0, 0, 1])), axis=1)
    np.testing.assert_allclose(found[0], np.array([3, 1, 0.5]) / 4.5)


@pytest.mark.parametrize("scale", [0.3, 1, 4])
def test_the_temperature_undoes_a_scale_and_no_other_has_less_loss(scale):
    logits, labels = honest(5000, 0)
    found = fit_temperature(scale * logits, labels)
    assert found == pytest.approx(scale, rel=0.05)
    losses = [log_loss(labels, softmax(scale * logits / t, axis=1)) for t in (found, 0.98 * found, 1.02 * found)]
    assert losses[0] == min(losses)


def test_reliability_by_hand():
    # Confidences .9, .9, .9 and .6; right, right, wrong, right.
    logits = np.log(np.array([[[0.9, 0.1], [0.9, 0.1]], [[0.1, 0.9], [0.4, 0.6]]])).reshape(1, 4, 2)
    table = reliability(logits, np.array([0, 0, 0, 1]))
    assert table["count"].tolist() == [1, 3]
    assert table["confidence"].tolist() == pytest.approx([0.6, 0.9])
    assert table["accuracy"].tolist() == pytest.approx([1, 2 / 3])
    assert calibration_error(table) == pytest.approx((0.4 + 3 * (0.9 - 2 / 3)) / 4)


def test_the_bins_are_scikit_learns_and_hold_all_networks_together(fake):
    one = fake(seeds=3, skill=50)  # the confidence reaches 1
    probabilities = softmax(one.logits["test"].astype(float), axis=2)
    correct = (probabilities.argmax(axis=2) == one.labels["test"]).ravel()
    accuracy, confidence = calibration_curve(correct, probabilities.max(axis=2).ravel(), n_bins=15)
    table = reliability(one.logits["test"], one.labels["test"])
    np.testing.assert_allclose(table["accuracy"], accuracy)
    np.testing.assert_allclose(table["confidence"], confidence)
    assert table["count"].sum() == correct.size


def test_honest_probabilities_have_no_error_and_exaggerated_ones_do():
    logits, labels = honest(20_000, 1)
    assert calibration_error(reliability(logits[None], labels)) < 0.015
    assert calibration_error(reliability(3 * logits[None], labels)) > 0.05
