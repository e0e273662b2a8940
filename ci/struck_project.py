"""A finished project, set back to just before a stage, struck in it, run to its end and compared."""

import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML

from ci.faults import BALLAST, PROMISED, Fault, seconds_until_gone
from ci.folders import differences
from ci.struck_run import StruckRun
from stages.commands import environment
from stages.errors import InputError

RESULTS = ["data", "models", "metrics", "dvc.lock", "params.yaml"]
TRACE = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Reference:
    """A run that nothing disturbed.

    Attributes:
        folder: of the project.
        targets: what was run, with what it needs; all where there are none.
        seconds: that each stage took, in their order, DVC's work after it included.
    """

    folder: Path
    targets: list[str]
    seconds: dict[str, float]


@dataclass
class Outcome:
    """What a fault led to.

    Attributes:
        stage: in which it struck; empty where DVC was at work between two stages.
        problems: what is not as it must be, a line each.
        seconds: until the project's own processes had ended.
        mended: whether DVC's files had to be mended.
    """

    stage: str
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    mended: bool = False


def run_undisturbed(folder: Path, targets: list[str], variables: dict[str, str]) -> Reference:
    """Run the project in ``folder`` and time its stages.

    Raises:
        InputError: the run failed.
    """
    with StruckRun(folder, *targets, **variables) as run:
        status, ends = run.end(), time.monotonic()
    if status != 0:
        print(run.text)
        raise InputError(f"the undisturbed run in {folder} failed; its reason stands above")
    begins = [*run.started.values(), ends]
    return Reference(folder, targets, {name: begins[i + 1] - begins[i] for i, name in enumerate(run.started)})


def set_back(reference: Reference, folder: Path, stage: str) -> None:
    """Copy the reference and undo ``stage`` and all that came after it; DVC's run cache keeps what came after.

    So the run that follows has to make ``stage`` and brings back the rest, in a folder as a first run finds it.
    """
    shutil.copytree(reference.folder, folder, symlinks=True)
    lock = folder / "dvc.lock"
    yaml = YAML()
    content = yaml.load(lock.read_text(encoding="utf-8"))
    names = list(content["stages"])
    command = content["stages"][stage]["cmd"]
    for name in names[names.index(stage) :]:
        for out in content["stages"].pop(name).get("outs", []):
            path = folder / out["path"]
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if content["stages"]:
        with lock.open("w", encoding="utf-8") as file:
            yaml.dump(content, file)
    else:
        lock.unlink()
    for path in (folder / ".dvc" / "cache" / "runs").glob("*/*/*"):
        if YAML(typ="safe").load(path.read_text(encoding="utf-8"))["cmd"] == command:
            shutil.rmtree(path.parent)


def strike(
    reference: Reference, folder: Path, stage: str, fault: Fault, moments: list[float], variables: dict[str, str]
) -> Outcome | None:
    """Strike, run to the end and compare.

    Args:
        reference: what to compare with.
        folder: where the project is to be.
        stage: which is to be struck.
        fault: how.
        moments: when, in seconds after the stage began; a second one is for the run that follows on the first.
        variables: of the environment of all runs.

    Returns:
        None where there was nothing to strike any more.
    """
    set_back(reference, folder, stage)
    outcome = Outcome("")
    for moment in moments:
        with StruckRun(folder, *reference.targets, **variables) as run:
            if not run.wait_in(stage, moment) or not _strike(run, fault, outcome):
                return None
        (folder.parent / BALLAST).unlink(missing_ok=True)
        _mend(folder, outcome)
    with StruckRun(folder, *reference.targets, **variables) as again:
        if again.end() != 0:
            outcome.problems += ["the next run failed:", *again.lines]
    outcome.problems += differences(reference.folder, folder, RESULTS)
    outcome.problems += [f"left behind: {path.relative_to(folder)}" for path in folder.rglob("*.partial")]
    return outcome


def _strike(run: StruckRun, fault: Fault, outcome: Outcome) -> bool:
    """Strike, and look at how the run ends; False where there was nothing to strike."""
    before = run.processes()
    if not fault.strike(run):
        return False
    outcome.stage = run.stage if before and fault.in_stage else ""
    seconds = seconds_until_gone([*before, *run.processes()]) if fault.ends_run else 0.0
    outcome.seconds = max(outcome.seconds, seconds)
    if seconds > PROMISED:
        outcome.problems.append(f"the stage was still there after {seconds:.1f} s")
    status = run.end()
    # Where DVC was struck, its words are its own: interrupted as it makes a progress bar, it shows a stack trace.
    if before and TRACE in run.text:
        outcome.problems += ["a stack trace:", *run.lines]
    if before and status > 0 and fault.words and not any(word in run.text for word in fault.words):
        outcome.problems += [f"it says none of {', '.join(fault.words)}:", *run.lines]
    return True


def _mend(folder: Path, outcome: Outcome) -> None:
    """Mend what is to be mended, as ``make repro`` does."""
    done = subprocess.run(
        [sys.executable, "-m", "stages.mend"], cwd=folder, env=environment(), capture_output=True, text=True
    )
    outcome.mended |= bool(done.stdout)
    outcome.problems += done.stderr.splitlines()
