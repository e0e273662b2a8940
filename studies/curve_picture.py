"""The learning curves of a family in one picture."""

import pandas as pd
from matplotlib.ticker import NullFormatter

from stages.results.pictures import plt


def draw_curves(table: pd.DataFrame, title: str) -> plt.Figure:
    """Draw the test error of every variant, mean and band of one standard deviation over the seeds.

    Args:
        table: curves.csv of the family.
        title: of the picture.
    """
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for number, (name, rows) in enumerate(table.groupby("variant", sort=False)):
        error = rows["test_error"] if "test_error" in table else 1 - rows["test_accuracy"]
        spread = rows.get("test_error_std", rows.get("test_accuracy_std", 0.0 * error)).fillna(0)
        (line,) = axes.plot(
            rows["epoch"], error, linewidth=1.2, linestyle=("-", "--", "-.", ":")[number // 5 % 4], label=name
        )
        axes.fill_between(
            rows["epoch"], (error - spread).clip(lower=0), error + spread, color=line.get_color(), alpha=0.15
        )
    axes.set(xscale="log", yscale="log", xlabel="epoch", ylabel="test error rate", title=title)
    for axis in (axes.xaxis, axes.yaxis):  # plain numbers: the project's pictures read no mathematics
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=8)
    return figure
