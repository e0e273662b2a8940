"""The ways in which a run is struck, and what each must lead to."""

import errno
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from ci.struck_run import StruckRun

PROMISED = 2.0  # seconds until our processes have ended
ROOM = 1 << 16  # bytes at a time that fill a disk


@dataclass(frozen=True)
class Fault:
    """A way to strike a run.

    Attributes:
        strike: does it, and returns whether there was something to strike.
        words: one of these stands in the output where the run then failed in a stage; none: it says nothing.
        times: how often, one after another, before the run that is to survive it.
        in_stage: whether it strikes a stage, and not DVC between two.
        ends_run: whether our processes have to end soon.
    """

    strike: Callable[[StruckRun], bool]
    words: tuple[str, ...] = ()
    times: int = 1
    in_stage: bool = True
    ends_run: bool = True


def _kill_all(run: StruckRun) -> bool:
    run.signal_all(signal.SIGKILL)
    return True


def _kill_dvc(run: StruckRun) -> bool:
    run.kill_dvc()
    return True


def _kill_stage(run: StruckRun) -> bool:
    stages = run.processes()[:1]
    for stage in stages:
        stage.kill()
    return bool(stages)


def _kill_worker(run: StruckRun) -> bool:
    stage = run.stage
    run.wait_until(lambda: len(run.processes()) > 1 or run.stage != stage)
    workers = run.processes()[1:2] if run.stage == stage else []
    for worker in workers:
        worker.kill()
    return bool(workers)


def _kill_at_lock(run: StruckRun) -> bool:
    """Kill all while DVC writes ``dvc.lock``, which it empties first."""
    lock = run.folder / "dvc.lock"
    size = lock.stat().st_size if lock.exists() else 1
    while not run.is_over():  # without a pause: it takes a tenth of a second
        if lock.exists() and lock.stat().st_size < size:
            run.signal_all(signal.SIGKILL)
            return True
    return False


def _interrupt(run: StruckRun) -> bool:
    run.signal_all(signal.SIGINT)
    return True


def _terminate(run: StruckRun) -> bool:
    run.signal_all(signal.SIGTERM)
    return True


def _fill_disk(run: StruckRun) -> bool:
    """Fill the disk that the project is on."""
    with (run.folder.parent / BALLAST).open("wb", buffering=0) as file:
        try:
            while file.write(bytes(ROOM)) == ROOM:
                pass
        except OSError as error:
            return error.errno == errno.ENOSPC
    return True


BALLAST = "ballast"
FULL_DISK = "full disk"
FAULTS = {
    "kill all": Fault(_kill_all),
    "kill all twice": Fault(_kill_all, times=2),
    "kill dvc": Fault(_kill_dvc),
    "kill stage": Fault(_kill_stage, ("exited with -9",)),
    "kill worker": Fault(_kill_worker, ("a worker process was killed",)),
    "kill at dvc.lock": Fault(_kill_at_lock, in_stage=False),
    "ctrl-c": Fault(_interrupt, ("interrupted",)),
    "terminate": Fault(_terminate, ("terminated",)),
    # It ends what writes, not what computes.
    FULL_DISK: Fault(_fill_disk, ("disk is full", os.strerror(errno.ENOSPC)), ends_run=False),
}
# The ways in which SIGKILL may come at any moment.
KILLS = [name for name, fault in FAULTS.items() if name.startswith("kill") and fault.in_stage]


def seconds_until_gone(processes: list[psutil.Process]) -> float:
    """Seconds until all have ended, at most four times as many as promised."""
    start = time.monotonic()
    while any(_is_running(process) for process in processes) and time.monotonic() - start < 4 * PROMISED:
        time.sleep(0.01)
    return time.monotonic() - start


def _is_running(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
