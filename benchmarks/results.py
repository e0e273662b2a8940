"""benchmarks/results.csv, and benchmarks/machine.json beside it: what was measured, and where."""

from pathlib import Path

import pandas as pd

from benchmarks.row import Row, to_table
from stages.errors import InputError
from stages.files import read_json, write_json
from stages.history import read_table, write_table

RESULTS, MACHINE = Path("benchmarks/results.csv"), Path("benchmarks/machine.json")


class LeftOut(Exception):
    """A benchmark cannot run for want of something that nobody promised; says what."""


def read() -> pd.DataFrame:
    """Return the rows of the last runs, none where nothing was measured yet."""
    return read_table(RESULTS) if RESULTS.exists() else to_table([])


def check_machine(machine: dict[str, str], staying: list[str]) -> None:
    """Refuse to mix figures of two machines, or of two versions, in one table.

    Args:
        machine: as :func:`benchmarks.machine.describe` returns it.
        staying: benchmarks whose rows would stay.

    Raises:
        InputError: there are rows of them, from elsewhere; names the first difference.
    """
    if not read()["benchmark"].isin(staying).any():
        return
    known = read_json(MACHINE, "run all benchmarks: `make bench`")
    for key, value in machine.items():
        if known.get(key) != value:
            was = known.get(key, "not given")
            raise InputError(f"{RESULTS}: its {key} is {was}, here it is {value}; run all benchmarks: `make bench`")


def save(name: str, rows: list[Row], machine: dict[str, str]) -> None:
    """Put ``rows`` in the place of those that the benchmark ``name`` had, at the end of the table."""
    before = read()
    tables = [before[before["benchmark"] != name], to_table(rows)]
    write_table(RESULTS, pd.concat([table for table in tables if len(table)], ignore_index=True))
    write_json(MACHINE, machine)
