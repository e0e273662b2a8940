"""Pictures of a variant's probabilities: the precision-recall curve of the rarest class, and its reliability."""

import pandas as pd

from stages.results.pictures import plt
from stages.results.probabilities import average_precision, calibration_error

SIDE = 4.6


def draw_precision_recall(curves: list[pd.DataFrame], prevalence: float, name: str, title: str) -> plt.Figure:
    """Draw each seed's curve of one class, and what guessing would reach.

    Args:
        curves: as :func:`stages.results.probabilities.precision_recall` returns them.
        prevalence: share of the class among the test samples (0 to 1).
        name: of the class.
        title: what the picture calls the variant.
    """
    figure, axes = plt.subplots(figsize=(SIDE, SIDE), layout="constrained")
    mean = sum(map(average_precision, curves)) / len(curves)
    for curve in curves:
        axes.step(curve["recall"], curve["precision"], where="pre", linewidth=1.2)
    axes.axhline(prevalence, color="0.5", linestyle="--", linewidth=0.8, label="guessing")
    axes.set(xlim=(0, 1.01), ylim=(0, 1.01), xlabel=f"recall of {name}", ylabel=f"precision of {name}")
    axes.set_title(f"{title}: a line a seed, mean area {mean:.3f}", fontsize=9)
    axes.legend(fontsize=8)
    return figure


def draw_reliability(tables: dict[str, pd.DataFrame], title: str) -> plt.Figure:
    """Draw accuracy against confidence; on the diagonal probabilities are honest.

    Args:
        tables: as :func:`stages.results.probabilities.reliability` returns them, by what they are of.
        title: what the picture calls the variant.
    """
    figure, axes = plt.subplots(figsize=(SIDE, SIDE), layout="constrained")
    axes.plot([0, 1], [0, 1], color="0.5", linestyle="--", linewidth=0.8)
    for name, table in tables.items():
        label = f"{name}: calibration error {calibration_error(table):.3f}"
        axes.plot(table["confidence"], table["accuracy"], "o-", markersize=4, linewidth=1.2, label=label)
    axes.set(xlim=(0, 1.01), ylim=(0, 1.01), xlabel="confidence (mean of the bin)", ylabel="accuracy in the bin")
    axes.set_title(f"{title}: reliability on the test set", fontsize=9)
    axes.legend(fontsize=8, loc="upper left")
    return figure
