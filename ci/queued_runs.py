"""DVC's experiment queue: put a grid in, run it, wait for the end."""

import re
import subprocess
import sys
import time
from typing import Any

from stages.commands import DvcError, dvc, dvc_json, environment, git
from stages.errors import InputError
from stages.pages.revisions import is_shallow

WAIT = 4.0  # seconds between two looks at the queue
LONGEST_LOOK = 60.0  # seconds that `dvc exp show` may take
LOOKS = 4  # tries of a look before its failure counts
# Looks without a run in progress after which the workers are started again: they can end early and leave runs
# behind (treeverse/dvc#10427, #10562).
PATIENCE = 3
STARTS = 5  # starts in a row without a run in progress after which something else is wrong
FINISHED = ("Success", "Failed")
# A line of `dvc queue status`: the task, its name, when it was created, and how it stands.
STATUS = re.compile(r"^[0-9a-f]{7} +(?P<name>\S+) .*\b(?P<state>Queued|Running|Success|Failed)\s*$", re.MULTILINE)


def check_repository() -> None:
    """Make sure that a queued run will find what it needs.

    Raises:
        InputError: there is no commit to start from, the clone is shallow, or a stage's file is new and not added:
            a queued run starts from the last commit and changes to files that Git knows; it does not see new ones.
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
        DvcError: it fails again and again. Where a worker removes the folder of a finished run just then, DVC
            stumbles over what is left of it or waits for ever; the next time it does not.
    """
    for _ in range(LOOKS - 1):
        try:
            return dvc_json("exp show", timeout=LONGEST_LOOK)
        except DvcError:
            time.sleep(WAIT)
    return dvc_json("exp show", timeout=LONGEST_LOOK)


def queue_states(name: str) -> dict[str, str]:
    """Return run: state of the sweep's runs as ``dvc queue status`` says: Queued, Running, Success or Failed.

    Unlike ``dvc exp show`` this does not look into the folders of running workers.
    """
    found = [(m["name"], m["state"]) for m in STATUS.finditer(dvc("queue", "status")) if belongs(m["name"], name)]
    # An experiment that was removed stays here under its name; the one that is still to run counts.
    return dict(sorted(found, key=lambda run: run[1] not in FINISHED))


def states(shown: list[dict[str, Any]], name: str) -> dict[str, str]:
    """Return run: state of the sweep's runs, states as DVC names them (``queued``, ``running``, ``success``, …)."""
    runs = [run for commit in shown for run in commit.get("experiments") or [] if belongs(run["name"], name)]
    return {run["name"]: (run.get("executor") or {}).get("state") or "success" for run in runs}


def belongs(run: str | None, name: str) -> bool:
    """Whether a run is one of the sweep ``name``: DVC numbers the runs of a grid, ``name-1``, ``name-2``, …"""
    stem, _, count = (run or "").rpartition("-")
    return stem == name and count.isdigit()


def queue_grid(name: str, overrides: list[str]) -> None:
    """Queue every combination of the overrides, in the form of ``dvc exp run -S``.

    Raises:
        InputError: there are runs of this name, a parameter does not exist, or DVC refuses for another reason.
    """
    if taken := list(states(show_experiments(), name)):
        raise InputError(
            f"{', '.join(taken)}: there from an earlier sweep; choose another --name (make sweep NAME=…), or remove "
            f"them with `dvc exp remove {' '.join(taken)}`"
        )
    settings = [word for override in overrides for word in ("-S", override)]
    print(dvc("exp", "run", "--queue", "--name", name, *settings), end="", flush=True)


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


def _start_workers(jobs: int) -> None:
    # Workers live on and keep what they inherit: a pipe to them would only end when they do.
    command = [sys.executable, "-m", "dvc", "queue", "start", "-j", str(jobs)]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if subprocess.run(command, env=environment(), **quiet).returncode != 0:
        raise InputError("`dvc queue start` failed; run it yourself to see why")
