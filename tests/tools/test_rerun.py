"""What CI reports on a pull request: what ran, what moved against the base, and why there may be nothing to compare."""

from pathlib import Path

import pytest

from stages.runtime.errors import InputError
from tests.helpers import IDENTITY, Pipeline
from tools.rerun import find_base, has_moved, read_outcomes, rows_of


def test_outcomes_are_read_from_what_dvc_prints():
    log = "'data.dvc' didn't change\nRunning stage 'train@a':\n> python\nStage 'crop' didn't change, skipping\n"
    log += (
        "Stage 'audit' is cached - skipping run, checking out outputs\nERROR: failed to reproduce 'train@a': failed\n"
    )
    assert read_outcomes(log) == {"failed": ["train@a"], "unchanged": ["crop"], "from the cache": ["audit"]}


def test_rows_have_old_new_and_signed_change():
    rows = [[*row.values()] for row in rows_of({"m": {"b": {"old": 0.5, "new": 0.25, "diff": -0.25}, "a": {"new": 3}}})]
    assert rows == [["m", "a", "–", "3", ""], ["m", "b", "0.5", "0.25", "-0.25"]]


def test_a_plot_has_moved_where_its_points_differ_by_more_than_their_revision():
    def plot(*values: int) -> list[dict]:
        points = [{"x": value, "rev": rev} for value, rev in zip(values, ("a", "b"), strict=True)]
        return [{"type": "vega", "revisions": ["a", "b"], "content": {"data": {"values": points}}}]

    assert has_moved(plot(1, 2)) and not has_moved(plot(1, 1))
    assert not has_moved([{"type": "image", "revisions": ["a"]}])


def test_why_there_is_nothing_to_compare_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert "no Git repository" in find_base("main")[1]
    one = Pipeline(tmp_path / "one")
    one.folder.mkdir()
    one.run("git", "init", "--quiet", "--initial-branch=main")
    monkeypatch.chdir(one.folder)
    one.git("commit", "--quiet", "--allow-empty", "--message", "first")
    assert "has no dvc.yaml" in find_base("main")[1]
    assert "this is the first commit" in find_base("origin/main")[1]
    (one.folder / "dvc.yaml").write_text("stages: {}\n")
    one.commit("second")
    assert find_base("main")[0] == "main"
    with pytest.raises(InputError, match="orign/main: no such branch, tag or commit"):
        find_base("orign/main")
    one.run("git", *IDENTITY, "clone", "--quiet", "--depth", "1", one.folder.as_uri(), str(tmp_path / "two"))
    monkeypatch.chdir(tmp_path / "two")
    assert "git fetch --unshallow" in find_base("HEAD~1")[1]


@pytest.mark.slow
def test_a_rerun_reports_what_moved_with_pictures_and_that_results_are_not_committed(finished: Pipeline):
    finished.change(variants__latent_2__lr=0.5)
    status, _ = finished.python("tools.rerun", "--base", "HEAD")
    assert status == 0
    report = (finished.folder / "rerun/report.md").read_text(encoding="utf-8")
    assert "- **ran** (4): train@latent_2, evaluate@latent_2, compare@" in report
    assert "| params.yaml | variants.latent_2.lr | 0.1 | 0.5 | +0.4 |" in report
    assert "| metrics/digits/latent_2/metrics.json | test.accuracy |" in report
    assert "other results than those committed" in report
    pictures = list((finished.folder / "rerun/plots").glob("*.png"))
    assert 0 < len(pictures) <= 12 and all(f"(plots/{picture.name})" in report for picture in pictures)
