"""Vega-Lite charts of the report: what is drawn; the page decides the colours of text and lines by its theme."""

from typing import Any

import pandas as pd

# Okabe and Ito's colours, told apart by people with any of the usual colour blindnesses. Its yellow and black
# are left out: one of them is invisible on a light or on a dark ground; gray can be seen on both.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#808080")
# Their number has no divisor in common with that of the colours: 35 variants look different.
DASHES = ((1, 0), (7, 3), (2, 2), (9, 3, 2, 3), (12, 4))
MOST_CLASSES_IN_A_CHART = 20


def looks(names: list[str]) -> list[dict[str, Any]]:
    """Colour and dash of each line, by its position."""
    return [
        {"name": name, "colour": COLOURS[i % len(COLOURS)], "dash": list(DASHES[i % len(DASHES)])}
        for i, name in enumerate(names)
    ]


def _by_variant(names: list[str], what: str) -> dict[str, Any]:
    scale = {"domain": names, "range": [look[what] for look in looks(names)]}
    return {"field": "variant", "type": "nominal", "scale": scale, "legend": None}


def _base(description: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What all charts share: the page sets ``hidden`` to the variants that the reader has switched off."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": description,
        "width": "container",
        "height": 240,
        "data": {"values": rows},
        "params": [{"name": "hidden", "value": []}],
        "transform": [{"filter": "indexof(hidden, datum.variant) < 0"}],
    }


def curve_chart(table: pd.DataFrame, column: str, names: list[str], title: str) -> dict[str, Any]:
    """Learning curves: a line a variant, one standard deviation of the seeds as a band, values under the pointer.

    Args:
        table: ``variant,epoch,<column>`` and, for several seeds, ``<column>_std``.
        column: what is drawn.
        names: all variants of the family; they fix who has which colour.
    """
    kept = table[["variant", "epoch"]].assign(value=table[column])
    spread = table.get(f"{column}_std", pd.Series(0.0, table.index)).fillna(0.0)
    # No loss, error or accuracy is below 0, and the band should not say so.
    kept = kept.assign(std=spread, low=(table[column] - spread).clip(lower=0), high=table[column] + spread)
    rows = [{k: _short(v) for k, v in row.items()} for row in kept.to_dict("records")]
    value = {"field": "value", "type": "quantitative", "title": title, "scale": {"zero": False}}
    band = {"y": {"field": "low", "type": "quantitative", "title": title}, "y2": {"field": "high"}}
    alone = table["epoch"].nunique() == 1
    spec = _base(f"{title.capitalize()} over the epochs, mean of the seeds", rows)
    spec["encoding"] = {
        "x": {
            "field": "epoch",
            "type": "quantitative",
            "axis": {"tickMinStep": 1, "grid": False},
            "scale": {"nice": False},
        },
        "color": _by_variant(names, "colour"),
    }
    dash = {"y": value, "strokeDash": _by_variant(names, "dash")}
    line = {"mark": {"type": "line", "strokeWidth": 2}, "encoding": dash}
    area = {"mark": {"type": "area", "opacity": 0.15, "aria": False}, "encoding": band}
    spec["layer"] = [area, line, _dots(value, alone)]
    return spec


def _dots(value: dict[str, Any], always: bool) -> dict[str, Any]:
    """The layer under the pointer: the nearest dot appears and says its values. A single epoch makes no line."""
    tips = [("variant", "variant"), ("epoch", "epoch"), ("value", value["title"]), ("std", "± over the seeds")]
    select = {"type": "point", "nearest": True, "on": "pointerover", "clear": "pointerout"}
    return {
        "mark": {"type": "point", "filled": True, "size": 70, "aria": False},
        "params": [{"name": "hover", "select": select}],
        "encoding": {
            "y": value,
            "opacity": {"condition": {"param": "hover", "empty": False, "value": 1}, "value": int(always)},
            "tooltip": [{"field": field, "title": name} for field, name in tips],
        },
    }


def _short(value: Any) -> Any:
    return float(f"{value:.5g}") if isinstance(value, float) else value


def recall_chart(rows: list[dict[str, Any]], names: list[str]) -> dict[str, Any]:
    """Test recall of every class, a bar a variant; ``rows`` have ``variant, class, recall``."""
    spec = _base("Test recall of every class for every variant, mean of the seeds", rows)
    spec["mark"] = {"type": "bar"}
    spec["encoding"] = {
        "x": {"field": "class", "type": "nominal", "sort": None, "axis": {"labelAngle": 0}},
        "xOffset": {"field": "variant", "type": "nominal", "sort": names},
        "y": {"field": "recall", "type": "quantitative", "title": "test recall", "scale": {"domain": [0, 1]}},
        "color": _by_variant(names, "colour"),
        "tooltip": [{"field": name} for name in ("variant", "class", "recall")],
    }
    return spec
