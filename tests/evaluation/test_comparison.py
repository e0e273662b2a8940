"""All variants of a study side by side."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import mcnemar

from stages.evaluation.comparison import MOST_POINTS, compare, curves, mcnemar_p, overview, recalls, write_comparison
from stages.evaluation.intervals import GroupBootstrap, percentile_interval
from stages.evaluation.scores import score
from stages.runtime.errors import InputError
from stages.storage.tables import read_table, write_table

COLUMNS = ["first", "second", "figure", "difference", "low", "high", "mcnemar_p", "holm_p", "verdict"]
FILES = ("overview.csv", "recall.csv", "curves.csv", "comparison.csv", "comparison.png")


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``metrics/masks`` of a project with short learning curves of some variants."""
    monkeypatch.chdir(tmp_path)
    for name, epochs in {"balanced": 3, "fixed_lr": 4, "step_lr": 1001}.items():
        rows = pd.DataFrame({"epoch": range(1, epochs + 1), "train_loss": 1.0, "test_accuracy": 0.5})
        both = [rows.assign(seed=0), rows.assign(seed=1, test_accuracy=0.7)]
        write_table(f"models/masks/{name}.history.csv", pd.concat(both))
    return Path("metrics/masks")


@pytest.fixture
def variants(fake):
    """A function that makes predictions of several variants for the same test samples, by their accuracies."""

    def make(**accuracies: float):
        one, made = fake(labels={"test": np.random.default_rng(0).integers(0, 3, 300)}), {}
        labels = one.labels["test"]
        for number, (name, accuracy) in enumerate(accuracies.items()):
            hits = np.random.default_rng(number).random((2, 300)) < accuracy
            made[name] = replace(one, logits=one.logits | {"test": np.eye(3)[np.where(hits, labels, (labels + 1) % 3)]})
        return made

    return make


def row(table: pd.DataFrame, *key: str) -> pd.Series:
    """The row of two variants and a figure."""
    return table.set_index(["first", "second", "figure"]).loc[key]


def test_all_tables_are_written_in_alphabetical_order_and_the_same_twice(study, variants):
    made = variants(step_lr=0.9, fixed_lr=0.8, balanced=0.7)
    table = write_comparison(study, made, {"balanced"}, 0)
    assert table["variant"].tolist() == ["balanced", "fixed_lr", "step_lr"]
    assert table["operating_point"].tolist() == ["balanced", "natural", "natural"]
    assert read_table(study / "overview.csv", ["variant"])["variant"].tolist() == table["variant"].tolist()
    compared = read_table(study / "comparison.csv", ["first", "second"])
    assert compared.columns.tolist() == COLUMNS
    pairs = compared[["first", "second"]].drop_duplicates().to_numpy().tolist()
    assert pairs == [["balanced", "fixed_lr"], ["balanced", "step_lr"], ["fixed_lr", "step_lr"]]
    before = [(study / name).read_bytes() for name in FILES]
    write_comparison(study, dict(reversed(made.items())), {"balanced"}, 0)
    assert [(study / name).read_bytes() for name in FILES] == before


@pytest.mark.filterwarnings("error")
def test_one_variant_alone_has_no_pairs(study, variants):
    write_comparison(study, variants(balanced=0.7), {"balanced"}, 0)
    assert read_table(study / "comparison.csv").columns.tolist() == COLUMNS
    assert len(read_table(study / "comparison.csv")) == 0 and (study / "comparison.png").exists()


def test_variants_of_different_test_samples_are_refused_before_anything_is_written(study, variants):
    one = variants(balanced=0.7)["balanced"]
    others = [
        replace(one, names=np.char.add(one.names[0], one.names)),
        replace(one, labels=one.labels | {"test": (one.labels["test"] + 1) % 3}),
        replace(one, classes=np.array(["bad", "good", "nil"])),
    ]
    for other in others:
        with pytest.raises(InputError, match="balanced and step_lr were evaluated on different test samples"):
            write_comparison(study, {"balanced": one, "step_lr": other}, {"balanced"}, 0)
    assert not study.exists()


def test_a_clear_difference_is_found_and_none_is_not(variants):
    made = variants(strong=0.9, twin=0.9, weak=0.5)
    table, labels = compare(made, 0), made["weak"].labels["test"]
    right = {name: (one.predicted("test") == labels).mean(axis=0) for name, one in made.items()}
    found, gain = row(table, "strong", "weak", "accuracy"), right["weak"] - right["strong"]
    assert found["difference"] == pytest.approx(gain.mean())
    drawn = GroupBootstrap(made["weak"].groups["test"], labels, 3, 0).accuracy(gain)
    assert (found["low"], found["high"]) == pytest.approx(percentile_interval(drawn)) and found["high"] < 0
    assert found["verdict"] == "strong is better (interval and corrected test)"
    assert row(table, "strong", "twin", "accuracy")["verdict"] == "these data cannot tell them apart"
    gains = [gain[labels == i].mean() for i in range(3)]
    assert row(table, "strong", "weak", "recall none")["difference"] == pytest.approx(gains[2])
    balanced = row(table, "strong", "weak", "balanced_accuracy")
    assert balanced["difference"] == pytest.approx(np.mean(gains)) and np.isnan(balanced["mcnemar_p"])
    assert balanced["verdict"] == "strong is better (interval)"
    turned = compare({"a": made["weak"], "b": made["strong"]}, 0)
    assert row(turned, "a", "b", "accuracy")["verdict"] == "b is better (interval and corrected test)"


def test_p_values_are_corrected_by_holm_over_the_whole_table(variants):
    table = compare(variants(a=0.9, b=0.85, c=0.8), 0)
    tests = table["mcnemar_p"].dropna()
    assert len(tests) == 12
    factors, order = np.arange(12, 0, -1), np.argsort(tests.to_numpy(), kind="stable")
    expected = np.minimum(1, np.maximum.accumulate(tests.to_numpy()[order] * factors))
    np.testing.assert_allclose(table["holm_p"].dropna().to_numpy()[order], expected)
    assert table["holm_p"].isna().equals(table["mcnemar_p"].isna())
    unsure = table[table["verdict"].str.contains("looks better")]
    assert len(unsure) and (unsure["holm_p"] >= 0.05).all() and (unsure["low"] * unsure["high"] > 0).all()


def test_intervals_are_paired_so_that_networks_that_err_alike_are_told_apart(variants):
    one = variants(alike=0.7)["alike"]
    labels = one.labels["test"]
    right = one.predicted("test") == labels
    right |= np.cumsum(~right, axis=1) % 4 == 0  # a quarter of its mistakes mended, nothing broken
    mended = replace(one, logits=one.logits | {"test": np.eye(3)[np.where(right, labels, (labels + 1) % 3)]})
    found = row(compare({"alike": one, "mended": mended, "same": one}, 0), "alike", "mended", "accuracy")
    apart = row(compare(variants(alike=0.7, other=0.7 + found["difference"]), 0), "alike", "other", "accuracy")
    assert found["low"] > 0 and found["high"] - found["low"] < 0.7 * (apart["high"] - apart["low"])
    same = row(compare({"alike": one, "same": one}, 0), "alike", "same", "accuracy")
    assert (same["difference"], same["low"], same["high"], same["mcnemar_p"]) == (0, 0, 0, 1)


def test_mcnemars_test_is_statsmodels_exact_one():
    first, second = np.random.default_rng(0).random((2, 60)) < [[0.8], [0.6]]
    chosen = np.arange(60) < 50
    counts = [[np.sum((first == a) & (second == b) & chosen) for b in (True, False)] for a in (True, False)]
    assert mcnemar_p(first, second, chosen) == pytest.approx(mcnemar(counts, exact=True).pvalue)
    assert mcnemar_p(np.array([1, 1, 0], bool), np.array([0, 0, 0], bool), np.ones(3, bool)) == pytest.approx(0.5)


def test_the_overview_has_means_and_deviations_over_the_seeds(fake):
    one = fake(seeds=3, skill=0.5)
    found = overview({"plain": one}, {"plain"}).iloc[0]
    tests = [score(logits, one.labels["test"], one.classes) for logits in one.logits["test"]]
    for figure in ("accuracy", "balanced_accuracy", "macro_f1"):
        values = [test[figure] for test in tests]
        assert found[f"test_{figure}"] == pytest.approx(np.mean(values))
        assert found[f"test_{figure}_std"] == pytest.approx(np.std(values, ddof=1))
    assert found["train_accuracy"] == pytest.approx(np.mean(one.predicted("train") == one.labels["train"]))
    held = score(one.logits["validation"][0], one.labels["validation"], one.classes)
    assert found["validation_balanced_accuracy"] == pytest.approx(held["balanced_accuracy"])
    assert not [name for name in overview({"plain": fake(seeds=1)}, set()).columns if name.endswith("_std")]


def test_recalls_leave_out_a_class_without_test_samples(fake):
    one = fake(skill=0.5, labels={"test": np.arange(48) % 2})
    table, right = recalls({"plain": one}), one.predicted("test") == one.labels["test"]
    assert table["class"].tolist() == ["bad", "good"] and table["support"].tolist() == [24, 24]
    assert table["recall"][1] == pytest.approx(right[:, 1::2].mean())
    assert set(compare({"a": one, "b": one}, 0)["figure"]) == {
        "accuracy",
        "balanced_accuracy",
        "recall bad",
        "recall good",
    }


def test_curves_are_means_over_the_seeds_and_keep_the_first_and_last_epoch(study):
    table = curves("masks", ["fixed_lr", "step_lr"])
    assert table.columns[:2].tolist() == ["variant", "epoch"]
    short, long = (table[table["variant"] == name] for name in ("fixed_lr", "step_lr"))
    assert short["epoch"].tolist() == [1, 2, 3, 4] and short["test_accuracy"].tolist() == pytest.approx([0.6] * 4)
    epochs = long["epoch"].tolist()
    assert (epochs[0], epochs[-1], len(epochs)) == (1, 1001, MOST_POINTS) and set(np.diff(epochs)) == {4, 5}
