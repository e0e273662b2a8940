"""Tables of a variant's mistakes."""

import numpy as np
import pytest

from stages.predictions import Predictions
from stages.results.confusion import confused_pairs, confusion_rows, mean_confusion

NAMES = np.array(["bad", "good", "none"])


def predictions(labels: list[int], *predicted: list[int]) -> Predictions:
    """Test samples of these classes, taken for ``predicted`` by each seed's network."""
    logits = np.stack([np.eye(3, dtype=np.float32)[one] for one in predicted])
    groups = np.arange(len(labels)).astype(str)
    return Predictions(
        NAMES,
        np.arange(len(predicted)),
        {"train": logits[:, :1], "test": logits},
        {"train": np.array(labels[:1]), "test": np.array(labels)},
        {"train": groups[:1], "test": groups},
    )


LABELS, FIRST, SECOND = [0, 0, 1, 1, 1, 2], [0, 1, 1, 0, 0, 1], [0, 0, 1, 1, 2, 2]


def test_counts_are_means_over_the_seeds():
    expected = [[1.5, 0.5, 0], [1, 1.5, 0.5], [0, 0.5, 0.5]]
    assert mean_confusion(predictions(LABELS, FIRST, SECOND)).tolist() == expected
    assert mean_confusion(predictions(LABELS, FIRST), "train").tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_rows_are_the_first_seeds_one_a_sample():
    table = confusion_rows(predictions(LABELS, FIRST, SECOND))
    assert list(table.columns) == ["actual", "predicted"]
    assert table["actual"].tolist() == ["bad", "bad", "good", "good", "good", "none"]
    assert table["predicted"].tolist() == ["bad", "good", "good", "bad", "bad", "good"]


def test_pairs_come_worst_first_with_both_directions():
    table = confused_pairs(predictions(LABELS, FIRST))
    assert table.to_dict("records") == [
        {"pair": "bad / good", "first": "bad", "second": "good", "count": 3, "share": pytest.approx(3 / 5),
         "first_as_second": 1, "second_as_first": 2},
        {"pair": "good / none", "first": "good", "second": "none", "count": 1, "share": pytest.approx(1 / 4),
         "first_as_second": 0, "second_as_first": 1},
    ]  # fmt: skip


def test_ties_stay_in_alphabetical_order():
    table = confused_pairs(predictions([0, 1, 2], [1, 2, 0]))
    assert table[["first", "second"]].values.tolist() == [["bad", "good"], ["bad", "none"], ["good", "none"]]


def test_without_mistakes_the_table_has_columns_and_no_rows():
    table = confused_pairs(predictions(LABELS, LABELS))
    assert table.empty
    assert list(table.columns)[:4] == ["pair", "first", "second", "count"]
