"""A ``dvc repro`` that is struck: its processes, what it prints, and when which stage ran."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from stages.commands import environment

STARTED = re.compile(r"^Running stage '([^']+)'")
LOOK = 0.005  # seconds between two looks
LONGEST = 900.0  # seconds that a run may take


class StruckRun:
    """``dvc repro`` in a session of its own, as the foreground job of a terminal.

    Attributes:
        lines: what it has printed so far.
        started: when each stage began, in seconds of the monotonic clock.
    """

    def __init__(self, folder: Path, *arguments: str, **variables: str) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.started: dict[str, float] = {}
        self._dvc = subprocess.Popen(
            [sys.executable, "-m", "dvc", "repro", *arguments],
            cwd=folder,
            env=environment() | {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"} | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            # A shell starts its background jobs with Ctrl-C ignored, and this may be one.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "StruckRun":
        return self

    def __exit__(self, *_: object) -> None:
        """Kill what is left of it."""
        with contextlib.suppress(ProcessLookupError):
            self.signal_all(signal.SIGKILL)
        self._dvc.wait()

    def _read(self) -> None:
        for line in self._dvc.stdout:
            self.lines.append(line)
            if begun := STARTED.match(line):
                self.started[begun[1]] = time.monotonic()

    @property
    def text(self) -> str:
        return "".join(self.lines)

    @property
    def stage(self) -> str | None:
        """The stage that began last."""
        return next(reversed(self.started), None)

    def is_over(self) -> bool:
        return self._dvc.poll() is not None

    def wait_until(self, condition: Callable[[], bool]) -> bool:
        """Wait until it holds; False where the run ends before."""
        while not condition():
            if self.is_over():
                return False
            time.sleep(LOOK)
        return True

    def wait_in(self, stage: str, seconds: float) -> bool:
        """Wait until so long after the beginning of ``stage``; False where the run ends before."""
        return self.wait_until(lambda: stage in self.started and time.monotonic() > self.started[stage] + seconds)

    def processes(self) -> list[psutil.Process]:
        """The process of the stage that is running, if any, then its workers."""
        try:
            return psutil.Process(self._dvc.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def kill_dvc(self) -> None:
        self._dvc.kill()

    def signal_all(self, number: int) -> None:
        """Send a signal to DVC and all that it started, as a terminal does."""
        os.killpg(self._dvc.pid, number)

    def end(self) -> int:
        """Wait for the end and return the exit status.

        Raises:
            subprocess.TimeoutExpired: it takes longer than ``LONGEST``.
        """
        status = self._dvc.wait(LONGEST)
        self._reader.join(5)  # An orphan would keep the pipe open.
        return status
