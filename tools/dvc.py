"""Running DVC and Git: one clear line when they fail."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from stages.runtime.errors import InputError


def environment() -> dict[str, str]:
    """The environment with this Python first on the path: the stages are run as ``python -m …``."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return os.environ | {"PATH": path, "DVC_NO_ANALYTICS": "1"}


def git(*arguments: str) -> str | None:
    """Run Git and return what it printed without the line end, or None where it failed.

    Raises:
        InputError: there is no Git on this machine.
    """
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, encoding="utf-8", errors="replace")
    except FileNotFoundError:
        raise InputError("git: no such command; install Git") from None
    return done.stdout.strip() if done.returncode == 0 else None


def is_shallow() -> bool:
    """Whether this clone lacks older commits."""
    return git("rev-parse", "--is-shallow-repository") == "true"


class DvcError(InputError):
    """DVC ended with an error; ``reason`` is what it printed about it, without its ``ERROR:``."""

    def __init__(self, arguments: Sequence[str], reason: str) -> None:
        super().__init__(f"`dvc {' '.join(arguments)}` failed: {reason}")
        self.reason = reason


def dvc(*arguments: str, timeout: float | None = None) -> str:
    """Run DVC and return its standard output.

    Raises:
        DvcError: DVC failed, with the last line that it printed as an error; or took over ``timeout`` seconds.
    """
    command = [sys.executable, "-m", "dvc", *arguments]
    how = {"env": environment(), "capture_output": True, "encoding": "utf-8", "errors": "replace"}
    try:
        done = subprocess.run(command, timeout=timeout, **how)
    except subprocess.TimeoutExpired:
        raise DvcError(arguments, f"no answer after {timeout:.0f} seconds") from None
    if done.returncode != 0:
        lines = done.stderr.splitlines()
        errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
        raise DvcError(arguments, (errors or lines or ["it printed no reason"])[-1])
    return done.stdout


def dvc_json(command: str, *arguments: str, timeout: float | None = None) -> Any:
    """Run a DVC command that has ``--json``, such as ``"plots diff"``, and return what it printed, parsed.

    Raises:
        DvcError: as :func:`dvc`.
    """
    printed = dvc(*command.split(), "--json", *arguments, timeout=timeout)
    return json.loads(printed) if printed.strip() else {}


def run_shown(
    command: Sequence[str],
    folder: str | Path = ".",
    watch: Callable[[str], None] | None = None,
    prefix: str = "",
    **variables: str,
) -> tuple[int, str]:
    """Run a command, pass on what it prints while it runs, and return its exit status and everything it printed.

    ``watch`` is called with every line as it comes; ``prefix`` stands before each. The command does not outlive an
    exception.
    """
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8", "errors": "replace"}
    with subprocess.Popen(command, cwd=folder, env=environment() | variables, **pipes) as process:
        lines = []
        try:
            for line in process.stdout:
                print(f"{prefix}{line}", end="", flush=True)
                lines.append(line)
                if watch:
                    watch(line)
            return process.wait(), "".join(lines)
        except BaseException:
            process.terminate()
            raise


def repro(folder: str | Path = ".", watch: Callable[[str], None] | None = None) -> tuple[int, str]:
    """Run ``dvc repro``, with the result of :func:`run_shown`."""
    return run_shown([sys.executable, "-m", "dvc", "repro"], folder, watch)
