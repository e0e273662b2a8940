"""Stage: bring the raw digits to 28 x 28, and split them, into data/digits."""

import argparse
from pathlib import Path

from stages.config.params import load_params
from stages.digits.dataset import FOLDER
from stages.digits.prepare import prepare_digits
from stages.runtime import command


def main(_: argparse.Namespace) -> None:
    """Read, split, write and say what came out."""
    params = load_params()
    print(prepare_digits(Path("data/raw/digits"), FOLDER, params.digits, params.validation))


if __name__ == "__main__":
    command.run(main, argparse.ArgumentParser(description=__doc__))
