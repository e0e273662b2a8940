"""Figures of one network, against scikit-learn and by hand, and their means over several."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix, f1_score, log_loss

from stages.evaluation.scores import deviations, mean_confusion, means, score

NAMES = ("bad", "good", "none")


def of(labels: list[int], predicted: list[int]) -> dict:
    """Scores of a network that is sure of ``predicted``."""
    return score(np.eye(3)[predicted], np.array(labels), NAMES)


def test_figures_are_scikit_learns(fake):
    one = fake(skill=0.7)
    logits, labels = one.logits["train"][0], one.labels["train"]
    found, predicted = score(logits, labels, one.classes), logits.argmax(axis=1)
    assert found["accuracy"] == pytest.approx(accuracy_score(labels, predicted))
    assert found["error_rate"] == pytest.approx(1 - accuracy_score(labels, predicted))
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, predicted))
    assert found["macro_f1"] == pytest.approx(f1_score(labels, predicted, average="macro"))
    assert found["loss"] == pytest.approx(log_loss(labels, softmax(logits.astype(float), axis=1)))


def test_figures_of_a_class_by_hand():
    found = of([0, 0, 0, 1, 1, 2], [0, 1, 0, 1, 2, 2])
    assert found["per_class"]["bad"] == pytest.approx({"precision": 1, "recall": 2 / 3, "f1": 0.8, "support": 3})
    assert found["per_class"]["none"] == pytest.approx({"precision": 0.5, "recall": 1, "f1": 2 / 3, "support": 1})


def test_a_class_without_samples_has_no_recall_and_is_left_out_of_the_mean_recall():
    found = of([0, 0, 1, 1], [0, 0, 1, 0])
    assert set(found["per_class"]) == {"bad", "good"}
    assert found["balanced_accuracy"] == pytest.approx((1 + 1 / 2) / 2)
    assert found["macro_f1"] == pytest.approx((0.8 + 2 / 3) / 2)


def test_a_class_that_is_predicted_but_not_there_counts_in_the_mean_f1():
    found = of([0, 0, 1, 1], [0, 0, 1, 2])
    assert found["balanced_accuracy"] == pytest.approx(0.75)
    assert found["macro_f1"] == pytest.approx((1 + 2 / 3 + 0) / 3)


@pytest.mark.filterwarnings("error")
def test_the_loss_of_a_network_that_is_sure_and_wrong_is_finite():
    assert score(np.array([[1e6, 0]], np.float32), np.array([1]), ["a", "b"])["loss"] == pytest.approx(1e6)


def test_means_and_deviations_over_the_networks():
    scores = [of([0, 0, 1], [0, 0, 1]), of([0, 0, 1], [0, 1, 1])]
    mean, spread = means(scores), deviations(scores)
    assert mean["accuracy"] == pytest.approx(5 / 6)
    assert spread["accuracy"] == pytest.approx((1 / 3) / np.sqrt(2)), "divisor n - 1"
    assert mean["per_class"]["bad"]["recall"] == pytest.approx(0.75)
    assert spread["per_class"]["bad"]["recall"] == pytest.approx(0.5 / np.sqrt(2))
    assert mean["per_class"]["bad"]["support"] == 2
    assert "support" not in spread["per_class"]["bad"]


def test_the_confusion_is_scikit_learns_mean_over_the_networks(fake):
    one = fake(skill=0.5)
    labels, predicted = one.labels["test"], one.predicted("test")
    expected = np.mean([confusion_matrix(labels, each) for each in predicted], axis=0)
    assert mean_confusion(predicted, labels, 3).tolist() == expected.tolist()
