"""The facts of the study's page: what they mean, by other means; and the page of a small study."""

import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import NearestCentroid

from stages.evaluation.comparison import compare
from studies import every_face
from studies.facts import (
    Study,
    largest_step,
    mean_of_networks,
    nearest_centre_accuracy,
    sampling_errors,
    single_run_interval,
    together_rows,
)
from studies.run import StageClock, seen_from
from studies.write import lengths
from tests.evaluation.conftest import make_predictions
from tests.helpers import PROJECT, Pipeline


def test_the_nearest_centre_is_scikit_learns():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 200)
    points = rng.normal(size=(200, 2)) + labels[:, None]
    assert nearest_centre_accuracy(points, labels) == NearestCentroid().fit(points, labels).score(points, labels)


def test_the_largest_step_is_between_neighbours():
    rows = [{"epoch": epoch, "accuracy": value} for epoch, value in ((1, 0.1), (2, 0.3), (5, 0.7), (9, 0.8))]
    assert largest_step(rows) == (2, 5)


def test_a_single_run_scatters_as_its_seed_and_its_samples_do():
    predictions = make_predictions(seeds=3, photos=False)
    low, high = single_run_interval(predictions, "test", "accuracy", 0)
    correct = predictions.predicted("test") == predictions.labels["test"]
    rng = np.random.default_rng(1)
    drawn = [rng.choice(correct[rng.integers(3)], correct.shape[1]).mean() for _ in range(4000)]
    assert (low, high) == pytest.approx(np.percentile(drawn, (2.5, 97.5)), abs=0.03)
    low, high = single_run_interval(predictions, "test", "recall none", 0)
    assert low <= correct[:, predictions.labels["test"] == 2].mean() <= high


def test_sampling_errors_are_those_of_proportions():
    found = sampling_errors({"a": 0.9, "b": 0.5}, {"a": 100, "b": 25})
    assert (found["rarest"], found["count"], found["recall"]) == ("b", 25, 0.1)
    assert found["balanced_accuracy"] == pytest.approx((0.03**2 + 0.1**2) ** 0.5 / 2)


def test_a_pair_turned_round_has_its_difference_turned_round(tmp_path):
    table = tmp_path / "metrics/masks/comparison.csv"
    table.parent.mkdir(parents=True)
    row = {"first": "a", "second": "b", "figure": "accuracy", "difference": 0.1, "low": -0.05, "high": 0.2}
    pd.DataFrame([row]).to_csv(table, index=False)
    study = SimpleNamespace(folder=lambda name: tmp_path / "metrics/masks" / name)
    assert Study.pair(study, "a", "b")["accuracy"]["low"] == -0.05
    turned = Study.pair(study, "b", "a")["accuracy"]
    assert (turned["difference"], turned["low"], turned["high"]) == (-0.1, -0.2, 0.05)


def test_only_changes_of_the_length_make_the_curve_of_lengths():
    changes = {"unchanged": {"images": 40}, "long": {"images": 80}, "both": {"images": 20, "lr": 1}, "other": {"lr": 1}}
    rows = lengths(pd.DataFrame({"change": ["long", "unchanged", "both", "other"]}), changes)
    assert rows["images"].tolist() == [40, 80]


def test_the_clock_takes_the_time_from_one_stage_to_the_end_of_it(tmp_path):
    clock = StageClock()
    for line, now in (("Running stage 'a':", 1), ("Updating lock file", 3.5), ("Running stage 'b':", 4), ("> x", 5)):
        clock.read(line, now)
    clock.stop(9)
    assert clock.seconds == {"a": 2.5, "b": 5.0}
    clock.save(tmp_path / "s.csv")
    again = StageClock()
    again.seconds = {"b": 1.0}
    again.save(tmp_path / "s.csv")
    assert pd.read_csv(tmp_path / "s.csv").to_numpy().tolist() == [["a", 2.5], ["b", 1.0]]
    assert seen_from(tmp_path / "study", str(tmp_path / "x.npz")) == "../x.npz"
    assert seen_from(tmp_path, "https://example.org/a") == "https://example.org/a"


def test_the_questions_are_answered_by_their_pairs_and_networks_are_asked_together_by_their_mean_logits():
    many = make_predictions(seeds=3)
    together = mean_of_networks(many)
    np.testing.assert_allclose(together.logits["test"][0], many.logits["test"].mean(axis=0))
    predictions = {name: make_predictions(skill=skill) for name, skill in (("step_lr", 0.5), ("weighted", 5.0))}
    asked = every_face.answers(compare(predictions, 0), predictions)
    assert [one["pair"] for one in asked] == [("step_lr", "weighted")] and asked[0]["rows"]["accuracy"]["low"] > 0
    assert every_face.open_questions(asked) == sum(
        asked[0]["rows"][figure]["low"] <= 0 <= asked[0]["rows"][figure]["high"]
        for figure in ("accuracy", "balanced_accuracy", "recall good", "recall none")
    )


def test_networks_together_are_a_row_an_operating_point_beside_the_mean_of_single_ones():
    many, balanced = make_predictions(seeds=3, skill=1.0), SimpleNamespace(balanced_logits=True)
    study = SimpleNamespace(
        has=lambda name: name == "balanced",
        predictions=lambda name: many,
        params=SimpleNamespace(variant=lambda name: balanced),
    )
    plain, natural = together_rows(study)
    assert (plain["variant"], natural["variant"]) == ("balanced", "balanced, natural point")
    labels, shares = many.labels["test"], np.bincount(many.labels["train"]) / len(many.labels["train"])
    for row, logits in ((plain, many.logits["test"]), (natural, many.logits["test"] + np.log(shares))):
        right = (logits.argmax(2) == labels).mean(axis=1)
        assert row["networks"] == 3 and row["single"]["accuracy"] == pytest.approx(right.mean())
        assert row["together"]["accuracy"] == pytest.approx((logits.mean(axis=0).argmax(1) == labels).mean())
    assert plain["together"]["accuracy"] not in (plain["single"]["accuracy"], natural["together"]["accuracy"])


@pytest.mark.slow
def test_the_page_of_a_small_study_is_written_without_the_variants_that_it_lacks(finished: Pipeline):
    shutil.copytree(PROJECT / "studies", finished.folder / "studies")
    finished.change(cross_validation={"folds": 2, "seeds": [0, 1], "variants": ["plain", "balanced"]})
    assert finished.repro() == {"cross_validate@plain", "cross_validate@balanced"}
    status, said = finished.python("studies.write", ".")
    assert status == 0, said
    page = (finished.folder / "docs/results.md").read_text(encoding="utf-8")
    assert "| plain |" in page and "| balanced" in page and "step_lr" not in page.split("## The report")[0]
    judged = (finished.folder / "docs/every_face.md").read_text(encoding="utf-8")
    for row in ("plain", "balanced, natural point", "plain, its 2 networks together"):
        assert f"| {row} |" in judged
    files = finished.folder / "docs/results"
    assert (files / "masks_curves.png").exists() and (files / "metrics/masks/plain/metrics.json").exists()
    for name in [part.split(")")[0] for part in page.split("](results/")[1:]]:
        assert not name or (files / name).exists(), name
