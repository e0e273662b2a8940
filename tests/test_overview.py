"""Tables over all variants of a family."""

import numpy as np
import pandas as pd
import pytest

from stages.errors import InputError
from stages.history import write_table
from stages.predictions import Predictions
from stages.results.overview import MOST_POINTS, curves, overview, recalls
from stages.results.scores import scores_per_seed


def predictions(seeds: int, seed: int) -> Predictions:
    rng = np.random.default_rng(seed)
    sizes = {"train": 30, "test": 20}
    return Predictions(
        np.array(["bad", "good", "none"]),
        np.arange(seeds),
        {split: rng.normal(size=(seeds, n, 3)).astype(np.float32) for split, n in sizes.items()},
        {split: rng.integers(0, 3, n) for split, n in sizes.items()},
        {split: np.arange(n).astype(str) for split, n in sizes.items()},
    )


def test_a_row_a_variant_in_the_order_of_the_parameters():
    several = {"zebra": predictions(3, 0), "ape": predictions(3, 1)}
    table = overview(several)
    assert table["variant"].tolist() == ["zebra", "ape"]
    assert table["seeds"].tolist() == [3, 3]
    scores = scores_per_seed(several["ape"])
    row = table.iloc[1]
    assert row["train_accuracy"] == pytest.approx(np.mean([one["accuracy"] for one in scores["train"]]))
    for figure in ("accuracy", "balanced_accuracy", "macro_f1"):
        values = [one[figure] for one in scores["test"]]
        assert row[f"test_{figure}"] == pytest.approx(np.mean(values))
        assert row[f"test_{figure}_std"] == pytest.approx(np.std(values, ddof=1))


def test_one_seed_has_no_deviation():
    assert not [name for name in overview({"plain": predictions(1, 0)}).columns if name.endswith("_std")]


def test_recall_of_every_class_of_every_variant():
    one = predictions(2, 0)
    table = recalls({"plain": one, "other": predictions(2, 1)})
    assert list(table.columns) == ["variant", "class", "recall", "support"]
    assert table["class"].tolist() == ["bad", "good", "none"] * 2
    hits = one.predicted("test") == one.labels["test"]
    of_class = one.labels["test"] == 2
    assert table["recall"][2] == pytest.approx(hits[:, of_class].mean())
    assert table["support"][2] == of_class.sum()


def test_curves_keep_the_first_and_the_last_epoch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, epochs in (("short", 3), ("long", 4001)):
        table = pd.DataFrame({"epoch": range(1, epochs + 1), "test_error": 0.5})
        write_table(f"metrics/dnn/{name}/history.csv", table)
    table = curves("dnn", ["short", "long"])
    assert list(table.columns) == ["variant", "epoch", "test_error"]
    assert table[table["variant"] == "short"]["epoch"].tolist() == [1, 2, 3]
    epochs = table[table["variant"] == "long"]["epoch"]
    assert (epochs.iloc[0], epochs.iloc[-1], len(epochs)) == (1, 4001, MOST_POINTS)
    assert epochs.diff().dropna().between(16, 17).all()


def test_a_missing_curve_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"metrics/dnn/plain/history\.csv"):
        curves("dnn", ["plain"])
