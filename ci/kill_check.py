"""Strike the pipeline in every stage, in every way, run it again, and compare every byte with an undisturbed run.

Usage: ``python -m ci.kill_check [STAGE …]``

It is killed as a whole, once or twice in a row; DVC alone, the stage alone, one of its workers; while DVC writes
dvc.lock; interrupted and terminated; and the disk is filled. With ``--kills`` only SIGKILL, at random moments, in every
stage in turn. The copy of the project that this is done to has small parameters and downloads what it works on from a
slow mirror on this machine.
"""

import argparse
import itertools
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ci.faults import FAULTS, FULL_DISK, KILLS
from ci.slow_mirror import slow_mirror
from ci.small_project import make_small_project
from ci.struck_project import Outcome, Reference, run_undisturbed, strike
from stages import door
from stages.errors import InputError

TRIES = 5  # to strike a stage while it runs
BETWEEN = "between stages"
DISK = "400m"
WIDTH = 18


def main(arguments: argparse.Namespace) -> None:
    """Run undisturbed, strike, print a table.

    Raises:
        InputError: a fault was not survived; the folder then stays, to be looked at. Or no strike is asked for.
    """
    if arguments.kills is not None and arguments.kills < 1:
        raise InputError(f"--kills: {arguments.kills} is less than one strike")
    root = Path(tempfile.mkdtemp(prefix="kill-"))
    with slow_mirror(root / "mirror") as address:
        make_small_project(root / "undisturbed" / "project", root / "mirror", address)
        print(f"=== undisturbed run, in {root}", flush=True)
        reference = run_undisturbed(root / "undisturbed" / "project", arguments.stages, _variables(root, "undisturbed"))
        outcomes = strike_all(reference, root, arguments)
    print_table(outcomes)
    if failed := [outcome for _, outcome in outcomes if outcome.problems]:
        raise InputError(f"{len(failed)} of {len(outcomes)} faults were not survived, see above; {root} is kept")
    shutil.rmtree(root)


def _variables(root: Path, place: str | Path) -> dict[str, str]:
    """The environment of a run: what it keeps outside the project lies below ``root``."""
    downloads, site = root / place / "downloads", root / "site"
    return {"PIPELINE_DOWNLOADS": str(downloads), "DVC_SITE_CACHE_DIR": str(site), "NO_PROXY": "127.0.0.1"}


def strike_all(reference: Reference, root: Path, arguments: argparse.Namespace) -> list[tuple[str, Outcome]]:
    """Strike as planned, and return each fault's name and outcome."""
    chance = random.Random(arguments.seed)
    outcomes = []
    plan = _plan(reference, arguments, chance)
    with _small_disk(root, any(fault == FULL_DISK for fault, _ in plan)) as disk:
        for fault, stages in plan:
            place = disk if fault == FULL_DISK else "struck"
            if place is None:
                continue
            for outcome in _strike_group(reference, root, place, stages, fault, chance):
                where = outcome.stage or f"{BETWEEN} ({_group(stages[0])})"
                print(f"{fault:{WIDTH}}{where}: {_word(outcome)}", flush=True)
                outcomes.append((fault, outcome))
    return outcomes


def _plan(reference: Reference, arguments: argparse.Namespace, chance: random.Random) -> list[tuple[str, list[str]]]:
    """Return for every strike the fault and the stages, one of which it is to hit."""
    groups: dict[str, list[str]] = {}
    for stage in reference.seconds:
        groups.setdefault(_group(stage), []).append(stage)
    each = list(groups.values())
    if arguments.kills is not None:
        turns = itertools.islice(itertools.cycle(each), arguments.kills)
        return [(chance.choice([kill for kill in KILLS if _has(stages, kill)]), stages) for stages in turns]
    return [(fault, stages) for fault in arguments.fault or FAULTS for stages in each if _has(stages, fault)]


def _group(stage: str) -> str:
    """The stage's name without the variant."""
    return stage.partition("@")[0]


def _has(stages: list[str], fault: str) -> bool:
    """Whether the fault can hit them: only training has workers."""
    return fault != "kill worker" or stages[0].startswith("train_")


def _strike_group(
    reference: Reference, root: Path, place: str, stages: list[str], fault: str, chance: random.Random
) -> Iterator[Outcome]:
    """Strike until one of ``stages`` was struck while it ran; yield that, and before it what was struck in between."""
    for number in range(TRIES):
        (root / place).mkdir(exist_ok=True)
        trial = Path(tempfile.mkdtemp(dir=root / place)).relative_to(root)
        variables = _variables(root, trial)
        stage = chance.choice(stages)
        # DVC's work after the stage counts as its time: where a moment fell into that, the next one is earlier.
        moments = [chance.uniform(0, reference.seconds[stage] / (1 + number)) for _ in range(FAULTS[fault].times)]
        outcome = strike(reference, root / trial / "project", stage, FAULTS[fault], moments, variables)
        if outcome is None or not outcome.problems:
            shutil.rmtree(root / trial)
        if outcome:
            yield outcome
        if outcome and (outcome.stage or not FAULTS[fault].in_stage):
            return
    if FAULTS[fault].in_stage:
        raise InputError(f"{', '.join(stages)}: not struck in {TRIES} tries; the machine may be too busy")
    print(f"{fault:{WIDTH}}{BETWEEN} ({_group(stages[0])}): not struck, it was too quick", flush=True)


@contextmanager
def _small_disk(root: Path, wanted: bool) -> Iterator[str | None]:
    """Yield a folder below ``root`` on a disk of its own if ``wanted``, or None, also where that cannot be."""
    if not wanted:
        yield None
        return
    (root / "disk").mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(root / "disk")]
    if subprocess.run(command, capture_output=True).returncode != 0:
        print(f"{FULL_DISK}: left out, no disk can be mounted here (this needs root)")
        yield None
        return
    try:
        yield "disk"
    finally:
        subprocess.run(["umount", "--lazy", str(root / "disk")], check=True)


def _word(outcome: Outcome) -> str:
    if outcome.problems:
        return "NOT SURVIVED\n" + "\n".join(f"    {line.rstrip()}" for line in outcome.problems)
    return f"survived, ended after {outcome.seconds:.1f} s{', DVC mended' if outcome.mended else ''}"


def print_table(outcomes: list[tuple[str, Outcome]]) -> None:
    """Print how often each stage was struck in each way, and how often that was survived."""
    faults = list(dict.fromkeys(fault for fault, _ in outcomes))
    rows = list(dict.fromkeys(_row(outcome) for _, outcome in outcomes))
    print("\nsurvived of struck" + " " * (2 * WIDTH - 18) + "".join(f"{fault:>{WIDTH}}" for fault in faults))
    for row in [*sorted(rows, key=lambda name: name == BETWEEN), "all"]:
        cells = []
        for fault in faults:
            found = [each for name, each in outcomes if name == fault and row in (_row(each), "all")]
            cells.append(f"{sum(not each.problems for each in found)} of {len(found)}" if found else "–")
        print(f"{row:{2 * WIDTH}}" + "".join(f"{cell:>{WIDTH}}" for cell in cells))
    survived = sum(not outcome.problems for _, outcome in outcomes)
    longest = max((outcome.seconds for _, outcome in outcomes), default=0.0)
    mended = sum(outcome.mended for _, outcome in outcomes)
    print(f"\n{survived} of {len(outcomes)} survived; the stage's processes were gone after at most {longest:.1f} s;")
    print(f"what DVC had left half-written was mended {mended} times")


def _row(outcome: Outcome) -> str:
    return _group(outcome.stage) or BETWEEN


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help="these and what they need (default: all)")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--fault", action="append", choices=tuple(FAULTS), help="each stage once in this way; repeatable")
    ways.add_argument("--kills", type=int, metavar="N", help="so many strikes, in ways drawn among those of SIGKILL")
    parser.add_argument("--seed", type=int, default=0, help="of the moments and ways (default: 0)")
    door.run(main, parser)
