"""95 % intervals: they cover what they should, whole groups are drawn, and Wilson's is statsmodels'."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from stages.evaluation.intervals import GroupBootstrap, interval_figures, percentile_interval, wilson_interval

NAMES = np.array(["bad", "good", "none"])


@pytest.mark.parametrize(("hits", "total"), [(8, 22), (0, 5), (5, 5), (1, 1), (375, 394), (5700, 5768)])
def test_wilsons_interval_is_statsmodels(hits, total):
    low, high = proportion_confint(hits, total, method="wilson")
    found = wilson_interval((np.arange(total) < hits).astype(float))
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=1e-12)


def test_figures_of_a_draw_are_those_of_the_samples_that_were_drawn():
    rng = np.random.default_rng(1)
    groups, labels, values = rng.integers(0, 9, 60), rng.integers(0, 3, 60), rng.random(60)
    bootstrap = GroupBootstrap(groups.astype(str), labels, 3, 5)
    accuracy, recalls = bootstrap.accuracy(values), bootstrap.recalls(values)
    draws = np.random.default_rng(5).multinomial(9, np.full(9, 1 / 9), len(accuracy))
    for draw in (0, 1, len(accuracy) - 1):
        samples = np.concatenate([np.tile(np.flatnonzero(groups == g), draws[draw, g]) for g in range(9)])
        assert accuracy[draw] == pytest.approx(values[samples].mean())
        for label in range(3):
            assert recalls[draw, label] == pytest.approx(values[samples][labels[samples] == label].mean())


@pytest.mark.filterwarnings("error")
def test_draws_without_the_class_are_left_out_of_its_interval():
    drawn = GroupBootstrap(np.array(list("abcd")), np.array([0, 0, 0, 1]), 2, 0).recalls(np.ones(4))
    assert np.isnan(drawn[:, 1]).any() and not np.isnan(drawn[:, 0]).all()
    assert percentile_interval(drawn[:, 1]) == (1, 1)


def covered(photo_effect: float, groups: np.ndarray) -> float:
    """The share of 100 experiments whose interval holds the true accuracy, 0.7."""
    rng, hits = np.random.default_rng(0), 0
    for experiment in range(100):
        of_photo = rng.normal(size=60)[np.arange(240) // 4] * photo_effect
        threshold = 0.5244 * np.hypot(1, photo_effect)  # 70 % of a normal variable's values are below 0.5244
        correct = rng.normal(size=240) + of_photo < threshold
        predicted = np.where(correct, 0, 1)[None]
        found = interval_figures(predicted, np.zeros(240, int), groups, NAMES, experiment)["accuracy"]
        hits += found["low"] <= 0.7 <= found["high"]
    return hits / 100


def test_intervals_cover_the_truth_about_95_times_in_100():
    photos, single = (np.arange(240) // 4).astype(str), np.arange(240).astype(str)
    assert 0.9 <= covered(0, single) <= 0.99, "Wilson, independent samples"
    assert 0.9 <= covered(2, photos) <= 0.99, "samples of a photo are alike"
    assert covered(2, single) < 0.85, "and that is why photos are drawn"


def test_independent_samples_have_wilsons_interval_of_the_networks_mean_and_no_balanced_accuracy():
    labels, correct = np.repeat([0, 1], [20, 80]), np.array([np.arange(100) % 2 == 0, np.ones(100, bool)])
    found = interval_figures(np.where(correct, labels, 2), labels, np.arange(100).astype(str), NAMES, 0)
    assert found["accuracy"] == pytest.approx(wilson_interval(np.arange(100) < 75))
    assert found["recall"]["bad"] == pytest.approx(wilson_interval(np.arange(20) < 15))
    assert set(found) == {"accuracy", "recall"} and set(found["recall"]) == {"bad", "good"}


@pytest.mark.filterwarnings("error")
def test_figures_of_groups_hold_the_value_and_leave_out_a_class_without_samples(fake):
    one = fake(labels={"test": np.arange(48) % 2})
    labels, groups = one.labels["test"], one.groups["test"]
    found = interval_figures(one.predicted("test"), labels, groups, one.classes, 3)
    assert interval_figures(one.predicted("test"), labels, groups, one.classes, 3) == found
    assert interval_figures(one.predicted("test"), labels, groups, one.classes, 4) != found
    correct = (one.predicted("test") == labels).mean(axis=0)
    recalls = {"bad": correct[labels == 0].mean(), "good": correct[labels == 1].mean()}
    assert set(found["recall"]) == set(recalls)
    values = {"accuracy": correct.mean(), "balanced_accuracy": np.mean(list(recalls.values()))}
    for ends, value in [
        *((found[k], v) for k, v in values.items()),
        *((found["recall"][k], recalls[k]) for k in recalls),
    ]:
        assert ends["low"] < value < ends["high"]
