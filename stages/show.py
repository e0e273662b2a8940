"""Print the metrics of the last run as tables, its curves as text on request, and where the plots are.

For servers without a screen: all it needs is a terminal. It changes nothing.
"""

import argparse
import sys

from stages import door
from stages.families import CURVES, DATA, TITLES
from stages.files import read_json
from stages.history import read_table
from stages.params import load_params


def main(arguments: argparse.Namespace) -> None:
    """Print one table a family."""
    params = load_params()
    if arguments.curves:
        draw_curves(arguments.curves)
        return
    for family, title in TITLES.items():
        print(f"\n{title} ({getattr(params, DATA[family]).source}; test figures, mean ± deviation over the seeds)")
        print_table(family, list(getattr(params, family).variants))
    print("\nPictures: metrics/*/*/*.png, metrics/faces/contact_sheet.png")
    print("Plots:    dvc plots show    Metrics: dvc metrics show    Changes: dvc metrics diff, dvc plots diff")


def draw_curves(family: str) -> None:
    """Draw the learning curves of all variants of a family in the terminal, on test samples."""
    import plotext  # here, since only this needs it

    table = read_table(f"metrics/{family}/curves.csv")
    figure = f"test_{CURVES[family]}"
    for variant, rows in table.groupby("variant", sort=False):
        plotext.plot(rows["epoch"].tolist(), rows[figure].tolist(), label=variant)
    plotext.title(f"{family}: {figure.replace('_', ' ')}, mean over the seeds")
    plotext.xlabel("epoch")
    plotext.theme("clear" if not sys.stdout.isatty() else "pro")
    plotext.plotsize(*(None, None) if sys.stdout.isatty() else (100, 30))
    plotext.show()


def print_table(family: str, variants: list[str]) -> None:
    """Print a row a variant: accuracy, balanced accuracy, macro F1 and, where they are few, recalls."""
    figures = {name: read_metrics(family, name) for name in variants}
    classes = list(next(iter(figures.values()))["test"]["per_class"])
    classes = classes if len(classes) <= 5 else []
    names = ["accuracy", "balanced_accuracy", "macro_f1"]
    header = [n.replace("_", " ") for n in names] + [f"recall {c}" for c in classes]
    print(f"  {'variant':<16}" + "".join(f"{name:>20}" for name in header))
    for variant, metrics in figures.items():
        cells = [with_deviation(metrics, [name]) for name in names]
        cells += [with_deviation(metrics, ["per_class", name, "recall"]) for name in classes]
        print(f"  {variant:<16}" + "".join(f"{cell:>20}" for cell in cells))


def read_metrics(family: str, variant: str) -> dict:
    """Return the content of a variant's metrics.json."""
    return read_json(f"metrics/{family}/{variant}/metrics.json")


def with_deviation(metrics: dict, keys: list[str]) -> str:
    """Return ``mean ± deviation``, or the mean alone where there was one seed."""
    mean, deviation = metrics["test"], metrics.get("std", {}).get("test")
    for key in keys:
        mean, deviation = mean[key], deviation and deviation[key]
    return f"{mean:.4f}" if deviation is None else f"{mean:.4f} ± {deviation:.4f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--curves", choices=tuple(TITLES), help="draw this family's learning curves instead")
    door.run(main, parser)
