"""Figures of degenerate predictions: always numbers, whatever the logits, classes and samples; and JSON without NaN."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stages.errors import InputError
from stages.files import write_json
from stages.predictions import LARGEST_LOGIT, Predictions, refuse_lost
from stages.results.comparison import compare_variants
from stages.results.confusion import confused_pairs, confusion_rows
from stages.results.metrics import at_natural_point, metrics_of
from stages.results.overview import overview, recalls
from stages.results.probabilities import average_precision, precision_recall, probability_figures
from tests.fuzzing import examples

# A quotient of nothing that pandas passes over would be a figure as well, and a false one.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
LIMIT = float(np.float32(LARGEST_LOGIT * 0.99))
NUMBERS = st.floats(-LIMIT, LIMIT, width=32) | st.sampled_from([0.0, -0.0, 1.0, LIMIT, -LIMIT, 1e-38, 88.0, -104.0])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder that all examples of a property share."""
    return tmp_path_factory.mktemp("metrics")


@st.composite
def predictions(draw, classes: int | None = None, seeds: int | None = None) -> Predictions:
    """Few samples of few classes, of which a split may lack some; logits of any size, often all the same."""
    count = classes or draw(st.integers(1, 4))
    runs = seeds or draw(st.integers(1, 3))
    logits, labels, groups = {}, {}, {}
    for split in ("train", "test"):
        samples = draw(st.integers(1, 6))
        cells = draw(st.one_of(NUMBERS.map(lambda n: [n]), st.lists(NUMBERS, min_size=1, max_size=12)))
        logits[split] = np.resize(np.array(cells, np.float32), (runs, samples, count))
        labels[split] = np.array(draw(st.lists(st.integers(0, count - 1), min_size=samples, max_size=samples)))
        groups[split] = np.array(draw(st.lists(st.sampled_from("pqr"), min_size=samples, max_size=samples)))
        if draw(st.booleans()):
            groups[split] = np.arange(samples).astype(str)
    return Predictions(np.array(list("abcd")[:count]), np.arange(runs), logits, labels, groups)


def numbers(value: Any) -> list[float]:
    """Every number in nested mappings and lists."""
    if isinstance(value, dict):
        return [n for item in value.values() for n in numbers(item)]
    if isinstance(value, list):
        return [n for item in value for n in numbers(item)]
    return [] if value is None or isinstance(value, str) else [value]


@examples(100)
@given(predictions(), st.sampled_from(["", "p", "pq", "0"]))
def test_metrics_of_any_predictions_are_numbers(folder, given_predictions, leaked):
    refuse_lost(given_predictions, "dnn.a")
    natural = at_natural_point(given_predictions)
    write_json(folder / "metrics.json", metrics_of(given_predictions, natural, list(leaked), 0))
    written = json.loads((folder / "metrics.json").read_text(), parse_constant=pytest.fail)
    figures = numbers(written)
    assert figures and all(math.isfinite(figure) for figure in figures)
    for split in ("train", "test"):
        rates = [v for k, v in written[split].items() if k not in ("loss", "per_class")]
        rates += [one[k] for one in written[split]["per_class"].values() for k in ("precision", "recall", "f1")]
        assert all(0 <= rate <= 1 for rate in rates) and written[split]["loss"] >= 0


@examples(60)
@given(predictions(), st.none() | st.floats(0.05, 20))
def test_probabilities_of_any_predictions_are_numbers(folder, given_predictions, temperature):
    write_json(folder / "probabilities.json", probability_figures(given_predictions, temperature))
    figures = numbers(json.loads((folder / "probabilities.json").read_text(), parse_constant=pytest.fail))
    assert figures and all(math.isfinite(figure) for figure in figures)


@examples(25)
@given(st.data())
def test_tables_over_variants_hold_numbers(data):
    one = data.draw(predictions())
    other = Predictions(
        one.classes, one.seeds, {s: x[..., ::-1].copy() for s, x in one.logits.items()}, one.labels, one.groups
    )
    both = {"one": one, "other": other}
    table = compare_variants(both, 0)
    assert np.isfinite(table[["difference", "low", "high"]].to_numpy()).all()
    for each in (overview(both), recalls(both), confused_pairs(one), confusion_rows(one)):
        assert np.isfinite(each.select_dtypes("number").to_numpy(np.float64)).all()


@examples(50)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1).filter(lambda rows: any(hit for _, hit in rows)))
@example([(0.5, True)])
@example([(0.0, False), (0.0, True)])
def test_the_area_under_any_curve_is_a_share(rows):
    scores, hits = map(np.array, zip(*rows, strict=True))
    assert 0 < average_precision(precision_recall(scores, hits)) <= 1 + 1e-12


@examples(60)
@given(predictions(), st.sampled_from([np.nan, np.inf, -np.inf, LARGEST_LOGIT, -3e38]), st.data())
def test_one_bad_logit_is_told_with_variant_split_and_seed(given_predictions, value, data):
    split = data.draw(st.sampled_from(["train", "test"]))
    place = tuple(data.draw(st.integers(0, size - 1)) for size in given_predictions.logits[split].shape)
    given_predictions.logits[split][place] = value
    with pytest.raises(
        InputError, match=rf"^dnn\.variants\.a: the network of seed {place[0]} gives .* on {split} samples"
    ):
        refuse_lost(given_predictions, "dnn.a")


JSON = st.recursive(
    st.floats() | st.integers() | st.booleans() | st.none() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@examples(150)
@given(JSON)
@example({"a": [1.0, float("nan")]})
@example({"a": {"b": -float("inf")}})
@example(1e308)
def test_json_holds_numbers_or_is_not_written(folder, value):
    path = folder / "any.json"
    path.unlink(missing_ok=True)
    if all(math.isfinite(number) for number in numbers(value)):
        write_json(path, value)
        assert all(math.isfinite(n) for n in numbers(json.loads(path.read_text("utf-8"), parse_constant=pytest.fail)))
        return
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, value)
    assert not path.exists() and not list(folder.glob(".any*"))
