"""Write compare.html: what differs between revisions, branches, tags or experiments, as DVC tells it."""

import argparse

from stages.runtime import command

PAGE = "compare.html"


def main(arguments: argparse.Namespace) -> None:
    """Write the page.

    Raises:
        InputError: no Git repository, an unknown revision, or another error of DVC.
    """
    from tools.pages.compare import write_comparison  # here, with its drawing library

    write_comparison(PAGE, arguments.revisions)
    print(f"written: {PAGE}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "revisions",
        nargs="+",
        metavar="REVISION",
        help="one is compared with the workspace, the first of several with the others",
    )
    command.run(main, parser)
