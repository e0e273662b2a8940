"""Tables as the templates draw them: a caption, headed columns, headed rows, marked cells."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from stages.storage.tables import flatten

NOTHING = "–"


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: what stands in it.
        mark: why it is marked (``best``, ``differs``, ``better``, ``worse``), in a word for a screen reader;
            also its CSS class.
        share: 0 to 1, how strongly it is shaded, or None.
        small: a second line.
    """

    text: str
    mark: str = ""
    share: float | None = None
    small: str = ""


@dataclass(frozen=True)
class Table:
    """A table; ``rows`` are pairs of a heading and its cells."""

    caption: str
    corner: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]


def value_text(value: Any) -> str:
    """Any value in words; a small number, such as a learning rate, keeps the digits it needs."""
    if value is None or value == []:
        return NOTHING
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) >= 0.01 and round(value, 4) != round(value, 2) else f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(map(value_text, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def setting_table(caption: str, corner: str, values: Mapping[str, Any]) -> Table:
    """Nested values, a row each, ``step.every`` for a value in a block."""
    rows = [(key.replace("_", " "), [Cell(value_text(value))]) for key, value in flatten(values).items()]
    return Table(caption, corner, ["value"], rows)


def parameter_table(caption: str, variants: Mapping[str, Mapping[str, Any]]) -> Table:
    """Parameters of every variant side by side; a value other than the most frequent one is marked."""
    flat = {name: {k: value_text(v) for k, v in flatten(each).items()} for name, each in variants.items()}
    rows = []
    for key in dict.fromkeys(key for values in flat.values() for key in values):
        values = [one.get(key, NOTHING) for one in flat.values()]
        usual = Counter(values).most_common(1)[0][0]
        rows.append((key, [Cell(value, "" if value == usual else "differs") for value in values]))
    return Table(caption, "parameter", list(flat), rows)


def confusion_table(caption: str, rows: pd.DataFrame, classes: Sequence[str]) -> Table:
    """Counts (actual, predicted) above the percentage of their row, shaded by it.

    Args:
        caption: of the table.
        rows: ``actual, predicted``, one a sample.
        classes: in the order to show.
    """
    matrix = pd.crosstab(rows["actual"], rows["predicted"]).reindex(index=classes, columns=classes, fill_value=0)
    shares = matrix.div(matrix.sum(axis=1).clip(lower=1), axis=0)
    cells = [
        (str(actual), [_count_cell(matrix.loc[actual, label], shares.loc[actual, label]) for label in classes])
        for actual in classes
    ]
    return Table(caption, "actual ↓ predicted →", [str(name) for name in classes], cells)


def _count_cell(count: int, share: float) -> Cell:
    return Cell(f"{count:,}", share=float(share), small=f"{share:.1%}" if count else "")
