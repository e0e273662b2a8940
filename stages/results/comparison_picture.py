"""The picture of the pairwise comparison: differences with their intervals."""

import numpy as np
import pandas as pd

from stages.results.pictures import plt

FIGURES = ("accuracy", "balanced_accuracy")
MOST_PAIRS = 150
UNDECIDED, DECIDED = "0.6", "#0072B2"


def draw_comparison(table: pd.DataFrame, title: str) -> plt.Figure:
    """Draw a line for each pair of variants: the difference and its 95 % interval, one panel a figure.

    Of many pairs only those are shown that differ most in accuracy.

    Args:
        table: as :func:`stages.results.comparison.compare_variants` returns it.
    """
    tables = {name: table[table["figure"] == name].reset_index(drop=True) for name in FIGURES}
    gaps = tables["accuracy"]["difference"].abs().to_numpy()
    shown = np.sort(np.argsort(-gaps, kind="stable")[:MOST_PAIRS])
    pairs = [f"{second} − {first}" for first, second in tables["accuracy"].loc[shown, ["first", "second"]].to_numpy()]
    height = 0.24 * len(pairs) + 1.3
    figure, panels = plt.subplots(1, len(FIGURES), figsize=(10, height), sharey=True, layout="constrained")
    for axes, name in zip(panels, FIGURES, strict=True):
        rows = tables[name].loc[shown].reset_index(drop=True)
        for place, row in rows.iterrows():
            colour = UNDECIDED if row["low"] <= 0 <= row["high"] else DECIDED
            axes.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=1.6)
            axes.plot(row["difference"], place, "o", color=colour, markersize=4)
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set(xlabel=f"difference of test {name.replace('_', ' ')}", yticks=range(len(pairs)), yticklabels=pairs)
        axes.tick_params(axis="y", labelsize=8)
    panels[0].invert_yaxis()
    more = f"; {len(gaps) - MOST_PAIRS} more pairs are not shown" if len(gaps) > MOST_PAIRS else ""
    figure.suptitle(f"{title}: pairs of variants, 95 % intervals (gray: these data cannot tell){more}", fontsize=10)
    return figure
