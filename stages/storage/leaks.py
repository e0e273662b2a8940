"""The two lists that an audit hands on: training samples to leave out, and test samples that training knows.

They name the groups of :class:`stages.storage.dataset.Samples`: a face's photo by its file, a digit by its number.
"""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from stages.storage.tables import read_table, write_table

LEFT_OUT, LEAKED = "left_out", "leaked"


def write_groups(folder: Path, which: str, groups: Iterable[object]) -> None:
    """Write one of the two lists into the folder of a study's audit."""
    write_table(folder / f"{which}.csv", pd.DataFrame({"group": [str(group) for group in groups]}, dtype=str))


def read_groups(study: str, which: str) -> frozenset[str]:
    """Read what :func:`write_groups` wrote.

    Raises:
        InputError: the file is missing or no such table.
    """
    path = Path(f"data/audit/{study}/{which}.csv")
    return frozenset(read_table(path, ["group"], f"run `dvc repro audit@{study}`")["group"])
