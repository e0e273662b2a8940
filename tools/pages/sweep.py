"""The page over the runs of a sweep: a sorted table, parallel coordinates and learning curves for each variant."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from tools.pages.charts import curve_chart, looks, parallel_chart
from tools.pages.page import write_page
from tools.pages.tables import Cell, Table, value_text
from tools.sweep import Swept


def write_sweep(path: str | Path, name: str, swept: list[Swept], failed: dict[str, str]) -> None:
    """Write the page.

    Args:
        path: the HTML file.
        name: of the sweep.
        swept: a section each.
        failed: run -> why it did not finish.
    """
    write_page(path, "sweep.html.j2", name=name, sections=[_section(one) for one in swept], failed=failed)


def _section(one: Swept) -> dict[str, Any]:
    curves = []
    if one.curves is not None:
        columns = {"test_accuracy": "test accuracy", "train_loss": "training loss"}
        curves = [curve_chart(one.curves, name, one.runs, title) for name, title in columns.items()]
    return {
        "key": f"{one.study}-{one.variant}",
        "title": f"{one.study}: {one.variant}",
        "sort": one.sort,
        "looks": looks(one.runs),
        "table": sorted_table(one),
        "parallel": parallel_chart(*coordinates(one), one.runs),
        "curves": curves,
    }


def sorted_table(one: Swept) -> Table:
    """A row a run, best first: the varied parameters, then the figures; the one that chose is marked."""
    rows = []
    for i, run in enumerate(one.runs):
        cells = [Cell(values[i]) for values in one.params.values()]
        for name, values in one.figures.items():
            cells.append(Cell(value_text(values[i]), "best" if i == 0 and name == one.sort else ""))
        rows.append((run, cells))
    columns = [_short(key, one) for key in one.params] + [_words(name) for name in one.figures]
    return Table(f"Runs by {_words(one.sort)}, best first", "run", columns, rows)


def _short(key: str, one: Swept) -> str:
    """A parameter's name without the variant's own prefix, in words that a narrow column can break."""
    return key.removeprefix(f"variants.{one.variant}.").replace(".", " ")


def _words(figure: str) -> str:
    return figure.replace(".", " ").replace("_", " ")


def coordinates(one: Swept) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The points and the ticks of :func:`tools.pages.charts.parallel_chart`: parameters in even steps, then figures."""
    points, ticks = [], []
    axes: list[tuple[str, Sequence[Any], bool]] = [(_short(key, one), each, True) for key, each in one.params.items()]
    axes += [(_words(name), each, False) for name, each in one.figures.items()]
    for axis, values, steps in axes:
        heights = _heights(values, steps)
        for run, value in zip(one.runs, values, strict=True):
            if value is not None:
                points.append((run, axis, heights[value], value_text(value)))
        ends = heights if steps else {value: height for value, height in heights.items() if height in (0, 0.5, 1)}
        ticks += [(axis, height, value_text(value)) for value, height in ends.items()]
    return (
        pd.DataFrame(points, columns=["variant", "axis", "height", "value"]),
        pd.DataFrame(ticks, columns=["axis", "height", "value"]),
    )


def _heights(values: Sequence[Any], steps: bool) -> dict[Any, float]:
    """Map each value of an axis to 0 … 1, in even steps or by its size; a single value to the middle."""
    order = sorted({value for value in values if value is not None}, key=_order)
    if len(order) == 1:
        return {order[0]: 0.5}
    if steps:
        return {value: i / (len(order) - 1) for i, value in enumerate(order)}
    return {value: (value - order[0]) / (order[-1] - order[0]) for value in order}


def _order(value: Any) -> tuple[int, float, str]:
    """Numbers by their size, then words by the alphabet."""
    try:
        return 0, float(value), ""
    except ValueError:
        return 1, 0.0, str(value)
