"""Write one self-contained HTML page: the report on the workspace, or the difference between revisions."""

import argparse

from stages import door
from stages.pages.compare import write_comparison
from stages.pages.report import write_report
from stages.params import load_params

REPORT, COMPARISON = "report.html", "compare.html"


def main(arguments: argparse.Namespace) -> None:
    """Write the page and say where it is."""
    if arguments.compare:
        write_comparison(COMPARISON, arguments.compare)
        print(f"written: {COMPARISON}")
    else:
        write_report(REPORT, load_params())
        print(f"written: {REPORT}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--compare",
        nargs="+",
        metavar="REV",
        help="revisions or experiments: one is compared with the workspace, the first of several with the others",
    )
    door.run(main, parser)
