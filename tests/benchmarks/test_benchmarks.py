"""The benchmarks' clock is fair, and all competitors do the same work."""

import numpy as np
import pytest

from benchmarks.networks import our_epoch, products, sklearn_epoch, torch_epoch
from benchmarks.timing import OURS, race, rows_of


def test_each_round_is_begun_by_another_competitor_and_the_first_does_not_count():
    order: list[str] = []
    names = [OURS, "b", "c"]
    seconds = race({name: lambda name=name: order.append(name) for name in names}, rounds=3)
    assert order == [OURS, "b", "c", "b", "c", OURS, "c", OURS, "b", OURS, "b", "c"]
    assert {name: len(times) for name, times in seconds.items()} == dict.fromkeys(names, 3)


def test_a_ratio_is_taken_within_the_rounds():
    table = rows_of("crop", "x", {OURS: [1.0, 10.0, 2.0], "b": [2.0, 20.0, 2.0]})
    assert table["ratio"].tolist() == pytest.approx([np.nan, 0.5], nan_ok=True)
    assert table["median"].tolist() == [2.0, 2.0] and table["low"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize("loads", [True, False])
def test_every_competitor_runs_on_the_same_arrays(loads: bool):
    rng = np.random.default_rng(0)
    inputs, tests = (rng.random((count, 784), dtype=np.float32) for count in (240, 120))
    labels, truth = rng.integers(0, 10, 240), rng.integers(0, 10, 120)
    for epoch in (
        our_epoch(inputs, labels, tests, truth, 5),
        sklearn_epoch(inputs, labels, 5),
        torch_epoch(inputs, labels, tests, truth, 5, loads),
        products(inputs, tests, 5),
    ):
        epoch()
