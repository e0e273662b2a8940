"""A row of the table: what one competitor took, and how ours compares with it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

OURS = "this project"


@dataclass(frozen=True)
class Row:
    """One competitor in one measurement.

    Attributes:
        benchmark: name of the module.
        what: was measured, in words.
        competitor: who; :data:`OURS` is the project itself.
        unit: of the next three, seconds as a rule.
        median, minimum, maximum: over the repetitions.
        repetitions: how many.
        ratio: of ours to this competitor's, below 1 where ours is less; None where there is nothing to compare.
        aim: what the ratio should be at most; None: no aim.
    """

    benchmark: str
    what: str
    competitor: str
    unit: str
    median: float
    minimum: float
    maximum: float
    repetitions: int
    ratio: float | None = None
    aim: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the ratio is what it should be; None where there is no aim."""
        return None if self.ratio is None or self.aim is None else self.ratio <= self.aim


def rows_of(
    benchmark: str, what: str, values: Mapping[str, np.ndarray], aims: Mapping[str, float], unit: str = "s"
) -> list[Row]:
    """Return a row a competitor, ours first.

    The ratio is the median of the ratios within a round: what slows a whole round does not move it.

    Args:
        benchmark, what, unit: as in :class:`Row`.
        values: of every competitor, as :func:`benchmarks.timing.race` returns them; one is :data:`OURS`.
        aims: the highest ratio, for the competitors that there is an aim for.
    """
    if unknown := set(aims) - set(values):
        raise ValueError(f"aims for competitors that did not run: {', '.join(sorted(unknown))}")
    ours = values[OURS]
    names = [OURS, *(name for name in values if name != OURS)]
    return [
        Row(
            benchmark, what, name, unit, float(np.median(taken)), float(taken.min()), float(taken.max()), len(taken),
            None if name == OURS else float(np.median(ours / taken)), aims.get(name),
        )
        for name, taken in ((name, values[name]) for name in names)
    ]  # fmt: skip


def to_table(rows: list[Row]) -> pd.DataFrame:
    """Return the rows as the columns of benchmarks/results.csv."""
    names = [field.name for field in fields(Row)]
    return pd.DataFrame([[*(getattr(row, name) for name in names), row.met] for row in rows], columns=[*names, "met"])
