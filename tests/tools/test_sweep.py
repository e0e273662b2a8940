"""A sweep: which runs belong to it, how they are ranked, and a real one through DVC's queue."""

import json

import pytest

from stages.runtime.errors import InputError
from tests.helpers import Pipeline
from tools import queue
from tools.queue import STATUS, belongs, read_runs, words_of
from tools.sweep import ranked

QUEUE = """Task     Name         Created   Status
0a1b2c3  lrs-1        09:15 PM  Running
4d5e6f7               09:15 PM  Queued
89abcde  lrs-2        Nov 26, 2026  Success
fedcba9  other        09:16 PM  Failed

Worker status: 2 active, 0 idle
"""


def test_the_queue_is_read_by_name_and_state():
    states = {m["name"]: m["state"] for m in STATUS.finditer(QUEUE)}
    assert states["lrs-2"] == "Success" and states["other"] == "Failed" and states["lrs-1"] == "Running"


def test_one_run_is_called_as_the_sweep_and_several_are_numbered():
    assert [belongs(name, "lr") for name in ("lr", "lr-1", "lr-12", "lr-a", "lrs-1", None)] == [True] * 3 + [False] * 3


def entry(name: str, accuracy: float | None, state: str = "success") -> dict:
    data = None if accuracy is None else {
        "params": {"params.yaml": {"data": {"seeds": [0, 1], "variants": {"plain": {"lr": accuracy, "step": None}}}}},
        "metrics": {"metrics/masks/plain/metrics.json": {"data": {"test": {"accuracy": accuracy}}}},
    }  # fmt: skip
    return {"name": name, "revs": [{"data": data}], "executor": {"state": state}}


def test_runs_are_read_by_their_number_and_failed_or_foreign_ones_left_out():
    head = {"rev": "abc", "data": entry("", 0.5)["revs"][0]["data"]}
    head["experiments"] = [entry("a-10", 0.9), entry("a-2", 0.8), entry("a-3", 0.1, "failed"), entry("b-1", 0.7)]
    head["experiments"].append(entry("a-4", None))
    runs = read_runs([{"rev": "workspace", "data": {}}, head], "a")
    assert [run.name for run in runs] == ["HEAD", "a-2", "a-10"]
    assert runs[1].params == {"seeds": "0, 1", "variants.plain.lr": "0.8"}
    assert words_of({"a": {"b": [1, 2], "c": None, "d": []}, "e": "x"}) == {"a.b": "1, 2", "e": "x"}


def test_runs_are_ranked_by_the_figure_the_best_first_and_those_without_it_last():
    metrics = [{"loss": 1.0, "f1": 0.2}, None, {"loss": 3.0, "f1": 0.9}]
    names = ["r1", "r2", "r3"]
    by_f1 = ranked("masks", "plain", "f1", names, {"lr": ["1", "2", "3"]}, metrics, None)
    assert by_f1.runs == ["r3", "r1", "r2"] and by_f1.params == {"lr": ["3", "1", "2"]}
    assert by_f1.figures == {"f1": [0.9, 0.2, None], "loss": [3.0, 1.0, None]}
    assert ranked("masks", "plain", "loss", names, {}, metrics, None).runs == ["r1", "r3", "r2"]
    with pytest.raises(InputError, match="--sort f2: plain has no such figure; one of loss, f1"):
        ranked("masks", "plain", "f2", names, {}, metrics, None)


@pytest.mark.slow
def test_a_sweep_of_one_value_is_run_and_chosen_on_validation_samples(finished: Pipeline):
    status, said = finished.python("tools.sweep", "--name", "lr", "-S", "variants.simple.lr=0.2")
    assert status == 0, said
    assert "lr: Success" in said and "simple (digits): runs by validation.balanced_accuracy, which chose *" in said
    assert (finished.folder / "sweep.html").stat().st_size > 10**5
    assert finished.git("status", "--porcelain", "--untracked-files=no") == "", "the workspace is as it was"
    shown = json.loads(finished.run("dvc", "exp", "show", "--json").stdout)
    assert [run["name"] for run in shown[1]["experiments"]] == ["lr"]
    taken = finished.python("tools.sweep", "--name", "lr", "-S", "variants.simple.lr=0.3")[1].splitlines()[-1]
    assert taken.startswith("error: lr: there from an earlier sweep; choose another --name")


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        (
            "Running\nerror: params.yaml: variants.a.lr: too small\nERROR: failed",
            "error: params.yaml: variants.a.lr: too small",
        ),
        ("killed\n", "killed"),
        ("", "it printed nothing"),
    ],
)
def test_a_failed_run_is_told_by_its_own_error(monkeypatch: pytest.MonkeyPatch, printed: str, why: str):
    monkeypatch.setattr(queue, "dvc", lambda *_: printed)
    assert queue.error_of("a-1") == why
