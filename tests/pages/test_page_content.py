"""What the pages say, by the tables behind them."""

import subprocess
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from tools.pages import compare, page
from tools.pages.charts import curve_chart, figure_chart, looks
from tools.pages.colours import COLOURS
from tools.pages.compare import change_tables, headline_table, signed, unlike
from tools.pages.compare import verdict as change_verdict
from tools.pages.difference import Difference, commit_of
from tools.pages.dvc_plots import adapt, has_changed
from tools.pages.report import verdict
from tools.pages.tables import confusion_table, parameter_table, value_text

FILE = "metrics/masks/plain/metrics.json"


def difference(old: tuple, new: tuple, samples: tuple = ("a", "a")) -> Difference:
    """The intervals of the accuracy before and after."""
    details = {
        revision: {FILE: {"data": {"test_sha256": data}, "interval": {"accuracy": {"low": ends[0], "high": ends[1]}}}}
        for revision, ends, data in zip(("HEAD", "workspace"), (old, new), samples, strict=True)
    }
    moved = {FILE: {"test.accuracy": {"old": 0.5, "new": 0.75, "diff": 0.25}}}
    return Difference("HEAD", ["workspace"], {"workspace": {}}, {"workspace": moved}, {}, [], details)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((0.4, 0.5), (0.6, 0.7), "better"),
        ((0.6, 0.7), (0.4, 0.5), "worse"),
        ((0.4, 0.61), (0.6, 0.7), ""),
        ((0.4, 0.5), (0.5, 0.6), ""),
    ],
)
def test_better_and_worse_are_said_only_where_the_intervals_are_apart(old: tuple, new: tuple, expected: str):
    one = difference(old, new)
    assert change_verdict(one, "workspace", FILE, "test.accuracy") == expected
    assert change_verdict(one, "workspace", FILE, "test.error_rate") == expected
    assert change_verdict(one, "workspace", FILE, "train.accuracy") == ""
    ((name, cells),) = headline_table(one).rows
    assert name == "masks plain" and cells[0].mark == expected and cells[0].text == "+0.25"
    assert change_tables("", one.metrics, one)[0].rows[0][1][2].mark == expected


def test_figures_of_other_test_samples_are_not_compared():
    one = difference((0.4, 0.5), (0.6, 0.7), ("a", "b"))
    assert change_verdict(one, "workspace", FILE, "test.accuracy") == "" and unlike(one) == ["masks plain"]


def test_rows_are_in_one_order_though_dvc_prints_them_in_that_of_a_set():
    names = ["test.accuracy", "test.recall.bad", "test.recall.good", "train.accuracy"]
    for keys in (names, names[::-1]):
        moved = {"workspace": {FILE: {key: {"old": 0.5, "new": 0.75, "diff": 0.25} for key in keys}}}
        one = Difference("HEAD", ["workspace"], {}, moved, {}, [], {"HEAD": {}, "workspace": {}})
        assert [name for name, _ in change_tables("", moved, one)[0].rows] == names


def test_an_experiment_has_its_commit_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    def git(*arguments: str) -> str:
        me = ("-c", "user.name=a", "-c", "user.email=a@b")
        return subprocess.run(["git", *me, *arguments], check=True, capture_output=True, text=True).stdout.strip()

    git("init")
    git("commit", "--allow-empty", "-m", "first")
    first = git("rev-parse", "HEAD")
    git("commit", "--allow-empty", "-m", "second")
    git("update-ref", f"refs/exps/{first[:2]}/{first[2:]}/mine", "HEAD")
    assert commit_of("mine") == commit_of("HEAD") == git("rev-parse", "HEAD") != first
    assert commit_of("HEAD~1") == first and commit_of("yours") is None


def test_pictures_stand_side_by_side_where_they_differ_or_one_has_none(tmp_path: Path):
    def entry(revision: str, colour: str) -> dict:
        path = tmp_path / f"{revision}_{colour}.png"
        Image.new("RGB", (4, 4), colour).save(path)
        return {"type": "image", "revisions": [revision], "url": str(path)}

    plots = {
        "same": [entry("HEAD", "red"), entry("workspace", "red")],
        "other": [entry("HEAD", "red"), entry("workspace", "blue")],
        "new": [entry("workspace", "blue")],
    }
    found = compare._pictures(Difference("HEAD", ["workspace"], {}, {}, plots, [], {}))
    assert found["same"] is None and found["new"]["HEAD"] is None
    assert found["other"]["HEAD"].startswith("data:image/webp") and found["other"]["HEAD"] != found["new"]["workspace"]
    assert found["other"]["workspace"] == found["new"]["workspace"]


@pytest.mark.parametrize("writable", [True, False])
def test_the_drawing_scripts_are_put_together_once(writable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = []
    monkeypatch.setattr(page.vl_convert, "javascript_bundle", lambda: made.append(1) or "vega\n")
    folder = tmp_path / "kept"
    if not writable:
        folder.write_text("no folder")
    monkeypatch.setenv("PIPELINE_DOWNLOADS", str(folder))
    for _ in range(2):
        page._scripts.cache_clear()
        assert page._scripts()[0] == "vega\n"
    page._scripts.cache_clear()  # what other tests draw with
    assert len(made) == (1 if writable else 2)


def test_changes_have_their_sign_and_words_for_what_came_and_went():
    assert [signed(change) for change in (None, {"diff": -0.5}, {"new": 1}, {"old": 1})] == [
        "same",
        "-0.5",
        "new",
        "gone",
    ]


def test_the_verdict_says_from_which_variants_the_best_can_be_told():
    pairs = pd.DataFrame(
        [("a", "b", "accuracy", 0.1, 0.2), ("b", "c", "accuracy", -0.1, 0.1), ("a", "c", "accuracy", -0.3, -0.1)],
        columns=["first", "second", "figure", "low", "high"],
    )
    said = verdict("b", "accuracy", pairs)
    assert said.endswith("tell 2 of 3 pairs apart: b is better than a; not to be told from c.")
    assert verdict("c", "accuracy", pairs).endswith("c is worse than a; not to be told from b.")
    assert verdict(None, "accuracy", pairs) == "No variant is up to date: run `make repro`."


def test_confusions_count_and_classes_without_samples_stay():
    rows = pd.DataFrame({"actual": ["a", "a", "b"], "predicted": ["a", "b", "b"]})
    table = confusion_table("", rows, ["a", "b", "c"])
    assert [[cell.text for cell in cells] for _, cells in table.rows] == [
        ["1", "1", "0"],
        ["0", "1", "0"],
        ["0", "0", "0"],
    ]
    assert table.rows[0][1][1].small == "50.0%" and table.rows[2][1][0].share == 0


def test_parameters_that_differ_from_the_usual_value_are_marked():
    table = parameter_table("", {"a": {"lr": 0.1}, "b": {"lr": 0.1, "step": {"every": 3}}, "c": {"lr": 0.00012}})
    found = {name: [(cell.text, cell.mark) for cell in cells] for name, cells in table.rows}
    assert found["lr"] == [("0.1", ""), ("0.1", ""), ("0.00012", "differs")]
    assert found["step.every"] == [("–", ""), ("3", "differs"), ("–", "")]
    assert [value_text(value) for value in (None, [], True, 1234, 0.97431, [1, 2])] == [
        "–",
        "–",
        "True",
        "1,234",
        "0.9743",
        "1, 2",
    ]


def test_eight_variants_have_eight_colours_and_forty_look_different():
    assert len({look["colour"] for look in looks(list("abcdefgh"))}) == len(COLOURS) == 8
    assert len({(look["colour"], tuple(look["dash"])) for look in looks([str(i) for i in range(40)])}) == 40


def test_curves_of_long_and_short_trainings_share_the_whole_axis():
    table = pd.DataFrame({"variant": ["a"] * 4 + ["b"] * 2, "epoch": [1, 2, 3, 4, 1, 2], "test_accuracy": [0.5] * 6})
    spec = curve_chart(table, "test_accuracy", ["a", "b"], "test accuracy")
    (values,) = spec["datasets"].values() if "datasets" in spec else [spec["layer"][0]["data"]["values"]]
    assert [row["share"] for row in values] == [0.25, 0.5, 0.75, 1, 0.5, 1]


def test_the_chart_of_the_answer_has_a_row_a_variant_in_their_order():
    table = pd.DataFrame({"variant": ["b", "a"], "value": [0.5, 0.6], "low": [0.4, 0.5], "high": [0.6, 0.7]})
    spec = figure_chart(table.assign(best=[False, True]), "test accuracy")
    assert spec["layer"][0]["encoding"]["y"]["sort"] is None and len(spec["layer"]) == 2


def test_dvcs_charts_keep_their_data_and_lose_the_wheel_and_the_sliders():
    slider = {"name": "smooth", "value": 0.01, "bind": {"input": "range"}}
    layer = {"mark": "line", "params": [{"name": "grid", "select": "interval", "bind": "scales"}]}
    content = {"title": {"text": "plain"}, "data": {"values": [{"x": 1, "rev": "a"}]}, "params": [slider]}
    content |= {"layer": [{"layer": [layer], "encoding": {"color": {"field": "rev"}}}]}
    spec, title = adapt(content, ["a", "b"])
    assert title == "plain" and spec["data"] == content["data"] and spec["width"] == "container"
    assert spec["params"] == [{"name": "smooth", "value": 0.01}] and spec["layer"][0]["layer"][0]["params"] == []
    assert spec["layer"][0]["encoding"]["color"]["scale"]["domain"] == ["a", "b"]
    assert "bind" in content["params"][0], "the original stays as it was"


def test_a_plot_has_changed_where_one_revision_has_other_points():
    def drawing(*values: int) -> dict:
        points = [{"x": value, "rev": rev} for value, rev in zip(values, ("a", "b"), strict=True)]
        return {"content": {"data": {"values": points}}}

    assert has_changed(drawing(1, 2), ["a", "b"]) and not has_changed(drawing(1, 1), ["a", "b"])
