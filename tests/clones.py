"""Clones of a finished throw-away pipeline: what CI, a second machine and a sweep start from."""

import shutil
from pathlib import Path

from tests.pipeline import PROJECT, Pipeline, tiny


def finished_pipeline(folder: Path) -> Pipeline:
    """A tiny pipeline with the scripts of ``ci``, run once and committed: its parameters, then its results."""
    pipeline = tiny(folder)
    shutil.copytree(PROJECT / "ci", folder / "ci", ignore=shutil.ignore_patterns("__pycache__"))
    pipeline.commit("parameters")
    pipeline.dvc("repro")
    pipeline.commit("results")
    return pipeline


class Clone(Pipeline):
    """A clone of ``origin`` in ``folder``, made with these options of ``git clone``; ``cache``: DVC's cache too."""

    def __init__(self, origin: Pipeline, folder: Path, *options: str, cache: bool = True) -> None:
        self.folder = origin.folder
        self.run("git", "clone", "--quiet", *options, origin.folder.as_uri(), str(folder))
        self.folder = folder
        self.run("git", "config", "user.name", "Test")
        self.run("git", "config", "user.email", "test@example.org")
        if cache:
            shutil.copytree(origin.folder / ".dvc" / "cache", folder / ".dvc" / "cache")

    def python(self, module: str, *arguments: str, check: bool = True, **variables: str) -> tuple[int, str]:
        """Run ``python -m module``; return its exit status and all it printed."""
        done = self.run("python", "-m", module, *arguments, check=check, **variables)
        return done.returncode, done.stdout + done.stderr
