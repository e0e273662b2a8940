"""Write report.html: everything about the workspace on one page that needs no network."""

import argparse

from stages.config.params import load_params
from stages.runtime import command

PAGE = "report.html"


def main(_: argparse.Namespace) -> None:
    """Write the page.

    Raises:
        InputError: nothing has run yet, or a file is damaged.
    """
    from tools.pages.report import write_report  # here, with its drawing library

    write_report(PAGE, load_params())
    print(f"written: {PAGE}")


if __name__ == "__main__":
    command.run(main, argparse.ArgumentParser(description=__doc__))
