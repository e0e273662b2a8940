"""What longer training brings, from the rows of an ablation that change nothing but the number of pictures drawn."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.ticker import NullFormatter

from stages.results.ablation import UNCHANGED
from stages.results.pictures import plt

FIGURES = {
    "balanced_accuracy": "balanced accuracy, balanced point",
    "recall none": "recall of none, balanced point",
    "natural accuracy": "accuracy, natural point",
}


def lengths(table: pd.DataFrame, changes: Mapping[str, dict[str, Any]]) -> pd.DataFrame:
    """Return the rows of ``table`` that differ in ``images`` alone, with that number, shortest training first.

    Args:
        table: of an ablation.
        changes: what it changed, as :func:`stages.results.ablation.read_changes` returns it.
    """
    images = {name: keys["images"] for name, keys in changes.items() if set(keys) == {"images"}}
    if "images" in changes.get(UNCHANGED, {}):
        images[UNCHANGED] = changes[UNCHANGED]["images"]
    rows = table[table["change"].isin(images)]
    return rows.assign(images=rows["change"].map(images)).sort_values("images")


def draw_lengths(rows: pd.DataFrame, title: str) -> plt.Figure:
    """Draw the figures that the study is about over the number of pictures drawn in training.

    Args:
        rows: as :func:`lengths` returns them.
        title: of the picture.
    """
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for marker, (name, label) in zip("osD", FIGURES.items(), strict=True):
        if name in rows:
            axes.plot(rows["images"], pd.to_numeric(rows[name]), marker=marker, linewidth=1.2, label=label)
    axes.set(xscale="log", xlabel="pictures drawn in training", title=title)
    axes.set_xticks(rows["images"], [f"{count:,}" for count in rows["images"]])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="lower right")
    return figure
