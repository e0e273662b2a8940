"""Sweeps: the page over the runs, and a real grid through DVC's queue."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from ci import queued_runs
from ci.queued_runs import belongs, queue_grid, run_queue, states
from ci.sweep import gather
from ci.sweep_runs import Run, read_runs, touched_variants, varied_params
from stages.commands import DvcError
from stages.errors import InputError
from stages.pages.parallel import Axis, parallel_chart
from stages.pages.sweep import Results, sorted_table, write_sweep
from tests.clones import Clone
from tests.pipeline import PROJECT, Pipeline

NAMES = ["HEAD", "sweep-1", "sweep-2"]


def figures(accuracy: float, loss: float) -> dict:
    """Content of a metrics.json."""
    recalls = {name: {"recall": accuracy} for name in ("bad", "good")}
    test = {"accuracy": accuracy, "balanced_accuracy": accuracy / 2, "macro_f1": accuracy / 4, "loss": loss}
    return {"test": test | {"per_class": recalls}}


def results(**changes) -> Results:
    """A sweep over one learning rate."""
    curves = pd.DataFrame({"variant": NAMES, "epoch": 1.0, "test_accuracy": 0.5, "test_loss": 1.0})
    given = {
        "family": "cnn",
        "variant": "weighted",
        "runs": NAMES,
        "params": {"cnn.variants.weighted.lr": ["0.001", "0.0005", "0.002"]},
        "metrics": [figures(0.5, 0.9), figures(0.8, 0.7), figures(0.6, 0.3)],
        "curves": curves,
    }
    return Results(**(given | changes))


def shown(state: str = "success") -> list[dict]:
    """What ``dvc exp show --json`` prints, in short."""

    def revision(lr: float, accuracy: float) -> dict:
        params = {"params.yaml": {"data": {"seeds": [0], "cnn": {"variants": {"weighted": {"lr": lr}}}}}}
        metrics = {"metrics/cnn/weighted/metrics.json": {"data": figures(accuracy, 1.0)}}
        metrics["metrics/cnn/plain/metrics.json"] = {"data": figures(0.5, 0.5)}
        return {"params": params, "metrics": metrics}

    def run(name: str, lr: float, how: str) -> dict:
        return {"name": name, "revs": [{"data": revision(lr, lr)}], "executor": {"state": how}}

    runs = [run("sweep-10", 0.3, "success"), run("sweep-2", 0.2, state), run("other-1", 0.4, "success")]
    commit = {"rev": "abc", "data": revision(0.1, 0.1), "experiments": runs}
    return [{"rev": "workspace", "data": revision(9, 9)}, commit]


def test_runs_are_read_in_their_order_beside_the_commit() -> None:
    runs = read_runs(shown(), "sweep")
    assert [run.name for run in runs] == ["HEAD", "sweep-2", "sweep-10"]
    assert varied_params(runs) == {"cnn.variants.weighted.lr": ["0.1", "0.2", "0.3"]}
    assert touched_variants(runs) == [("cnn", "weighted")]


def test_failed_runs_are_left_out_and_none_is_an_error() -> None:
    assert [run.name for run in read_runs(shown("failed"), "sweep")] == ["HEAD", "sweep-10"]
    assert states(shown("failed"), "sweep") == {"sweep-10": "success", "sweep-2": "failed"}
    with pytest.raises(InputError, match="grid-1, grid-2, …: no finished run"):
        read_runs(shown(), "grid")


@pytest.mark.parametrize(("run", "mine"), [("sweep-1", True), ("sweep-12", True), ("sweep", False), ("sweep-a", False)])
def test_runs_belong_to_a_sweep_by_their_name(run: str, mine: bool) -> None:
    assert belongs(run, "sweep") == mine
    assert not belongs(None, "sweep")
    assert not belongs("big-sweep-1", "sweep")


def test_a_shared_parameter_touches_every_variant_that_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [
        Run(name, {"seeds": seeds, "dnn.variants.deep.lr": lr}, {"metrics/cnn/plain/metrics.json": figures(value, 1)})
        for name, seeds, lr, value in (("HEAD", "0", "1", 0.5), ("sweep-1", "1", "2", 0.6))
    ]
    monkeypatch.setattr("ci.sweep.read_curves", lambda *_: {})
    first, second = gather(runs)
    assert (first.family, first.variant, list(first.params)) == ("dnn", "deep", ["seeds", "dnn.variants.deep.lr"])
    assert (second.family, second.variant, list(second.params)) == ("cnn", "plain", ["seeds"])


def test_the_table_is_sorted_by_the_metric_chosen_and_marks_the_best() -> None:
    table = sorted_table(results(), "test.balanced_accuracy")
    assert [name for name, _ in table.rows] == ["sweep-1", "sweep-2", "HEAD"]
    assert table.columns[:3] == ["lr", "test balanced accuracy", "test accuracy"]
    assert table.columns[-1] == "test recall of good"
    assert [cell.mark for cell in table.rows[0][1]][:3] == ["", "best", "best"]
    by_loss = sorted_table(results(), "test.loss")
    assert [name for name, _ in by_loss.rows] == ["sweep-2", "sweep-1", "HEAD"]
    assert by_loss.rows[0][1][1].mark == "best"


def test_runs_without_the_metric_come_last_and_an_unknown_metric_is_an_error() -> None:
    table = sorted_table(results(metrics=[None, figures(0.1, 1), figures(0.2, 1)]), "test.accuracy")
    assert [name for name, _ in table.rows] == ["sweep-2", "sweep-1", "HEAD"]
    with pytest.raises(InputError, match=r"--sort test\.acuracy: cnn\.weighted has no such metric; one of test\.acc"):
        sorted_table(results(), "test.acuracy")


def test_parallel_axes_are_scaled_and_labelled() -> None:
    axes = [Axis("lr", ["0.001", "0.0005", "0.002"], steps=True), Axis("accuracy", [0.5, 0.75, None])]
    spec = parallel_chart(axes, NAMES)
    lines, _, labels = (layer["data"]["values"] for layer in spec["layer"])
    heights = {(row["axis"], row["variant"]): row["height"] for row in lines}
    assert heights == {
        ("lr", "HEAD"): 0.5,
        ("lr", "sweep-1"): 0.0,
        ("lr", "sweep-2"): 1.0,
        ("accuracy", "HEAD"): 0.0,
        ("accuracy", "sweep-1"): 1.0,
    }
    labelled = {(row["axis"], row["value"]) for row in labels}
    assert labelled == {("lr", "0.0005"), ("lr", "0.001"), ("lr", "0.002"), ("accuracy", "0.5"), ("accuracy", "0.75")}


def test_the_page_carries_table_and_charts(tmp_path: Path) -> None:
    page = tmp_path / "sweep.html"
    write_sweep(page, "sweep", [results()], "test.balanced_accuracy", ["sweep-3"])
    text = page.read_text(encoding="utf-8")
    assert "Did not finish: sweep-3" in text
    scripts = re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)
    specs = [json.loads(script) for script in scripts]
    assert len(specs) == 3
    assert "Parallel coordinates" in specs[0]["description"]
    markup = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert re.findall(r'(?:src|href)="([^"]*)"', markup) == ["#content", "#cnn-weighted"]


def test_queueing_names_runs_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queued_runs, "show_experiments", shown)
    with pytest.raises(InputError, match="sweep-10, sweep-2: there from an earlier sweep"):
        queue_grid("sweep", ["seeds=1"])


def status(state: str) -> str:
    """What ``dvc queue status`` prints."""
    runs = [
        f"bbc04ed  sweep-10  02:05 AM      {state}",
        f"94a46f6  sweep-2   Nov 22, 2026  {state}",
        "81b6a3f  sweep-2   Nov 21, 2026  Success",
        "0f57fc3            02:05 AM      Queued",
        "8377407  other-1   02:05 AM      Failed",
    ]
    return "\n".join(["Task     Name      Created       Status", *runs, "", "Worker status: 0 active, 0 idle", ""])


def test_the_queue_is_read_from_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queued_runs, "dvc", lambda *arguments: status("Running"))
    assert queued_runs.queue_states("sweep") == {"sweep-10": "Running", "sweep-2": "Running"}
    assert queued_runs.queue_states("other") == {"other-1": "Failed"}
    assert queued_runs.queue_states("third") == {}


def test_workers_that_leave_runs_behind_are_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = [*["Queued"] * 4, *["Running"] * 9, *["Queued"] * 4, "Running", "Success"]
    started, waits = [], []
    monkeypatch.setattr(queued_runs, "dvc", lambda *arguments: status(looks.pop(0)))
    monkeypatch.setattr(queued_runs, "_start_workers", lambda jobs: started.append(len(looks)))
    monkeypatch.setattr(queued_runs.time, "sleep", waits.append)
    assert run_queue("sweep", 2) == {"sweep-10": "Success", "sweep-2": "Success"}
    assert len(started) == 3, "at once, after three idle looks, and when the running one was put back"
    monkeypatch.setattr(queued_runs, "dvc", lambda *arguments: status("Queued"))
    with pytest.raises(InputError, match="the workers do not start"):
        run_queue("sweep", 2)


def test_a_look_that_fails_while_a_worker_cleans_up_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = [DvcError(("exp", "show"), ".dvc/tmp/exps/tmp1/.dvc does not exist")] * 2

    def stumbling(command: str, timeout: float) -> list[dict]:
        if failures:
            raise failures.pop()
        return shown()

    monkeypatch.setattr(queued_runs.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(queued_runs, "dvc_json", stumbling)
    assert queued_runs.show_experiments() == shown()
    failures += [DvcError(("exp", "show"), "no such thing")] * 99
    with pytest.raises(DvcError, match="no such thing"):
        queued_runs.show_experiments()


def test_the_grid_of_make_sweep_names_parameters_that_exist() -> None:
    params = YAML(typ="safe").load((PROJECT / "params.yaml").read_text(encoding="utf-8"))
    grid = re.search(r"^GRID \?= (.+)$", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[1]
    names = [one.partition("=")[0] for one in grid.split()]
    assert len(names) == 2
    for name in names:
        block = params
        for key in name.split("."):
            block = block[key]


@pytest.mark.slow
def test_a_grid_runs_through_the_queue_and_shares_data_and_crops(finished_once: Pipeline, tmp_path: Path) -> None:
    clone = Clone(finished_once, tmp_path / "clone")
    _, output = clone.python("ci.sweep", "-S", "cnn.variants.plain.lr=0.0005,0.004", "-j", "2", "--sort", "test.loss")
    assert "sweep-1: Success" in output
    assert "sweep-2: Success" in output
    for run in NAMES[1:]:
        log = clone.dvc("queue", "logs", run)
        assert set(re.findall(r"Running stage '(train_\w+@\w+)'", log)) == {"train_cnn@plain"}
        assert not re.search(r"Running stage '(download_faces|crop_faces|download_digits|prepare_digits)'", log)
        assert "Stage 'crop_faces' didn't change, skipping" in log
    page = (clone.folder / "sweep.html").read_text(encoding="utf-8")
    order = re.findall(r'<tr><th scope="row">(HEAD|sweep-\d)</th>', page)
    losses = {rev: loss(clone, rev) for rev in NAMES}
    assert order == sorted(NAMES, key=losses.get)
    assert clone.git("status", "--porcelain") == "", "a sweep leaves the workspace as it was"

    status, output = clone.python("ci.sweep", "-S", "cnn.variants.plain.lr=0.1", check=False)
    assert status == 1
    assert "there from an earlier sweep" in output
    clone.dvc("exp", "apply", "sweep-2")
    assert "lr: 0.004" in (clone.folder / "params.yaml").read_text()
    clone.dvc("exp", "branch", "sweep-1", "better")
    assert "better" in clone.git("branch", "--list")
    clone.dvc("exp", "remove", *NAMES[1:])
    assert "sweep-" not in clone.dvc("exp", "list")


@pytest.mark.slow
def test_a_shallow_clone_is_refused_before_its_runs_are_lost(finished_once: Pipeline, tmp_path: Path) -> None:
    clone = Clone(finished_once, tmp_path / "clone", "--depth=1")
    status, output = clone.python("ci.sweep", "-S", "cnn.variants.plain.lr=0.1", check=False)
    assert (status, output.count("\n")) == (1, 1)
    assert "git fetch --unshallow" in output


def loss(clone: Pipeline, revision: str) -> float:
    """Test loss of cnn.plain at a revision, as Git holds it."""
    reference = revision if revision == "HEAD" else experiment_commit(clone, revision)
    return json.loads(clone.git("show", f"{reference}:metrics/cnn/plain/metrics.json"))["test"]["loss"]


def experiment_commit(clone: Pipeline, name: str) -> str:
    """The commit behind an experiment's name."""
    lines = clone.git("for-each-ref", "--format=%(objectname) %(refname)", "refs/exps").splitlines()
    return next(line.split()[0] for line in lines if line.endswith(f"/{name}"))
