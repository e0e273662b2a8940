"""Commands that are sent signals, and a look at who is still there afterwards."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parent.parent
ENDS_WITHIN = 3.0  # seconds; two are promised, and the machine may be busy


class Command:
    """A command in a session of its own, as a terminal's foreground job, with what it prints kept apart."""

    def __init__(self, *command: str, folder: Path = PROJECT, **variables: str) -> None:
        path = os.pathsep.join([*filter(None, [variables.pop("PYTHONPATH", "")]), str(PROJECT)])
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": path} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # A shell starts its background jobs with Ctrl-C ignored, and the tests may be one.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    @classmethod
    def python(cls, body: str, before: str = "", folder: Path = PROJECT, **variables: str) -> "Command":
        """Run ``main`` of this body through the door; ``before`` stands outside it."""
        code = f"import os, sys, time, argparse\nfrom stages import door\n{before}\ndef main(arguments):\n"
        code += textwrap.indent(textwrap.dedent(body), "    ") + "\ndoor.run(main, argparse.ArgumentParser())"
        return cls(sys.executable, "-c", code, folder=folder, **variables)

    def line(self) -> str:
        """Wait for its next line on standard output."""
        return self.process.stdout.readline().rstrip("\n")

    def send(self, number: int, everyone: bool = True) -> None:
        """Send a signal to the command and, as a terminal does, to all that it has started."""
        (os.killpg if everyone else os.kill)(self.process.pid, number)

    def end(self) -> tuple[int, str, float]:
        """Wait for its end; return its exit status, what it said on standard error, and the seconds that it took."""
        start = time.monotonic()
        try:
            _, said = self.process.communicate(timeout=30)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.returncode, said, time.monotonic() - start


def is_running(pid: int) -> bool:
    """Whether there is such a process, other than one that has ended and waits for its parent to hear of it."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def comes_true(condition: Callable[[], bool], within: float = ENDS_WITHIN) -> bool:
    """Whether ``condition`` holds at some moment in the next ``within`` seconds."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()
