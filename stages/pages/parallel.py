"""Parallel coordinates: a vertical axis a quantity, a line a run across all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stages.pages.charts import looks

AXIS_DISTANCE = 95  # pixels; on a narrow screen the chart scrolls, so that no label lies on another


@dataclass(frozen=True)
class Axis:
    """One axis; ``steps`` spaces distinct values evenly, as suits a grid of parameters."""

    title: str
    values: Sequence[str | float | None]
    steps: bool = False


def parallel_chart(axes: Sequence[Axis], names: list[str]) -> dict[str, Any]:
    """A chart with one line a run; ``names`` fix who has which colour. The page can hide runs."""
    rows, ticks = [], []
    for axis in axes:
        heights = _heights(axis)
        shown = [name for name, value in zip(names, axis.values, strict=True) if value is not None]
        points = [(name, value) for name, value in zip(names, axis.values, strict=True) if name in shown]
        rows += [
            {"variant": name, "axis": axis.title, "height": heights[value], "value": _word(value)}
            for name, value in points
        ]
        ends = heights if axis.steps else {value: height for value, height in heights.items() if height in (0, 0.5, 1)}
        ticks += [{"axis": axis.title, "height": height, "value": _word(value)} for value, height in ends.items()]
    look = {"domain": names, "range": [one["colour"] for one in looks(names)]}
    dash = {"domain": names, "range": [one["dash"] for one in looks(names)]}
    x = {
        "field": "axis",
        "type": "nominal",
        "sort": [axis.title for axis in axes],
        "title": None,
        "axis": {"labelAngle": -20, "labelLimit": 200, "grid": True, "domain": False},
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": "Parallel coordinates: parameters that vary, then figures on the test samples; a line a run",
        "width": {"step": AXIS_DISTANCE},
        "height": 300,
        "params": [{"name": "hidden", "value": []}],
        "encoding": {
            "x": x,
            "y": {"field": "height", "type": "quantitative", "axis": None, "scale": {"domain": [-0.05, 1.05]}},
        },
        "layer": [_lines(rows, look, dash), _dots(rows, look), _labels(ticks)],
    }


def _heights(axis: Axis) -> dict[str | float, float]:
    """Map each value of an axis to 0 … 1; a single value to the middle."""
    values = sorted({value for value in axis.values if value is not None}, key=_order)
    if len(values) == 1:
        return {values[0]: 0.5}
    if axis.steps:
        return {value: i / (len(values) - 1) for i, value in enumerate(values)}
    low, high = values[0], values[-1]
    return {value: (value - low) / (high - low) for value in values}


def _order(value: str | float) -> tuple[int, float, str]:
    """Numbers by their size, then words by the alphabet."""
    try:
        return 0, float(value), ""
    except ValueError:
        return 1, 0.0, str(value)


def _word(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"


def _lines(rows: list[dict[str, Any]], look: dict[str, Any], dash: dict[str, Any]) -> dict[str, Any]:
    encoding = {
        "color": {"field": "variant", "type": "nominal", "scale": look, "legend": None},
        "strokeDash": {"field": "variant", "type": "nominal", "scale": dash, "legend": None},
        "detail": {"field": "variant", "type": "nominal"},
    }
    mark = {"type": "line", "strokeWidth": 2, "opacity": 0.85}
    return {"data": {"values": rows}, "transform": [_shown()], "mark": mark, "encoding": encoding}


def _dots(rows: list[dict[str, Any]], look: dict[str, Any]) -> dict[str, Any]:
    encoding = {
        "color": {"field": "variant", "type": "nominal", "scale": look, "legend": None},
        "tooltip": [{"field": "variant", "title": "run"}, {"field": "axis"}, {"field": "value"}],
    }
    mark = {"type": "point", "filled": True, "size": 60}
    return {"data": {"values": rows}, "transform": [_shown()], "mark": mark, "encoding": encoding}


def _labels(ticks: list[dict[str, Any]]) -> dict[str, Any]:
    mark = {"type": "text", "align": "left", "dx": 7, "dy": -7, "aria": False}
    return {"data": {"values": ticks}, "mark": mark, "encoding": {"text": {"field": "value", "type": "nominal"}}}


def _shown() -> dict[str, str]:
    """The page sets ``hidden`` to the runs that the reader has switched off."""
    return {"filter": "indexof(hidden, datum.variant) < 0"}
