"""Vega-Lite charts of the pages: what is drawn; the page decides the colours of text and lines by its theme."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from tools.pages.colours import COLOURS, DASHES

STAR = "M0,-1L.24,-.31L.95,-.31L.38,.12L.59,.81L0,.4L-.59,.81L-.38,.12L-.95,-.31L-.24,-.31Z"
HIDDEN = alt.param(name="hidden", value=[])  # the page sets it to the variants that the reader has switched off
SHOWN = "indexof(hidden, datum.variant) < 0"


def looks(names: Sequence[str]) -> list[dict[str, Any]]:
    """Colour and dash of each line, by its position."""
    return [
        {"name": name, "colour": COLOURS[i % len(COLOURS)], "dash": DASHES[i % len(DASHES)]}
        for i, name in enumerate(names)
    ]


def _scale(names: Sequence[str], what: str) -> alt.Scale:
    return alt.Scale(domain=list(names), range=[look[what] for look in looks(names)])


def _values(table: pd.DataFrame) -> alt.InlineData:
    rows = [
        {key: float(f"{value:.5g}") if isinstance(value, float) else value for key, value in row.items()}
        for row in table.to_dict("records")
    ]
    return alt.InlineData(values=rows)


def _finished(chart: Any, description: str, **size: Any) -> dict[str, Any]:
    return chart.properties(**{"description": description, "width": "container", "height": 240} | size).to_dict()


def figure_chart(table: pd.DataFrame, title: str) -> dict[str, Any]:
    """A dot and a 95 % interval for each row of ``table``: ``variant, value, low, high, best`` (bool)."""
    y = alt.Y("variant:N", sort=None, title=None, axis=alt.Axis(labelLimit=220))
    best = alt.datum.best
    colour = alt.condition(best, alt.value(COLOURS[1]), alt.value(COLOURS[0]))
    base = alt.Chart(_values(table)).encode(y=y, color=colour)
    x = alt.X("value:Q", title=title, scale=alt.Scale(zero=False))
    tips = ["variant:N", "value:Q", "low:Q", "high:Q"]
    bars = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=title), x2="high:Q")
    shape = alt.condition(best, alt.value(STAR), alt.value("circle"))
    size = alt.condition(best, alt.value(260), alt.value(80))
    dots = base.mark_point(filled=True, opacity=1).encode(x=x, shape=shape, size=size, tooltip=tips)
    return _finished(bars + dots, f"{title} of every variant with its 95 % interval", height={"step": 26})


def curve_chart(table: pd.DataFrame, column: str, names: Sequence[str], title: str) -> dict[str, Any]:
    """Learning curves: a line a variant over the share of its training, one deviation of the seeds as a band.

    Args:
        table: ``variant,epoch,<column>`` and, for several seeds, ``<column>_std``.
        column: what is drawn.
        names: all variants of the study; they fix who has which colour.
        title: of the values.
    """
    spread = table.get(f"{column}_std", pd.Series(0.0, table.index)).fillna(0.0)
    drawn = table[["variant", "epoch"]].assign(value=table[column], std=spread)
    drawn["share"] = table["epoch"] / table.groupby("variant")["epoch"].transform("max")
    # No loss, error or accuracy is below 0, and the band should not say so.
    drawn = drawn.assign(low=(table[column] - spread).clip(lower=0), high=table[column] + spread)
    base = alt.Chart(_values(drawn)).encode(
        x=alt.X("share:Q", title="share of the training", axis=alt.Axis(format="%", grid=False)),
        color=alt.Color("variant:N", scale=_scale(names, "colour"), legend=None),
    )
    y = alt.Y("value:Q", title=title, scale=alt.Scale(zero=False))
    dash = alt.StrokeDash("variant:N", scale=_scale(names, "dash"), legend=None)
    band = base.mark_area(opacity=0.15, aria=False).encode(y=alt.Y("low:Q", title=title), y2="high:Q")
    line = base.mark_line(strokeWidth=2).encode(y=y, strokeDash=dash)
    hover = alt.selection_point(name="hover", nearest=True, on="pointerover", clear="pointerout", empty=False)
    tips = [alt.Tooltip(field, title=name) for field, name in (("variant:N", "variant"), ("epoch:Q", "epoch"))]
    tips += [alt.Tooltip("value:Q", title=title), alt.Tooltip("std:Q", title="± over the seeds")]
    always = int(table["epoch"].nunique() == 1)  # a single epoch makes no line
    opacity = alt.condition(hover, alt.value(1), alt.value(always))
    dots = base.mark_point(filled=True, size=70, aria=False).encode(y=y, opacity=opacity, tooltip=tips)
    chart = (band + line + dots.add_params(hover)).add_params(HIDDEN).transform_filter(SHOWN)
    return _finished(chart, f"{title.capitalize()} over the share of the training, mean of the seeds")


def parallel_chart(table: pd.DataFrame, ticks: pd.DataFrame, names: Sequence[str]) -> dict[str, Any]:
    """Parallel coordinates: a vertical axis a quantity, a line a run across all of them.

    Args:
        table: ``variant, axis, height`` (0 to 1) and ``value`` in words.
        ticks: ``axis, height, value``: what is written beside the axes.
        names: of the runs; they fix who has which colour.
    """
    x = alt.X("axis:N", sort=None, title=None, axis=alt.Axis(labelAngle=-20, labelLimit=200, grid=True, domain=False))
    y = alt.Y("height:Q", axis=None, scale=alt.Scale(domain=[-0.05, 1.05]))
    colour = alt.Color("variant:N", scale=_scale(names, "colour"), legend=None)
    dash = alt.StrokeDash("variant:N", scale=_scale(names, "dash"), legend=None)
    base = alt.Chart(_values(table)).encode(x=x, y=y, color=colour)
    tips = [alt.Tooltip("variant:N", title="run"), "axis:N", "value:N"]
    lines = base.mark_line(strokeWidth=2, opacity=0.85).encode(strokeDash=dash, detail="variant:N")
    dots = base.mark_point(filled=True, size=60).encode(tooltip=tips)
    words = alt.Chart(_values(ticks)).mark_text(align="left", dx=7, dy=-7, aria=False).encode(x=x, y=y, text="value:N")
    shown = (layer.transform_filter(SHOWN) for layer in (lines, dots))
    chart = alt.layer(*shown, words).add_params(HIDDEN)
    description = "Parallel coordinates: parameters that vary, then figures; a line a run"
    return _finished(chart, description, width={"step": 95}, height=300)  # a wide one scrolls, so that labels fit
