"""Intervals and paired comparisons, against scipy, statsmodels' published algorithm and brute force."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest, chi2

from stages.errors import InputError
from stages.predictions import Predictions
from stages.results.comparison import compare_variants, holm, mcnemar_p
from stages.results.comparison_picture import draw_comparison
from stages.results.intervals import GroupBootstrap, percentile_interval, wilson_interval
from stages.results.pictures import plt


def predictions_of(predicted: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> Predictions:
    """Predictions whose logits point to ``predicted``, (S, N)."""
    logits = np.eye(3, dtype=np.float32)[predicted]
    both = {"train": logits, "test": logits}
    return Predictions(
        np.array(["bad", "good", "none"]),
        np.arange(len(predicted)),
        both,
        {"train": labels, "test": labels},
        {"train": groups, "test": groups},
    )


def test_wilson_of_the_reports_eight_of_22() -> None:
    z = np.sqrt(chi2.ppf(0.95, 1))
    p, n = 8 / 22, 22
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert wilson_interval(8, 22) == pytest.approx((centre - half, centre + half))
    assert wilson_interval(0, 0) == (0.0, 1.0)
    low, high = wilson_interval(0, 5)
    assert low == 0
    assert 0.3 < high < 0.5


@pytest.mark.parametrize("total", [1, 2, 22, 394, 5768])
def test_wilson_is_scipys(total: int) -> None:
    for hits in {0, 1, total // 3, total - 1, total}:
        expected = binomtest(hits, total).proportion_ci(0.95, "wilson")
        assert wilson_interval(hits, total) == pytest.approx((expected.low, expected.high), rel=1e-12, abs=1e-15)
        assert (wilson_interval(hits, total)[0] == 0) == (hits == 0)
        assert (wilson_interval(hits, total)[1] == 1) == (hits == total)


def test_bootstrap_draws_whole_groups() -> None:
    # Two photos of 50 faces each, one all right and one all wrong: only 0, 1/2 and 1 can be drawn.
    groups = np.repeat(["a", "b"], 50)
    bootstrap = GroupBootstrap(groups, np.zeros(100, int), 1, 0)
    drawn = bootstrap.accuracy((groups == "a").astype(float))
    assert set(np.round(drawn, 6)) == {0.0, 0.5, 1.0}
    assert percentile_interval(drawn) == (0.0, 1.0)


def test_bootstrap_of_single_samples_has_the_binomial_width() -> None:
    values = np.arange(400) < 300
    bootstrap = GroupBootstrap(np.arange(400).astype(str), np.zeros(400, int), 1, 1)
    low, high = percentile_interval(bootstrap.accuracy(values.astype(float)))
    deviation = np.sqrt(0.75 * 0.25 / 400)
    assert low == pytest.approx(0.75 - 1.96 * deviation, abs=0.01)
    assert high == pytest.approx(0.75 + 1.96 * deviation, abs=0.01)


def test_recalls_of_a_draw_without_the_class_are_left_out() -> None:
    labels = np.array([0, 0, 0, 1])
    bootstrap = GroupBootstrap(np.array(list("abcd")), labels, 2, 0)
    drawn = bootstrap.recalls(np.ones(4))
    assert np.isnan(drawn[:, 1]).any()
    assert percentile_interval(drawn[:, 1]) == (1.0, 1.0)


def test_mcnemar_counts_the_discordant_alone() -> None:
    first = np.array([1, 1, 1, 1, 0, 1, 0, 1, 1], bool)
    second = np.array([0, 0, 0, 0, 1, 1, 0, 0, 0], bool)
    everything = np.ones(9, bool)
    assert mcnemar_p(first, second, everything) == pytest.approx(binomtest(6, 7).pvalue)
    assert mcnemar_p(first, first, everything) == 1.0
    assert mcnemar_p(first, second, np.arange(9) >= 7) == pytest.approx(0.5)


def test_holm_by_hand() -> None:
    # Sorted 0.01, 0.02, 0.03, 0.2 times 4, 3, 2, 1 is 0.04, 0.06, 0.06, 0.2; none may fall below the one before.
    corrected = holm(np.array([0.03, 0.01, np.nan, 0.2, 0.02]))
    np.testing.assert_allclose(corrected, [0.06, 0.04, np.nan, 0.2, 0.06])
    np.testing.assert_allclose(holm(np.array([0.6, 0.7])), [1, 1])


def test_a_clear_difference_is_found_and_none_is_not() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 600)
    groups = np.repeat(np.arange(200), 3).astype(str)
    wrong = (labels + 1) % 3
    weak = np.where(rng.random((2, 600)) < 0.5, labels, wrong)
    strong = np.where(rng.random((2, 600)) < 0.9, labels, wrong)
    twin = np.where(rng.random((2, 600)) < 0.9, labels, wrong)
    all_three = {"weak": weak, "strong": strong, "twin": twin}
    table = compare_variants({name: predictions_of(p, labels, groups) for name, p in all_three.items()}, 0)
    rows = table.set_index(["first", "second", "figure"])
    found = rows.loc["weak", "strong", "accuracy"]
    expected = (strong == labels).mean() - (weak == labels).mean()
    assert found["difference"] == pytest.approx(expected)
    assert found["low"] < expected < found["high"]
    assert found["verdict"] == "strong is better (interval and corrected test)"
    assert rows.loc["strong", "twin", "accuracy"]["verdict"] == "these data cannot tell them apart"
    assert np.isnan(rows.loc["weak", "strong", "balanced_accuracy"]["mcnemar_p"])
    recall = np.mean([(p == labels)[:, labels == 2].mean() for p in [strong]]) - (weak == labels)[:, labels == 2].mean()
    assert rows.loc["weak", "strong", "recall none"]["difference"] == pytest.approx(recall)


def test_different_test_samples_are_refused() -> None:
    labels = np.zeros(4, int)
    one = predictions_of(np.zeros((1, 4), int), labels, np.array(list("abcd")))
    other = predictions_of(np.zeros((1, 4), int), labels, np.array(list("abce")))
    relabelled = replace(one, labels=one.labels | {"test": np.array([0, 0, 0, 1])})
    renamed = replace(one, classes=np.array([f"{name}s" for name in one.classes]))
    for foreign in (other, relabelled, renamed):
        with pytest.raises(InputError, match="one and other were judged on different test samples or classes"):
            compare_variants({"one": one, "other": foreign}, 0)


def test_one_variant_alone_has_no_pairs() -> None:
    labels = np.zeros(4, int)
    table = compare_variants({"one": predictions_of(np.zeros((1, 4), int), labels, np.array(list("abcd")))}, 0)
    assert table.empty
    assert {"first", "second", "difference", "holm_p", "verdict"} <= set(table.columns)
    plt.close(draw_comparison(table, "none to draw"))
