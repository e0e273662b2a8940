"""All files about one variant: there for every kind of data, the same every time, and right."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.metrics import average_precision_score

from stages.evaluation.figures import at_natural_point, details_of, rarest_scores
from stages.evaluation.report import confused_pairs, summary, write_evaluation
from stages.storage.files import read_json
from stages.storage.tables import read_table

FILES = {"metrics.json", "details.json"}
FILES |= {f"{name}.csv" for name in ("seeds", "confusion", "confused_pairs", "precision_recall", "reliability")}
FILES |= {f"{name}.png" for name in ("confusion", "misclassified", "latent", "precision_recall", "reliability")}


@pytest.fixture(scope="module")
def weak(fake):
    """Networks that are often wrong."""
    return fake(skill=0.5)


@pytest.fixture(scope="module")
def write(card):
    """A function that writes everything about predictions into a folder and returns the names of the images it read."""

    def evaluate(folder, one, balanced=True):
        read = []

        def read_images(names):
            read.extend(names)
            return [np.full((6, 6, 3), 99, np.uint8) for _ in names]

        options = {"balanced_logits": balanced, "leaked": frozenset(), "card": card, "seed": 0}
        write_evaluation(folder, one, read_images=read_images, **options)
        return read

    return evaluate


@pytest.fixture(scope="module")
def written(weak, write, tmp_path_factory):
    """The folder of the weak networks with balanced logits, and the names of the images that were read."""
    folder = tmp_path_factory.mktemp("metrics") / "weak"
    return folder, write(folder, weak)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "settings",
    [
        {"classes": ["口罩", "$a$", "_hidden"] + [f"class {i}" for i in range(57)], "photos": False, "seeds": 1},
        {"classes": ["only"]},
        {"labels": {"test": np.arange(12) % 2}},
    ],
    ids=["60 classes in any script, one seed", "one class, no mistakes", "an untested class"],
)
def test_every_kind_of_data_has_all_files(fake, write, tmp_path, settings):
    write(tmp_path, fake(**settings), balanced=False)
    assert {path.name for path in tmp_path.iterdir()} == FILES
    details = read_json(tmp_path / "details.json")
    assert details["rarest"] in details["test"]["per_class"]


def test_the_same_predictions_give_the_same_bytes_and_others_do_not(weak, written, write, fake, tmp_path):
    before = {name: (written[0] / name).read_bytes() for name in FILES}
    for one, same in ((weak, FILES), (fake(skill=0.5, seed=1), set())):
        write(tmp_path / "weak", one)
        assert {name for name in FILES if (tmp_path / "weak" / name).read_bytes() == before[name]} == same


def test_pictures_say_nothing_of_the_program_that_drew_them(written):
    for path in written[0].glob("*.png"):
        with Image.open(path) as image:
            assert image.width > 200 and "Software" not in image.info


def test_the_images_are_those_of_the_first_networks_mistakes(weak, written):
    wrong = weak.predicted("test")[0] != weak.labels["test"]
    assert sorted(written[1]) == sorted(weak.names[wrong]) and 0 < wrong.sum() < 40


def test_tables_hold_every_network_or_the_first(weak, written):
    right = weak.predicted("test") == weak.labels["test"]
    seeds = read_table(written[0] / "seeds.csv", ["split"]).set_index(["seed", "split"])
    assert seeds.loc[(1, "test"), "accuracy"] == pytest.approx(right[1].mean(), abs=1e-6)
    assert "per_class.none.recall" in seeds and set(seeds.index) == {(s, p) for s in (0, 1) for p in ("train", "test")}
    confusion = pd.read_csv(written[0] / "confusion.csv", keep_default_na=False)
    assert confusion["actual"].tolist() == weak.classes[weak.labels["test"]].tolist()
    assert confusion["predicted"].tolist() == weak.classes[weak.predicted("test")[0]].tolist()


def test_the_curve_is_the_first_networks_at_the_natural_point(weak, written):
    curve, rarest = read_table(written[0] / "precision_recall.csv"), weak.labels["test"] == 2
    steps = np.diff(curve["recall"], prepend=0)
    assert (steps >= 0).all() and curve["recall"].iloc[-1] == 1 and curve["threshold"].is_monotonic_decreasing
    expected = average_precision_score(rarest, rarest_scores(at_natural_point(weak))[0])
    assert (steps * curve["precision"]).sum() == pytest.approx(expected, abs=1e-5)
    assert len(curve) < 2 * rarest.sum() + 2, "two points a step are enough"


def test_reliability_is_that_before_and_after_calibration(written):
    table, figures = read_table(written[0] / "reliability.csv", ["variant"]), read_json(written[0] / "details.json")
    assert list(table["variant"].unique()) == ["as trained", "calibrated"]
    for name, figure in (("as trained", "calibration_error"), ("calibrated", "calibrated_error")):
        rows = table[table["variant"] == name]
        error = np.average(abs(rows["accuracy"] - rows["confidence"]), weights=rows["count"])
        assert error == pytest.approx(figures["probabilities"][figure], abs=1e-5)


def test_pairs_come_worst_first_with_both_directions_and_ties_in_order():
    names = np.array(["bad", "good", "none"])
    table = confused_pairs(np.array([[1, 1, 0], [2, 2, 0], [0, 1, 4]]), names)
    assert table[["first", "second", "count", "first_as_second", "second_as_first"]].to_numpy().tolist() == [
        ["bad", "good", 3, 1, 2],
        ["good", "none", 1, 0, 1],
    ]
    assert table["share"].tolist() == pytest.approx([3 / 6, 1 / 9])
    ties = confused_pairs(np.ones((3, 3)), names)
    assert ties["pair"].tolist() == ["bad / good", "bad / none", "good / none"]


def test_the_summary_is_two_lines_and_names_the_worst_classes_and_those_without_test_samples(fake, card):
    one = fake([str(i) for i in range(10)], skill=1, labels={"test": np.arange(72) % 9})
    details = details_of(one, at_natural_point(one), frozenset(), card, 0)
    lines, test = summary("plain", details, one.classes), details["test"]
    natural = details["natural"]["test"]["accuracy"]
    assert lines[0].startswith(f"plain: test accuracy {test['accuracy']:.4f} ({natural:.4f} at the natural point)")
    worst = sorted(test["per_class"], key=lambda name: (test["per_class"][name]["recall"], name))[:5]
    recalls = ", ".join(f"{name} {test['per_class'][name]['recall']:.3f}" for name in worst)
    assert lines[1].endswith(f"test recall of the worst classes: {recalls}")
    assert lines[2].startswith("  no test sample of 9:") and len(lines) == 3
    one = fake()
    lines = summary("plain", details_of(one, None, frozenset(), card, 0), one.classes)
    assert len(lines) == 2 and "natural" not in lines[0] and "test recall of each class:" in lines[1]
