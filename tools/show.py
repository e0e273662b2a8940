"""Print the figures of the last run as tables, its learning curves as text on request, and what to look at next.

For servers without a screen: all it needs is a terminal. It changes nothing.
"""

import argparse
import sys

from stages.config.params import load_params
from stages.config.variants import STUDIES
from stages.runtime import command
from stages.storage.dataset import TEST
from stages.storage.predictions import VALIDATION
from stages.storage.tables import read_table
from tools.results import StudyResults, read_results, with_deviation

FEW_CLASSES = 5
NEXT = """
Everything on one page: make report      What moved since the last commit: make compare REV=HEAD
DVC's own: dvc metrics diff, dvc params diff, dvc plots diff, dvc exp show      Pictures: metrics/*/*/*.png"""


def main(arguments: argparse.Namespace) -> None:
    """Print a table for each study, or the curves of one."""
    if arguments.curves:
        draw_curves(arguments.curves)
        return
    for study in read_results(load_params()):
        print_study(study)
    print(NEXT)


def print_study(study: StudyResults) -> None:
    """Print a row a variant: accuracy, balanced accuracy, macro F1 and, where they are few, recalls."""
    source = f" ({study.results[0].details['data']['source']} data)" if study.results else ""
    print(f"\n{study.study}{source}: test figures, mean ± deviation over the seeds; validation is by one network")
    classes = study.classes if len(study.classes) <= FEW_CLASSES else []
    figures = ("accuracy", "balanced_accuracy", "macro_f1")
    heads = [name.replace("_", " ") for name in figures] + [f"recall {name}" for name in classes]
    rows = []
    for one in study.results:
        name = one.name + (", balanced point" if one.details["operating_point"] == "balanced" else "")
        name += ", OUT OF DATE: run `dvc repro`" if one.outdated else ""
        cells = [with_deviation(*one.figure(TEST, figure)) for figure in figures]
        cells += [with_deviation(*one.recall(label)) for label in classes]
        rows.append([name, *cells, f"{one.figure(VALIDATION, 'balanced_accuracy')[0]:.4f}"])
    table = [["variant", *heads, "validation, balanced"], *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    for row in table:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  " + "  ".join([row[0].ljust(widths[0]), *cells]))
    for name, reason in study.others.items():
        print(f"  {name}: {reason}; run `dvc repro`")


def draw_curves(name: str) -> None:
    """Draw the learning curves of a study in the terminal, on test samples, or of one variant as far as it has come."""
    import plotext  # here, since only this needs it

    if name in STUDIES:
        table = read_table(f"metrics/{name}/curves.csv", ["variant"])
    else:
        study = load_params().variant(name).study
        table = read_table(f"metrics/{study}/{name}/history.csv").assign(variant=name)
    for variant, rows in table.groupby("variant", sort=False):
        over = rows["epoch"] / (rows["epoch"].max() if name in STUDIES else 1)
        plotext.plot(over.tolist(), rows["test_accuracy"].tolist(), label=variant)
    plotext.title(f"{name}: test accuracy, mean over the seeds")
    plotext.xlabel("share of the training" if name in STUDIES else "epoch")
    on_terminal = sys.stdout.isatty()
    plotext.theme("pro" if on_terminal else "clear")
    plotext.plotsize(*((None, None) if on_terminal else (100, 30)))
    plotext.show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--curves",
        metavar="NAME",
        help="draw the curves of a study instead, or of a variant, also while it trains",
    )
    command.run(main, parser)
