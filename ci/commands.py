"""Running DVC and Git: one clear line when they fail."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from stages.errors import InputError


def environment() -> dict[str, str]:
    """The environment with this Python first on the path: the stages are run as ``python -m …``."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return os.environ | {"PATH": path}


def git(*arguments: str) -> str | None:
    """Run Git and return what it printed without the line end, or None where it failed."""
    done = subprocess.run(["git", *arguments], capture_output=True, encoding="utf-8")
    return done.stdout.strip() if done.returncode == 0 else None


def dvc(*arguments: str) -> str:
    """Run DVC and return its standard output.

    Raises:
        InputError: DVC failed; the message is the last line that it printed as an error.
    """
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(command, env=environment(), capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise InputError(f"`dvc {' '.join(arguments)}` failed: {lines[-1] if lines else 'it printed no reason'}")
    return done.stdout


def dvc_json(*arguments: str) -> Any:
    """Run DVC with ``--json`` and return what it printed, parsed."""
    return json.loads(dvc(*arguments, "--json"))


def run_shown(command: list[str], folder: str | Path = ".", **variables: str) -> tuple[int, str]:
    """Run a command, pass on what it prints while it runs, and return its exit status and everything it printed."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment() | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    lines = []
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    return process.wait(), "".join(lines)
