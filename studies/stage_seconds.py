"""How long each stage of a run took, from what ``dvc repro`` prints and when."""

import re
from pathlib import Path

import pandas as pd

from stages.history import read_table, write_table

START = re.compile(r"^Running stage '([^']+)'")
END = re.compile(r"^Updating lock file|^Stage '|^ERROR")


class StageClock:
    """Reads the lines of a run, with the second at which each came."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._stage: str | None = None
        self._since = 0.0

    def read(self, line: str, now: float) -> None:
        """Take a line that was printed at ``now``, in seconds of a clock that only goes forward."""
        if started := START.match(line):
            self.stop(now)
            self._stage, self._since = started[1], now
        elif END.match(line):
            self.stop(now)

    def stop(self, now: float) -> None:
        """End the stage that is under way, if any."""
        if self._stage:
            self._seconds[self._stage] = now - self._since
        self._stage = None

    def seconds(self) -> dict[str, float]:
        """Wall-clock seconds of every stage that ran."""
        return dict(self._seconds)


def save_seconds(path: Path, seconds: dict[str, float]) -> None:
    """Write ``stage,seconds``; stages that did not run this time keep the figure of their last run."""
    before = dict(read_table(path).itertuples(index=False)) if path.exists() else {}
    rows = sorted((before | seconds).items())
    write_table(path, pd.DataFrame(rows, columns=["stage", "seconds"]).round(1))
