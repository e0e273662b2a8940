"""A folder in which the study runs, so that the project's own parameters and metrics stay those of the sample."""

import os
import shutil
from pathlib import Path

from ci.reproduce_check import locked_outputs, project_files

FOLDER = Path("study")


def make_folder(folder: Path = FOLDER) -> None:
    """Copy the project as it is now; what an earlier run left in the folder stays.

    The folder is a DVC project of its own, without Git, and shares the project's cache: what both have in common
    is on the disk once.
    """
    lock = Path("dvc.lock")
    outputs = locked_outputs(lock) if lock.exists() else []
    for name in project_files():
        # The sample's results are not the study's.
        if name != str(lock) and not any(name == out or name.startswith(f"{out}/") for out in outputs):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name, folder / name)
    cache = Path(".dvc/cache").resolve()
    (folder / ".dvc" / "config.local").write_text(f"[core]\n    no_scm = true\n[cache]\n    dir = {cache}\n")


def seen_from(folder: Path, place: str | None) -> str | None:
    """Return a folder or file as a path from ``folder``; an address stays."""
    if place is None or "://" in place:
        return place
    return os.path.relpath(place, folder)
