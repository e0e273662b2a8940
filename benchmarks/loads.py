"""Which modules a stage process loads."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from stages.commands import environment

# Libraries that take long to load: a tenth of a second and more, together with what they bring along.
HEAVY = ("torch", "torchvision", "scipy", "sklearn", "cv2", "matplotlib", "pandas", "requests", "imagehash", "dvc")
# Runs a door as `python -m` does, then writes the names of all modules there are, in the order in which they came.
TRACE = """
import atexit, runpy, sys
report = sys.argv.pop(1)
atexit.register(lambda: open(report, "w").write("\\n".join(list(sys.modules))))
sys.argv[:] = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def modules_of(folder: Path, stage: Sequence[str], report: Path) -> list[str]:
    """Run a stage in the project ``folder`` and return the modules it had loaded as it ended, the first one first.

    Args:
        stage: a door and its arguments, ``("stages.train_dnn", "best")``.
        report: where the process writes the names.

    Raises:
        RuntimeError: it failed; the message is what it wrote to standard error.
    """
    command = [sys.executable, "-c", TRACE, str(report.absolute()), *stage]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(stage)}: {done.stderr[-2000:]}")
    return report.read_text(encoding="utf-8").split("\n")


def heavy_ones(modules: Sequence[str]) -> set[str]:
    """Return those of :data:`HEAVY` of which anything was loaded."""
    return {name.partition(".")[0] for name in modules} & set(HEAVY)
