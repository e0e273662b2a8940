"""Tables as the templates draw them: a caption, headed columns, headed rows, marked cells."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

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


def number(value: float | None) -> str:
    """Four digits after the point; whole numbers without any."""
    if value is None:
        return NOTHING
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def value_text(value: Any) -> str:
    """Any value in words; a small number, such as a learning rate, keeps the digits it needs."""
    if value is None:
        return NOTHING
    if isinstance(value, float):
        return number(value) if abs(value) >= 0.01 and round(value, 4) != round(value, 2) else f"{value:.4g}"
    return str(value)


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Turn nested parameters into one level of words: ``step.every`` -> ``30``; null is left out."""
    flat: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        elif value is not None and value != []:
            flat[f"{prefix}{key}"] = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return flat


def parameter_table(caption: str, variants: Mapping[str, Mapping[str, Any]]) -> Table:
    """Parameters of every variant side by side; a value other than the most frequent one is marked."""
    flat = {name: flatten(values) for name, values in variants.items()}
    keys = dict.fromkeys(key for values in flat.values() for key in values)
    rows = []
    for key in keys:
        values = [one.get(key, NOTHING) for one in flat.values()]
        usual = Counter(values).most_common(1)[0][0]
        rows.append((key, [Cell(value, "" if value == usual else "differs") for value in values]))
    return Table(caption, "parameter", list(flat), rows)


def best_of(values: Sequence[float | None], highest: bool) -> set[int]:
    """Positions of the best value, where more than one value can be compared."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return set()
    best = max(known) if highest else min(known)
    return {i for i, value in enumerate(values) if value == best}


def confusion_table(caption: str, matrix: np.ndarray, classes: Sequence[str]) -> Table:
    """Counts (actual, predicted) above the percentage of their row, shaded by it."""
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    rows = []
    for i, name in enumerate(classes):
        cells = [_count_cell(matrix[i, j], shares[i, j]) for j in range(len(classes))]
        rows.append((str(name), cells))
    return Table(caption, "actual ↓ predicted →", [str(name) for name in classes], rows)


def _count_cell(count: float, share: float) -> Cell:
    text = f"{count:,.0f}" if count == round(count) else f"{count:,.1f}"
    return Cell(text, share=float(share), small=f"{share:.1%}" if count else "")
