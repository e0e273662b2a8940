"""The figures against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from stages.predictions import SPLITS, Predictions
from stages.results.scores import confusion_matrix, flatten, score, scores_per_seed, summarise_seeds

NAMES = np.array(["bad", "good", "none", "other"])


def logits_for(predicted: np.ndarray, classes: int, seed: int = 0) -> np.ndarray:
    """Random logits whose largest is that of ``predicted``."""
    logits = np.random.default_rng(seed).normal(size=(len(predicted), classes))
    logits[np.arange(len(predicted)), predicted] = logits.max(axis=1) + 0.5
    return logits


def predictions(seeds: int = 2, samples: int = 30) -> Predictions:
    rng = np.random.default_rng(0)
    return Predictions(
        NAMES,
        np.arange(seeds),
        {split: rng.normal(size=(seeds, samples, 4)).astype(np.float32) for split in SPLITS},
        {split: rng.integers(0, 4, samples) for split in SPLITS},
        {split: np.arange(samples).astype(str) for split in SPLITS},
    )


# Any pairs of actual and predicted class: some classes have no sample, some no prediction, some neither.
PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@settings(max_examples=30, deadline=None)
@given(PAIRS)
def test_every_figure_is_scikit_learns(pairs):
    actual, predicted = np.array(pairs).T
    logits = logits_for(predicted, 4)
    figures = score(logits, actual, NAMES)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        actual, predicted, labels=range(4), zero_division=0
    )
    for i, name in enumerate(NAMES):
        expected = {"precision": precision[i], "recall": recall[i], "f1": f1[i], "support": support[i]}
        assert figures["per_class"][name] == pytest.approx(expected)
    assert figures["accuracy"] == pytest.approx(metrics.accuracy_score(actual, predicted))
    assert figures["error_rate"] == pytest.approx(1 - figures["accuracy"])
    assert figures["balanced_accuracy"] == pytest.approx(
        metrics.recall_score(actual, predicted, labels=np.unique(actual), average="macro", zero_division=0)
    )
    assert figures["macro_f1"] == pytest.approx(metrics.f1_score(actual, predicted, average="macro", zero_division=0))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert figures["loss"] == pytest.approx(metrics.log_loss(actual, probabilities, labels=range(4)))


@settings(max_examples=30, deadline=None)
@given(PAIRS)
def test_confusion_matrix_is_scikit_learns(pairs):
    actual, predicted = np.array(pairs).T
    expected = metrics.confusion_matrix(actual, predicted, labels=range(4))
    assert (confusion_matrix(actual, predicted, 4) == expected).all()


def test_balanced_accuracy_is_scikit_learns():
    actual, predicted = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 0])
    expected = metrics.balanced_accuracy_score(actual, predicted)
    assert score(logits_for(predicted, 3), actual, NAMES[:3])["balanced_accuracy"] == pytest.approx(expected)


def test_by_hand():
    # good: 3 samples, 2 found; bad: 1 sample, found, and one good taken for it.
    figures = score(logits_for(np.array([1, 1, 0, 0]), 2), np.array([1, 1, 1, 0]), NAMES[:2])
    assert figures["accuracy"] == 0.75
    assert figures["balanced_accuracy"] == pytest.approx((1 + 2 / 3) / 2)
    assert figures["per_class"]["bad"] == {"precision": 0.5, "recall": 1, "f1": pytest.approx(2 / 3), "support": 1}
    assert figures["per_class"]["good"] == {"precision": 1, "recall": pytest.approx(2 / 3), "f1": 0.8, "support": 3}


def test_means_and_deviations_over_seeds():
    several = predictions(seeds=3)
    summary, each = summarise_seeds(several), scores_per_seed(several)
    for split in SPLITS:
        values = [figures["macro_f1"] for figures in each[split]]
        assert summary[split]["macro_f1"] == pytest.approx(np.mean(values))
        assert summary["std"][split]["macro_f1"] == pytest.approx(np.std(values, ddof=1))
        recalls = [figures["per_class"]["none"]["recall"] for figures in each[split]]
        assert summary[split]["per_class"]["none"]["recall"] == pytest.approx(np.mean(recalls))
        assert summary["std"][split]["per_class"]["none"]["recall"] == pytest.approx(np.std(recalls, ddof=1))
        support = summary[split]["per_class"]["none"]["support"]
        assert support == (several.labels[split] == 2).sum()
        assert np.issubdtype(type(support), np.integer)  # a count, not a mean of counts
        assert "support" not in summary["std"][split]["per_class"]["none"]


def test_one_seed_has_no_deviation():
    assert set(summarise_seeds(predictions(seeds=1))) == set(SPLITS)


def without(ours: Predictions, dropped: list[int]) -> Predictions:
    """The same predictions less these test samples."""
    kept = np.delete(np.arange(len(ours.labels["test"])), dropped)
    test = {"logits": ours.logits["test"][:, kept], "labels": ours.labels["test"][kept]}
    parts = [{"train": getattr(ours, key)["train"], "test": test[key]} for key in ("logits", "labels")]
    return Predictions(ours.classes, ours.seeds, *parts, {"train": ours.groups["train"], "test": kept.astype(str)})


@pytest.mark.parametrize("seeds", [1, 3])
def test_figures_without_leaks_are_those_of_the_other_test_samples(seeds):
    ours = predictions(seeds)
    summary = summarise_seeds(ours, {"0", "3", "17", "in no test set"})
    expected = summarise_seeds(without(ours, [0, 3, 17]))
    assert summary["test"] == summarise_seeds(ours)["test"]
    parts = [(summary, expected)] + ([(summary["std"], expected["std"])] if seeds > 1 else [])
    for ours_part, theirs in parts:
        clean, test = ours_part["test_without_leaks"], theirs["test"]
        assert set(clean) == {"accuracy", "balanced_accuracy", "per_class"}
        assert clean["accuracy"] == pytest.approx(test["accuracy"])
        assert clean["balanced_accuracy"] == pytest.approx(test["balanced_accuracy"])
        for name, figures in clean["per_class"].items():
            assert figures["recall"] == pytest.approx(test["per_class"][name]["recall"])
            assert figures.get("support") == test["per_class"][name].get("support")


def test_nothing_leaks_or_everything_does():
    ours = predictions()
    assert "test_without_leaks" not in summarise_seeds(ours) | summarise_seeds(ours, {"30"})
    assert "test_without_leaks" not in summarise_seeds(ours, set(map(str, range(30))))


def test_flatten_joins_keys_by_dots():
    nested = {"loss": 1, "per_class": {"none": {"recall": 0.5}, "bad": {"recall": 1}}}
    assert flatten(nested) == {"loss": 1, "per_class.none.recall": 0.5, "per_class.bad.recall": 1}
