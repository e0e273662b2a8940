"""Run every variant on the real data, in the folder study/, and write docs/results.md from its metrics.

Usage: python -m studies.run [--mirror FOLDER_OR_URL] [--digits FILE.npz] [--also studies/pretrained.yaml]

What is up to date is not run again, so an interrupted study goes on where it was.
"""

import argparse
import os
import re
import time
from pathlib import Path

import pandas as pd

from stages.runtime import command
from stages.runtime.errors import InputError
from stages.storage.tables import read_table, write_table
from studies import write
from tools.dvc import repro
from tools.params_edit import overlay_settings, set_values
from tools.reproduce_check import copy_without_results, project_files
from tools.switch import real_settings

FOLDER, OVERLAY = Path("study"), Path("studies/real.yaml")
START = re.compile(r"^Running stage '([^']+)'")
END = re.compile(r"^Updating lock file|^Stage '|^ERROR")


class StageClock:
    """How long each stage of a run took, from what ``dvc repro`` prints and when."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage: str | None = None
        self._since = 0.0

    def read(self, line: str, now: float) -> None:
        """Take a line that was printed at ``now``, in seconds of a clock that only goes forward."""
        if START.match(line) or END.match(line):
            self.stop(now)
        if started := START.match(line):
            self._stage, self._since = started[1], now

    def stop(self, now: float) -> None:
        """End the stage that is under way, if any."""
        if self._stage:
            self.seconds[self._stage] = round(now - self._since, 1)
        self._stage = None

    def save(self, path: Path) -> None:
        """Write ``stage,seconds``; stages that did not run this time keep the figure of their last run."""
        before = dict(read_table(path, ["stage"]).itertuples(index=False)) if path.exists() else {}
        write_table(path, pd.DataFrame(sorted((before | self.seconds).items()), columns=["stage", "seconds"]))


def main(arguments: argparse.Namespace) -> None:
    """Prepare the folder, run, and write the results.

    Raises:
        InputError: a setting does not fit, or the pipeline fails.
    """
    # A DVC project of its own, without Git; the cache is shared, so what both have in common is on the disk once.
    copy_without_results(project_files(), FOLDER, Path(".dvc/cache").resolve())
    mirror, digits = (seen_from(FOLDER, place) for place in (arguments.mirror, arguments.digits))
    settings = [setting for overlay in (OVERLAY, *arguments.also) for setting in overlay_settings(overlay)]
    for line in set_values(real_settings(mirror, digits) + settings, FOLDER / "params.yaml"):
        print(line)
    clock = StageClock()
    status, _ = repro(FOLDER, lambda line: clock.read(line, time.monotonic()))
    clock.stop(time.monotonic())
    clock.save(FOLDER / "stage_seconds.csv")
    if status != 0:
        raise InputError(f"the run in {FOLDER} failed; its reason stands above")
    write.main(argparse.Namespace(folder=FOLDER))


def seen_from(folder: Path, place: str | None) -> str | None:
    """Return a folder or file as a path from ``folder``; an address stays."""
    return place if place is None or "://" in place else os.path.relpath(place, folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", help="folder or base URL that replaces the photos' public addresses")
    parser.add_argument("--digits", help="an .npz with image and label, instead of downloading TibetanMNIST")
    parser.add_argument("--also", type=Path, nargs="+", default=[], help="more settings, as studies/pretrained.yaml")
    command.run(main, parser)
