"""DVC's experiment queue: put a grid in, run it, wait for the end, read the runs."""

import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from stages.runtime.errors import InputError
from tools.dvc import DvcError, dvc, dvc_json, environment, git, is_shallow

WAIT = 4.0  # seconds between two looks at the queue
LONGEST_LOOK = 60.0  # seconds that `dvc exp show` may take
LOOKS = 4  # tries of a look before its failure counts
# Looks without a run in progress after which the workers are started again: they can end early and leave runs behind
# (treeverse/dvc#10427, #10562).
PATIENCE = 3
STARTS = 5  # starts in a row without a run in progress after which something else is wrong
FINISHED = ("Success", "Failed")
# A line of `dvc queue status`: the task, its name, when it was created, and how it stands.
STATUS = re.compile(r"^[0-9a-f]{7} +(?P<name>\S+) .*\b(?P<state>Queued|Running|Success|Failed)\s*$", re.MULTILINE)
BASELINE = "HEAD"


@dataclass(frozen=True)
class Run:
    """``params`` as words by their full name; ``metrics`` as nested numbers by their file."""

    name: str
    params: dict[str, str]
    metrics: dict[str, Mapping[str, Any]]


def check_repository() -> None:
    """Make sure that a queued run will find what it needs.

    Raises:
        InputError: there is no commit to start from, the clone is shallow, or a stage's file is new and not added: a
            queued run starts from the last commit and changes to files that Git knows; it does not see new ones.
    """
    if git("rev-parse", "--verify", "--quiet", "HEAD") is None:
        raise InputError("there is no commit yet: queued runs start from the last commit; `git commit` first")
    if is_shallow():
        # treeverse/dvc#8844: they end as "Success", and nothing of them is left.
        raise InputError("this clone is shallow, and DVC loses queued runs in one; `git fetch --unshallow` first")
    unknown = git("ls-files", "--others", "--exclude-standard", "stages", "dvc.yaml", "params.yaml")
    if unknown:
        raise InputError(f"{unknown.splitlines()[0]}: not in Git, and queued runs see only what is; `git add` it first")


def show_experiments() -> list[dict[str, Any]]:
    """Return what ``dvc exp show --json`` says: the workspace, then the commit and its experiments.

    Raises:
        DvcError: it fails again and again. Where a worker removes the folder of a finished run just then, DVC stumbles
            over what is left of it or waits for ever; the next time it does not.
    """
    for _ in range(LOOKS - 1):
        try:
            return dvc_json("exp show", timeout=LONGEST_LOOK)
        except DvcError:
            time.sleep(WAIT)
    return dvc_json("exp show", timeout=LONGEST_LOOK)


def belongs(run: str | None, name: str) -> bool:
    """Whether a run is one of the sweep ``name``: DVC numbers those of a grid, ``name-1`` …, and calls one ``name``."""
    stem, _, count = (run or "").rpartition("-")
    return run == name or (stem == name and count.isdigit())


def queue_grid(name: str, overrides: list[str]) -> None:
    """Queue every combination of the overrides, in the form of ``dvc exp run -S``.

    Raises:
        InputError: there are runs of this name, a parameter does not exist, or DVC refuses for another reason.
    """
    refuse_taken(name)
    settings = [word for override in overrides for word in ("-S", override)]
    print(dvc("exp", "run", "--queue", "--name", name, *settings), end="", flush=True)


def refuse_taken(name: str) -> None:
    """Refuse a name that there are runs of.

    Raises:
        InputError: says which.
    """
    shown = [run["name"] for commit in show_experiments() for run in commit.get("experiments") or []]
    if taken := [run for run in shown if belongs(run, name)]:
        raise InputError(
            f"{', '.join(taken)}: there from an earlier sweep; choose another --name (make sweep NAME=…), or remove "
            f"them with `dvc exp remove {' '.join(taken)}`"
        )


def run_queue(name: str, jobs: int) -> dict[str, str]:
    """Start the workers, wait until no run of the sweep is queued or running, and return how each ended.

    Raises:
        InputError: the workers do not start.
    """
    seen: dict[str, str] = {}
    idle, starts = PATIENCE, 0
    while True:
        now = queue_states(name)
        for run, state in now.items():
            if seen.get(run) != state:
                print(f"{run}: {state}", flush=True)
        if set(now.values()) <= set(FINISHED):
            return now
        if seen and (now != seen or "Running" in now.values()):
            idle = starts = 0
        if idle >= PATIENCE:
            if starts == STARTS:
                raise InputError("the workers do not start; see `dvc queue status`, then `dvc queue stop --kill`")
            _start_workers(jobs)
            idle, starts = 0, starts + 1
        seen, idle = now, idle + 1
        time.sleep(WAIT)


def queue_states(name: str) -> dict[str, str]:
    """Return run: state of the sweep's runs as ``dvc queue status`` says: Queued, Running, Success or Failed.

    Unlike ``dvc exp show`` this does not look into the folders of running workers.
    """
    found = [(m["name"], m["state"]) for m in STATUS.finditer(dvc("queue", "status")) if belongs(m["name"], name)]
    # An experiment that was removed stays here under its name; the one that is still to run counts.
    return dict(sorted(found, key=lambda run: run[1] not in FINISHED))


def error_of(run: str) -> str:
    """The line that a failed run ended with, as far as it says why."""
    try:
        lines = dvc("queue", "logs", run).splitlines()
    except DvcError as error:
        return error.reason
    told = [line for line in lines if line.startswith(("error:", "ERROR:"))]
    return (told or lines or ["it printed nothing"])[0]


def read_runs(shown: list[dict[str, Any]], name: str) -> list[Run]:
    """Return the commit that the sweep started from, as ``HEAD``, and the finished runs by their number.

    Args:
        shown: what ``dvc exp show --json`` printed.
        name: the sweep.
    """
    runs = []
    for commit in shown:
        for experiment in commit.get("experiments") or []:
            data = experiment["revs"][0].get("data") if experiment["revs"] else None
            failed = (experiment.get("executor") or {}).get("state") == "failed"
            if belongs(experiment["name"], name) and data and not failed:
                runs.append(_run(experiment["name"], data))
    commit = next(entry for entry in shown if entry["rev"] != "workspace")
    return [_run(BASELINE, commit["data"]), *sorted(runs, key=lambda run: int(f"0{run.name.rpartition('-')[2]}", 36))]


def read_curves(runs: list[Run], files: list[str]) -> dict[str, pd.DataFrame]:
    """Return the learning curves in each of ``files``, ``variant,epoch,…`` with the run's name as ``variant``."""
    plots = dvc_json("plots diff", *[run.name for run in runs], "--targets", *files)["data"]
    curves = {}
    for file in files:
        if plot := plots.get(file):
            table = pd.DataFrame(plot[0]["content"]["data"]["values"]).rename(columns={"rev": "variant"})
            numbers = [column for column in table.columns if column not in ("variant", "filename", "field")]
            curves[file] = table[["variant", *numbers]].astype(dict.fromkeys(numbers, float))
    return curves


def words_of(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Turn nested parameters into one level of words: ``step.every`` -> ``30``; null is left out."""
    flat: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= words_of(value, f"{prefix}{key}.")
        elif value is not None and value != []:
            flat[f"{prefix}{key}"] = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return flat


def _run(name: str, data: dict[str, Any]) -> Run:
    params: dict[str, str] = {}
    for file in (data.get("params") or {}).values():
        params |= words_of(file.get("data") or {})
    metrics = {path: file["data"] for path, file in (data.get("metrics") or {}).items() if file.get("data")}
    return Run(name, params, metrics)


def _start_workers(jobs: int) -> None:
    # Workers live on and keep what they inherit: a pipe to them would only end when they do.
    command = [sys.executable, "-m", "dvc", "queue", "start", "-j", str(jobs)]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if subprocess.run(command, env=environment(), **quiet).returncode != 0:
        raise InputError("`dvc queue start` failed; run it yourself to see why")
