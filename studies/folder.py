"""A folder in which the study runs, so that the project's own parameters and metrics stay those of the sample."""

import os
from pathlib import Path

from ci.reproduce_check import copy_without_results, project_files

FOLDER = Path("study")


def make_folder(folder: Path = FOLDER) -> None:
    """Copy the project as it is now; what an earlier run left in the folder stays.

    The folder is a DVC project of its own, without Git, and shares the project's cache: what both have in common
    is on the disk once.
    """
    copy_without_results(project_files(), folder, Path(".dvc/cache").resolve())


def seen_from(folder: Path, place: str | None) -> str | None:
    """Return a folder or file as a path from ``folder``; an address stays."""
    if place is None or "://" in place:
        return place
    return os.path.relpath(place, folder)
