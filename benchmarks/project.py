"""A copy of the project to run stages in: without results, a Git repository and a DVC project of its own."""

import os
import subprocess
from collections.abc import Iterable
from contextlib import chdir
from pathlib import Path

from benchmarks.photos import mirror_from_here
from ci.reproduce_check import copy_without_results, project_files
from ci.small_project import CNN, DNN, RESIDUAL
from stages.params import PATH
from stages.params_edit import Setting, set_values
from stages.switch import real_settings

ROOT = Path(__file__).parents[1]
# One short training a family: every stage runs, none takes long.
TINY: list[Setting] = [
    (("seeds",), [0]),
    (("faces", "sample", "photos"), 12),
    (("faces", "test_size"), 0.5),
    (("dnn", "variants"), {"plain": DNN | {"epochs": 2}}),
    (("cnn", "variants"), {"plain": CNN | {"epochs": 2}}),
    (("cnn_digits", "variants"), {"residual": RESIDUAL | {"images": 96, "flip_test": False}}),
]


def make_project(folder: Path, settings: Iterable[Setting] = ()) -> None:
    """Copy the files of the project, as they are now, into ``folder`` and set parameters.

    Raises:
        InputError: the project is no Git repository, so nobody knows which files are its own.
    """
    with chdir(ROOT):
        copy_without_results(project_files(), folder.absolute(), folder)
    (folder / ".dvc/config.local").unlink()  # which says: no Git, another cache
    (folder / "models").mkdir(exist_ok=True)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    set_values(settings, folder / PATH)


def data_settings() -> list[Setting]:
    """Return the settings for the real data where ``MIRROR`` and ``DIGITS`` both name some; else none."""
    mirror, digits = mirror_from_here(), os.environ.get("DIGITS")
    return real_settings(mirror, str(Path(digits).absolute())) if mirror and digits else []
