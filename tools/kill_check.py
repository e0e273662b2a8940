"""Kill -9 a run of a small project at random moments, run it again, and compare every byte with an undisturbed run."""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stages.runtime import command
from stages.runtime.errors import InputError
from tools.dvc import environment
from tools.params_edit import set_values
from tools.reproduce_check import LOCK, copy_without_results, hashes_under, project_files

TOPS = ["data", "models", "metrics", LOCK.name]
SMALL = [
    ("digits.source", "sample"),
    ("faces.source", "sample"),
    ("faces.sample.photos", 14),
    ("faces.test_size", 0.4),
    ("validation.share", 0.3),
    *((f"variants.{name}.epochs", 3) for name in ("random_init", "zero_init", "wide", "deep", "distorted")),
    *((f"variants.{name}.epochs", 2) for name in ("fixed_lr", "step_lr", "weighted", "resample_13", "resample_50")),
    *((f"variants.{name}.epochs", 2) for name in ("kernel_5", "stride_2")),
    *((f"variants.{name}.latent_epochs", [1]) for name in ("latent_2", "latent_60_2")),
    *((f"variants.{name}.epochs", 3) for name in ("latent_2", "latent_60_2")),
    *((f"variants.{name}.images", 300) for name in ("balanced", "residual")),
]


def main(arguments: argparse.Namespace) -> None:
    """Run undisturbed, then strike as often as asked for.

    Raises:
        InputError: a run after a kill failed or left other bytes; the folders then stay, to be looked at.
    """
    root, chance = Path(tempfile.mkdtemp(prefix="kill-")), random.Random(arguments.seed)
    print(f"undisturbed run, in {root}", flush=True)
    make_project(root / "undisturbed")
    start = time.monotonic()
    run(root / "undisturbed")
    seconds = time.monotonic() - start
    wanted = hashes_under(root / "undisturbed", TOPS)
    for number in range(1, arguments.kills + 1):
        folder, moments = root / f"struck{number}", [chance.uniform(0, seconds) for _ in range(2)]
        make_project(folder)
        repaired = [strike(folder, moment) for moment in moments]
        run(folder)
        found = hashes_under(folder, TOPS)
        if different := sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)):
            raise InputError(
                f"{folder}: killed after {moments} s, other bytes than undisturbed: {', '.join(different)}"
            )
        note = ", dvc.lock was half-written" if any(repaired) else ""
        print(
            f"{number}: killed after {' and '.join(f'{moment:.1f}' for moment in moments)} s, same bytes{note}",
            flush=True,
        )
        shutil.rmtree(folder)
    shutil.rmtree(root)
    print(f"{arguments.kills} of {arguments.kills} runs that were killed twice ended with the same {len(wanted)} files")


def make_project(folder: Path) -> None:
    """Copy the project without results, with few photos and short trainings, and a cache of its own."""
    folder.mkdir(parents=True)
    copy_without_results(project_files(), folder, folder / ".dvc" / "cache")
    set_values(SMALL, folder / "params.yaml")


def run(folder: Path) -> None:
    """Run to the end.

    Raises:
        InputError: it failed.
    """
    done = subprocess.run(repro(), cwd=folder, env=environment(), capture_output=True, text=True)
    if done.returncode != 0:
        raise InputError(f"{folder}: the run failed: {' '.join((done.stdout + done.stderr).split())[-600:]}")


def strike(folder: Path, moment: float) -> bool:
    """Kill DVC and all that it started after ``moment`` seconds; return whether dvc.lock had to be given up.

    DVC writes dvc.lock in place. Where it is killed then, README has it brought back from Git; without Git it is
    deleted, and DVC finds the finished stages in its run cache.
    """
    process = subprocess.Popen(
        repro(), cwd=folder, env=environment(), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    status = subprocess.run(
        [sys.executable, "-m", "dvc", "status"], cwd=folder, env=environment(), capture_output=True, text=True
    )
    broken = status.returncode != 0 and "dvc.lock" in status.stderr
    if broken:
        (folder / LOCK).unlink()
    (folder / ".dvc/tmp/rwlock").unlink(missing_ok=True)  # who reads and writes what: nobody does any more
    return broken


def repro() -> list[str]:
    """The command that is killed."""
    return [sys.executable, "-m", "dvc", "repro"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10, metavar="N", help="how many runs are killed, twice each (10)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    command.run(main, parser)
