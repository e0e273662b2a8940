"""The whole pipeline from nothing, as params.yaml has it, against the floors of its stages; then with nothing to do.

``dvc repro`` runs once, in a copy of the project with an empty cache: with the real data where ``MIRROR`` and
``DIGITS`` name them, else with the sample. :mod:`benchmarks.floors` says what the floors are.

Then ``dvc repro`` again, which finds nothing to do, against the same in a project of one stage, and in one of as many
stages as there are here, each with one file to read and one to write.
"""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.floors import floors
from benchmarks.project import TINY, data_settings, make_project
from benchmarks.row import OURS, Row, rows_of
from benchmarks.timing import race
from stages.commands import environment, repro
from stages.errors import InputError
from studies.stage_seconds import StageClock

ONE_STAGE, BARE_STAGES = "dvc repro of one stage", "dvc repro of {} stages of one file each"
FLOOR, FLOOR_AIM, NOTHING_AIM = "floors of its stages", 1.5, 1.5
LIMIT, MINUTES = "8 minutes", 8  # for the real data on two cores


def measure(tiny: bool = False) -> list[Row]:
    """Run everything once, then time a run with nothing to do.

    Raises:
        InputError: the run failed.
    """
    settings = data_settings()
    with TemporaryDirectory() as name:
        folder = Path(name) / "project"
        make_project(folder, TINY if tiny else settings)
        seconds = run_all(folder)
        what = f"all {len(seconds) - 1} stages on {'the real data' if settings else 'the sample'}"
        rows = whole(what, seconds, floors(folder, len(seconds) - 1), bool(settings))
        return rows + nothing_to_do(folder, len(seconds) - 1, 1 if tiny else 7)


def run_all(folder: Path) -> dict[str, float]:
    """Run ``dvc repro``; return the seconds of every stage with DVC's work on it, and those ``between`` them.

    Raises:
        InputError: it failed.
    """
    clock, begin = StageClock(), time.monotonic()
    status, _ = repro(folder, lambda line: clock.read(line, time.monotonic()))
    end = time.monotonic()
    if status != 0:
        raise InputError("the pipeline failed; its reason stands above")
    clock.stop(end)
    seconds = clock.seconds()
    return seconds | {"between": end - begin - sum(seconds.values())}


def whole(what: str, seconds: Mapping[str, float], floor: Mapping[str, float], real: bool) -> list[Row]:
    """Return rows of the whole run, and of each kind of stage.

    Args:
        what: was run.
        seconds: as :func:`run_all` returns them.
        floor: as :func:`benchmarks.floors.floors` returns them.
        real: whether the limit of minutes applies.
    """
    total, kinds = sum(seconds.values()), Counter()
    for stage, taken in seconds.items():
        kinds[stage.partition("@")[0]] += taken
    rows = [_row(what, total), _row(what, sum(floor.values()), FLOOR, total, FLOOR_AIM)]
    if real:
        rows.append(_row(what, 60.0 * MINUTES, LIMIT, total, 1.0))
    for kind, taken in kinds.items():
        part = "of it DVC between stages" if kind == "between" else f"of it {kind}"
        rows.append(_row(part, taken))
        if kind in floor:
            rows.append(_row(part, floor[kind], "its floor", taken))
    return rows


def _row(what: str, seconds: float, who: str = OURS, ours: float | None = None, aim: float | None = None) -> Row:
    ratio = None if ours is None else ours / seconds
    return Row("pipeline", what, who, "s", seconds, seconds, seconds, 1, ratio, aim)


def nothing_to_do(folder: Path, stages: int, repetitions: int) -> list[Row]:
    """Time ``dvc repro`` in a finished project of so many stages and in two bare ones, to be made beside it."""
    bare = BARE_STAGES.format(stages)
    competitors = {OURS: folder}
    for name, count in ((ONE_STAGE, 1), (bare, stages)):
        competitors[name] = folder.with_name(f"bare{count}")
        make_bare_project(competitors[name], count)
    seconds = race({name: dvc(place, "repro") for name, place in competitors.items()}, repetitions)
    return rows_of("pipeline", "dvc repro with nothing to do", seconds, {ONE_STAGE: NOTHING_AIM})


def make_bare_project(folder: Path, stages: int) -> None:
    """Make a project of so many stages that copy a file, and run it."""
    folder.mkdir()
    (folder / "in.txt").write_text("something\n", encoding="utf-8")
    copies = (f"  s{i}:\n    cmd: cp in.txt {i}.txt\n    deps: [in.txt]\n    outs: [{i}.txt]\n" for i in range(stages))
    (folder / "dvc.yaml").write_text("stages:\n" + "".join(copies), encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    for arguments in (("init", "--quiet"), ("repro", "--quiet")):
        dvc(folder, *arguments)()


def dvc(folder: Path, *arguments: str) -> Callable[[], object]:
    """A DVC command in ``folder``, without its output."""
    command = [sys.executable, "-m", "dvc", *arguments]
    return lambda: subprocess.run(command, cwd=folder, env=environment(), stdout=subprocess.DEVNULL, check=True)
