"""How long the process of a stage takes to have loaded all that it uses, against Python alone.

Every stage runs once, in the order of the pipeline, on drawn photos and with short trainings, and says which modules
it had loaded as it ended. What is timed is a process that loads those and does nothing else. Each row names the
libraries among them that take long to load.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.loads import heavy_ones, modules_of
from benchmarks.project import TINY, make_project
from benchmarks.row import OURS, Row, rows_of
from benchmarks.timing import race

PASS = "python -c pass"
DIGIT_STAGES = {
    "download_digits": ("stages.download", "digits"),
    "prepare_digits": ("stages.prepare_digits",),
    "audit_digits": ("stages.audit", "digits"),
    "train_dnn": ("stages.train_dnn", "plain"),
    "evaluate_dnn": ("stages.evaluate", "dnn", "plain"),
    "compare_dnn": ("stages.compare", "dnn"),
}
STAGES = DIGIT_STAGES | {
    "download_faces": ("stages.download", "faces"),
    "crop_faces": ("stages.crop_faces",),
    "audit_faces": ("stages.audit", "faces"),
    "train_cnn": ("stages.train_cnn", "plain"),
    "evaluate_cnn": ("stages.evaluate", "cnn", "plain"),
    "compare_cnn": ("stages.compare", "cnn"),
    "train_cnn_digits": ("stages.train_cnn", "residual", "--family", "cnn_digits"),
    "evaluate_cnn_digits": ("stages.evaluate", "cnn_digits", "residual"),
    "compare_cnn_digits": ("stages.compare", "cnn_digits"),
}
# Some modules come with another and cannot be loaded by their name; that other one is in the list as well.
LOAD = """
import contextlib, importlib, sys
for name in open(sys.argv[1]):
    with contextlib.suppress(Exception):
        importlib.import_module(name.strip())
"""


def measure(tiny: bool = False) -> list[Row]:
    """Start every stage."""
    rows = []
    with TemporaryDirectory() as name:
        lists = Path(name) / "lists"
        lists.mkdir()
        loaded = run_all(Path(name) / "project", lists, dict([*STAGES.items()][:2]) if tiny else STAGES)
        for stage, modules in loaded.items():
            libraries = ", ".join(sorted(heavy_ones(modules))) or "none of the slow libraries"
            seconds = race({OURS: start(lists / stage), PASS: python("pass")}, 1 if tiny else 7)
            rows += rows_of("start", f"start of {stage}: {libraries}", seconds, {})
    return rows


def run_all(folder: Path, lists: Path, stages: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Run ``stages`` in a small project, to be made in ``folder``; return what each loaded.

    Args:
        lists: a folder for files of these names, one for each stage.
    """
    make_project(folder, TINY)
    return {name: modules_of(folder, stage, lists / name) for name, stage in stages.items()}


def start(modules: Path) -> Callable[[], object]:
    """A process that loads the modules that a file lists."""
    return python(LOAD, str(modules))


def python(*arguments: str) -> Callable[[], object]:
    """A Python process with this code and these arguments, in the project's folder."""
    return lambda: subprocess.run([sys.executable, "-c", *arguments], cwd=Path(__file__).parents[1], check=True)
