"""The comparison page: what DVC says, arranged; and one clear line where there is nothing to compare."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stages.errors import InputError
from stages.pages import revisions
from stages.pages.charts import COLOURS
from stages.pages.compare import change_tables, headline_table, order, signed, verdict
from stages.pages.dvc_diff import Difference, read_difference
from stages.pages.dvc_plots import adapt, confusion_tables, has_changed, is_confusion
from stages.pages.headlines import high_is_good, short_name
from tests.clones import Clone
from tests.pipeline import IDENTITY, Pipeline, cnn_variant


def change(old: float | None, new: float | None) -> dict:
    """As DVC prints one."""
    found = {"old": old, "new": new}
    return found if None in (old, new) else found | {"diff": new - old}


def difference(**metrics: dict) -> Difference:
    """Between ``main`` and the revisions named, in one file of metrics."""
    files = {name: {"metrics/cnn/plain/metrics.json": keys} for name, keys in metrics.items()}
    return Difference("main", list(metrics), {name: {} for name in metrics}, files, {}, [])


def texts(table) -> dict[str, list[str]]:
    return {name: [f"{cell.text}|{cell.mark}" for cell in cells] for name, cells in table.rows}


def test_changes_are_signed_and_judged() -> None:
    assert [signed(one) for one in (change(0.9, 0.95), change(0.9, 0.85), change(3, 5), None)] == [
        "+0.05",
        "-0.05",
        "+2",
        "same",
    ]
    assert [signed(one) for one in (change(None, 1.0), change(1.0, None), {"old": "sgd", "new": "adam"})] == [
        "new",
        "gone",
        "changed",
    ]
    assert verdict("test.accuracy", change(0.9, 0.95)) == "better"
    assert verdict("test.loss", change(0.9, 0.95)) == "worse"
    assert verdict("test.per_class.none.support", change(9, 11)) == ""
    assert verdict("std.test.accuracy", change(0.1, 0.2)) == "", "more deviation is neither"


def test_tables_show_old_and_new_of_every_revision() -> None:
    one = difference(
        exp={"train.loss": change(0.5, 0.25), "test.accuracy": change(0.5, 0.75)},
        same={},
        other={"train.loss": change(0.5, 1.5)},
    )
    (table,) = change_tables("moved", one.metrics, one)
    assert table.columns == ["main", "exp", "change in exp", "same", "change in same", "other", "change in other"]
    assert texts(table) == {
        "test.accuracy": ["0.5|", "0.75|", "+0.25|better", "0.5|", "same|", "0.5|", "same|"],
        "train.loss": ["0.5|", "0.25|", "-0.25|better", "0.5|", "same|", "1.5|", "+1|worse"],
    }
    headlines = texts(headline_table(one))
    assert list(headlines) == ["cnn.plain, exp"], "training figures are no headlines"
    assert headlines["cnn.plain, exp"][0] == "+0.25|better"


@pytest.mark.parametrize(("key", "high"), [
    ("test.accuracy", True), ("natural.test.per_class.none.recall", True), ("natural.test.loss", False),
    ("per_class.none.average_precision", True), ("calibrated.calibration_error", False),
    ("std.test.accuracy", None), ("natural.std.test.accuracy", None), ("calibrated.temperature", None),
])  # fmt: skip
def test_which_way_is_better(key, high) -> None:
    assert high_is_good(key) is high


def test_files_of_metrics_have_short_names() -> None:
    names = [short_name(f"metrics/cnn/best/{name}.json") for name in ("metrics", "probabilities")]
    assert names == ["cnn.best", "cnn.best probabilities"]


def test_headlines_come_first_and_deviations_last() -> None:
    keys = {"std.test.loss", "train.loss", "test.per_class.a.f1", "test.loss", "test.accuracy"}
    assert order(keys) == ["test.accuracy", "test.loss", "test.per_class.a.f1", "train.loss", "std.test.loss"]


def test_confusions_of_revisions_share_their_classes() -> None:
    rows = [("a", "a", "old"), ("a", "b", "old"), ("c", "c", "new")]
    values = [dict(zip(("actual", "predicted", "rev"), row, strict=True)) for row in rows]
    drawing = {"content": {"data": {"values": values}}}
    assert is_confusion(drawing) and has_changed(drawing, ["old", "new"])
    old, new = confusion_tables("t", drawing, ["old", "new", "third"])
    assert old.columns == new.columns == ["a", "b", "c"]
    assert [cell.text for cell in old.rows[0][1]] == ["1", "1", "0"]
    assert [cell.text for cell in new.rows[2][1]] == ["0", "0", "1"]


def test_the_same_data_are_no_change() -> None:
    values = [{"x": "1", "rev": "old"}, {"x": "1", "rev": "new"}]
    assert not has_changed({"content": {"data": {"values": values}}}, ["old", "new"])


def test_plots_keep_data_and_marks_and_get_colours() -> None:
    content = {
        "title": {"text": "curve"},
        "data": {"values": [{"rev": "old", "color": {"field": "rev", "scale": {}}}]},
        "params": [{"name": "grid", "bind": "scales"}, {"name": "smooth", "value": 1, "bind": {"input": "range"}}],
        "mark": "line",
        "encoding": {"color": {"field": "rev", "scale": {"range": ["red", "green"]}}, "strokeDash": {}},
        "width": 300,
    }
    before = json.dumps(content)
    spec, title = adapt(content, ["old", "new"])
    assert json.dumps(content) == before, "what DVC said is left alone"
    assert (title, spec["width"], spec["data"], spec["mark"]) == ("curve", "container", content["data"], "line")
    assert spec["params"] == [{"name": "smooth", "value": 1}]
    assert spec["encoding"]["color"]["scale"] == {"domain": ["old", "new"], "range": list(COLOURS[:2])}
    assert spec["encoding"]["strokeDash"]["scale"]["domain"] == ["old", "new"]
    assert adapt(content | {"encoding": {"row": {"field": "rev"}}}, ["old"])[0]["width"] == 300


def test_without_a_repository_or_a_commit_it_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(InputError, match="not a Git repository"):
        read_difference(["HEAD"], tmp_path)
    subprocess.run(["git", "init", "--quiet"], check=True)
    with pytest.raises(InputError, match="no commit yet"):
        read_difference(["HEAD"], tmp_path)
    assert revisions.describe_workspace() == ""
    subprocess.run(["git", *IDENTITY, "commit", "--quiet", "--allow-empty", "-m", "a"], check=True)
    with pytest.raises(InputError, match="HEAD: given twice"):
        read_difference(["HEAD", "HEAD"], tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="install Git"):
        read_difference(["HEAD"], tmp_path)


@pytest.fixture(scope="module")
def changed(finished_once: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A copy of the finished pipeline in which one learning rate was changed and run again, not yet committed."""
    copy = Clone(finished_once, tmp_path_factory.mktemp("changed") / "copy")
    copy.dvc("checkout")
    copy.git("tag", "before")
    copy.change(cnn__variants__plain=cnn_variant(lr=0.01, epochs=3))
    copy.dvc("repro")
    return copy


def compare(pipeline: Pipeline, *names: str, check: bool = True) -> subprocess.CompletedProcess:
    return pipeline.run(sys.executable, "-m", "stages.report", "--compare", *names, check=check)


def specifications(page: str) -> list[dict]:
    return [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)]


@pytest.mark.slow
def test_the_page_says_what_dvc_says(changed: Pipeline) -> None:
    compare(changed, "before")
    page = (changed.folder / "compare.html").read_text(encoding="utf-8")
    assert len(page) < 5_000_000
    for key in ("cnn.variants.plain.lr", "cnn.variants.plain.epochs"):
        assert f'<th scope="row">{key}</th>' in page
    moved = json.loads(changed.run("dvc", "metrics", "diff", "--json", "before").stdout)
    moved = moved.get("diff", moved)["metrics/cnn/plain/metrics.json"]
    rows = re.findall(r'<th scope="row">((?:test|train|std)\.[^<]+)</th>', page)
    assert set(rows) == set(moved)
    titles = {spec["description"] for spec in specifications(page)}
    assert "cnn plain: test accuracy" in titles and "dnn plain: test error rate" not in titles
    assert page.count("metrics/cnn/plain/latent.png") == 0 and "<li>metrics/dnn/plain/latent.png</li>" in page
    assert 'alt="metrics/cnn/plain/misclassified.png of before"' in page
    assert 'alt="metrics/cnn/plain/misclassified.png of workspace"' in page


@pytest.mark.slow
def test_nothing_changed_is_said(changed: Pipeline) -> None:
    changed.git("branch", "--force", "twin", "before")
    compare(changed, "before", "twin")
    page = (changed.folder / "compare.html").read_text(encoding="utf-8")
    for thing in ("parameter differs", "metric moved", "plot differs", "confusion matrix differs", "picture differs"):
        assert f"No {thing}" in page


@pytest.mark.slow
def test_pictures_that_the_cache_lacks_are_named(changed: Pipeline, tmp_path: Path) -> None:
    bare = Clone(changed, tmp_path / "bare", cache=False)
    compare(bare, "HEAD")
    page = (bare.folder / "compare.html").read_text(encoding="utf-8")
    assert "<code>dvc pull --all-commits</code> fetches" in page
    assert "metrics/dnn/plain/latent.png of HEAD: " in page
    assert "<li>metrics/dnn/plain/latent.png</li>" not in page, "what is missing is not the same"


@pytest.mark.slow
def test_unknown_revisions_and_shallow_clones_are_one_line(changed: Pipeline, tmp_path: Path) -> None:
    done = compare(changed, "nosuch", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "error: 'nosuch': no such revision or experiment" in done.stderr
    shallow = Clone(changed, tmp_path / "shallow", "--depth=1", cache=False)
    done = compare(shallow, "HEAD~5", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "this clone is shallow" in done.stderr
