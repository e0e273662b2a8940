"""The content of metrics.json and details.json."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import accuracy_score, average_precision_score, recall_score

from stages.evaluation.calibration import calibration_error, fit_temperature, natural_logits, reliability
from stages.evaluation.figures import at_natural_point, details_of, metrics_of, rarest_class
from stages.evaluation.scores import score
from stages.storage.files import read_json, write_json
from stages.storage.tables import flatten

NOTHING = frozenset()


@pytest.fixture
def details(fake, card):
    """A function that makes details.json of predictions, by default of networks with balanced logits."""

    def make(one=None, balanced=True, leaked=NOTHING):
        one = one or fake()
        return details_of(one, at_natural_point(one) if balanced else None, leaked, card, 0)

    return make


def test_a_changed_masks_variant_fits_a_dozen_lines_of_metrics_diff(details):
    balanced, plain = metrics_of(details()), metrics_of(details(balanced=False))
    assert len(flatten(balanced)) <= 11, "a line each, below the header"
    assert set(balanced["test"]) == {"accuracy", "balanced_accuracy", "error_rate", "macro_f1", "loss", "recall"}
    assert set(balanced) - set(plain) == {"natural"}
    assert set(plain) == {"train", "test", "validation"}


def test_metrics_are_means_over_the_networks_at_the_balanced_point_and_one_at_the_natural(fake, details):
    one = fake(skill=0.5)
    metrics, labels = metrics_of(details(one)), one.labels["test"]
    predicted = one.predicted("test")
    assert metrics["test"]["accuracy"] == pytest.approx(np.mean([accuracy_score(labels, each) for each in predicted]))
    recalls = [recall_score(labels, each, labels=[2], average=None)[0] for each in predicted]
    assert metrics["test"]["recall"]["none"] == pytest.approx(np.mean(recalls))
    natural = natural_logits(one.logits["test"], one.labels["train"]).argmax(axis=2)
    assert (natural != predicted).any()
    assert metrics["natural"]["test"]["accuracy"] == pytest.approx((natural == labels).mean())
    held = score(one.logits["validation"][0], one.labels["validation"], one.classes)
    assert metrics["validation"] == {"balanced_accuracy": pytest.approx(held["balanced_accuracy"])}


def test_recalls_of_ten_classes_are_no_metrics_but_details_and_one_seed_has_no_deviation(fake, details):
    found = details(fake([str(i) for i in range(10)], photos=False, seeds=1), balanced=False)
    assert "std" not in found and {row["std"] for row in found["figures"]} == {None}
    assert "recall" not in metrics_of(found)["test"]
    assert len(found["test"]["per_class"]) == 10
    assert [row["figure"] for row in found["figures"]][:3] == ["accuracy", "balanced accuracy", "recall 0"]
    assert "low" not in found["figures"][1], "no formula gives balanced accuracy an interval"


def test_the_rows_that_dvc_plots_are_the_test_figures_with_their_intervals(details, tmp_path):
    write_json(tmp_path / "details.json", details())
    found = read_json(tmp_path / "details.json")
    (rows,) = [value for value in found.values() if isinstance(value, list)]
    assert rows == found["figures"], "DVC plots the list that it finds"
    assert [set(row) for row in rows] == [{"figure", "value", "std", "low", "high"}] * 5
    last, none = rows[-1], found["test"]["per_class"]["none"]
    std = found["std"]["test"]["per_class"]["none"]["recall"]
    expected = {"figure": "recall none", "value": none["recall"], "std": std} | found["interval"]["recall"]["none"]
    assert last == expected
    assert rows[0]["low"] < rows[0]["value"] < rows[0]["high"]


def test_details_say_what_they_are_of(details):
    found = details()
    assert found["data"] == {"source": "sample", "test_samples": 48, "test_sha256": "abc"}
    assert (found["operating_point"], found["rarest"]) == ("balanced", "none")
    assert set(found["natural"]) == {"train", "test", "validation", "std", "interval"}
    plain = details(balanced=False)
    assert plain["operating_point"] == "natural" and "natural" not in plain


def test_figures_without_leaks_are_of_the_other_test_samples(fake, details):
    one = fake()
    leaked = frozenset(one.groups["test"][:9])
    found, labels = details(one, leaked=leaked | {"of another study"}), one.labels["test"]
    right = one.predicted("test") == labels
    assert found["test_without_leaks"]["accuracy"] == pytest.approx(right[:, 9:].mean())
    of_class = right[:, 9:][:, labels[9:] == 1]
    figures = found["test_without_leaks"]["per_class"]["good"]
    assert (figures["recall"], figures["support"]) == (pytest.approx(of_class.mean()), of_class.shape[1])
    assert found["test"]["accuracy"] == pytest.approx(right.mean())


@pytest.mark.filterwarnings("error")
def test_where_no_test_sample_leaks_or_all_do_there_is_nothing_to_add(fake, details):
    one = fake()
    assert "test_without_leaks" not in details(one)
    assert "test_without_leaks" not in details(one, leaked=frozenset(one.groups["test"]))


def test_probabilities_are_those_of_the_natural_point(fake, details):
    one = fake(skill=1)
    natural, labels = at_natural_point(one), one.labels["test"]
    found = details(one)["probabilities"]
    scores = softmax(natural.logits["test"].astype(float), axis=2)[:, :, 2]
    expected = np.mean([average_precision_score(labels == 2, each) for each in scores])
    assert found["average_precision"] == pytest.approx(expected)
    temperature = fit_temperature(natural.logits["validation"][0], one.labels["validation"])
    assert found["temperature"] == pytest.approx(temperature) and not 0.99 < temperature < 1.01
    assert found["calibration_error"] == pytest.approx(calibration_error(reliability(natural.logits["test"], labels)))
    calibrated = reliability(natural.logits["test"] / temperature, labels)
    assert found["calibrated_error"] == pytest.approx(calibration_error(calibrated))


def test_the_rarest_class_is_that_of_the_training_data_which_the_test_has(fake):
    train = np.repeat([0, 1, 2], [30, 50, 8])
    assert rarest_class(fake(labels={"train": train, "test": np.repeat([0, 1, 2], [1, 30, 20])})) == 2
    assert rarest_class(fake(labels={"train": train, "test": np.repeat([0, 1], [1, 30])})) == 0


@pytest.mark.filterwarnings("error")
def test_a_class_without_test_samples_is_nowhere_and_changes_no_mean(fake, details):
    one = fake(labels={"test": np.arange(48) % 2})
    found = details(one)
    assert set(metrics_of(found)["test"]["recall"]) == {"bad", "good"}
    assert found["rarest"] != "none" and len(found["figures"]) == 4
    recalls = found["test"]["per_class"]
    assert found["test"]["balanced_accuracy"] == pytest.approx(
        (recalls["bad"]["recall"] + recalls["good"]["recall"]) / 2
    )
