"""One page over the runs of a sweep: a sorted table, parallel coordinates and learning curves for each variant."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from stages.errors import InputError
from stages.families import CURVES
from stages.pages.charts import curve_chart, looks
from stages.pages.page import write_page
from stages.pages.parallel import Axis, parallel_chart
from stages.pages.tables import Cell, Table, best_of, number

FIGURES = ("accuracy", "balanced_accuracy", "macro_f1", "loss")
LOW_IS_GOOD = ("loss", "error_rate")
MOST_CLASSES = 5


@dataclass(frozen=True)
class Results:
    """What a sweep did to one variant.

    Attributes:
        family, variant: which one.
        runs: names of the runs, the one they started from first.
        params: parameter to a value a run; only those that vary.
        metrics: a run's content of ``metrics.json`` each, None where it has none.
        curves: ``variant,epoch,…``, the run's name as ``variant``.
    """

    family: str
    variant: str
    runs: list[str]
    params: Mapping[str, list[str]]
    metrics: list[Mapping[str, Any] | None]
    curves: pd.DataFrame | None


def write_sweep(path: str | Path, name: str, results: list[Results], metric: str, failed: list[str]) -> None:
    """Write the page.

    Args:
        path: the HTML file.
        name: of the sweep.
        results: a section each.
        metric: what the tables are sorted by, best first, as ``test.balanced_accuracy``.
        failed: runs that did not finish.

    Raises:
        InputError: no variant has this metric.
    """
    sections = [_section(one, metric) for one in results]
    write_page(path, "sweep.html.j2", name=name, sections=sections, metric=metric, failed=failed)


def sorted_table(one: Results, metric: str) -> Table:
    """A row a run, best first: the varied parameters, then the figures; the best of each is marked.

    Raises:
        InputError: there is no such metric.
    """
    figures = _figures(one, metric)
    order = _order(figures[metric], not metric.endswith(LOW_IS_GOOD))
    best = {name: best_of(values, not name.endswith(LOW_IS_GOOD)) for name, values in figures.items()}
    rows = []
    for i in order:
        cells = [Cell(values[i]) for values in one.params.values()]
        cells += [Cell(number(values[i]), "best" if i in best[name] else "") for name, values in figures.items()]
        rows.append((one.runs[i], cells))
    columns = [short(key, one) for key in one.params] + [heading(name) for name in figures]
    return Table(f"Runs by {metric}, best first", "run", columns, rows)


def short(key: str, one: Results) -> str:
    """A parameter's name without the variant's own prefix, in words that a narrow column can break."""
    return key.removeprefix(f"{one.family}.variants.{one.variant}.").replace(".", " ")


def heading(figure: str) -> str:
    """A figure in words: ``test.per_class.none.recall`` is ``test recall of none``."""
    split, *middle, last = figure.split(".")
    label = f" of {middle[1]}" if len(middle) == 2 and middle[0] == "per_class" else ""
    words = last if label or not middle else " ".join([*middle, last])
    return f"{split} {words.replace('_', ' ')}{label}"


def _figures(one: Results, metric: str) -> dict[str, list[float | None]]:
    """Figures of every run, the chosen metric first."""
    classes = next((list(metrics["test"]["per_class"]) for metrics in one.metrics if metrics), [])
    names = [metric, *(f"test.{name}" for name in FIGURES)]
    names += [f"test.per_class.{name}.recall" for name in classes if len(classes) <= MOST_CLASSES]
    figures = {name: [_look_up(metrics, name) for metrics in one.metrics] for name in names}
    if all(value is None for value in figures[metric]):
        raise InputError(
            f"--sort {metric}: {one.family}.{one.variant} has no such metric; one of {', '.join(names[1:])}"
        )
    return figures


def _look_up(metrics: Mapping[str, Any] | None, name: str) -> float | None:
    value: Any = metrics or {}
    for key in name.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, (int, float)) else None


def _order(values: list[float | None], highest: bool) -> list[int]:
    """Positions from the best to the worst; runs without the figure last."""
    known = [i for i, value in enumerate(values) if value is not None]
    rest = [i for i, value in enumerate(values) if value is None]
    return sorted(known, key=lambda i: -values[i] if highest else values[i]) + rest


def _section(one: Results, metric: str) -> dict[str, Any]:
    figures = _figures(one, metric)
    axes = [Axis(short(key, one), values, steps=True) for key, values in one.params.items()]
    axes += [Axis(heading(name), values) for name, values in figures.items()]
    curves = []
    if one.curves is not None:
        columns = [f"test_{name}" for name in (CURVES[one.family], "loss")]
        curves = [curve_chart(one.curves, name, one.runs, name.replace("_", " ")) for name in columns]
    return {
        "key": f"{one.family}-{one.variant}",
        "title": f"{one.family}.{one.variant}",
        "looks": looks(one.runs),
        "table": sorted_table(one, metric),
        "parallel": parallel_chart(axes, one.runs),
        "curves": curves,
    }
