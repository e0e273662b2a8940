"""Mend what a killed DVC left half-written, so that `dvc repro` can go on; `make repro` does it first."""

import argparse

from stages import door
from stages.dvc_files import mend


def main(arguments: argparse.Namespace) -> None:
    """Mend the project in the current folder and say what was done; nothing where all is well."""
    for line in mend():
        print(line)


if __name__ == "__main__":
    door.run(main, argparse.ArgumentParser(description=__doc__))
