"""Stage: bring the raw digits to 28 x 28 and split them into data/digits.npz."""

import argparse
from pathlib import Path

import numpy as np

from stages import door
from stages.digits.dataset import PATH, save_digits
from stages.digits.prepare import prepare_digits
from stages.params import load_params

RAW = Path("data/raw/digits")


def main(arguments: argparse.Namespace) -> None:
    """Read, split, write and say what came out."""
    settings = load_params().digits
    digits = prepare_digits(RAW, settings.source, settings.test_size, settings.seed)
    save_digits(digits)
    for split, labels in (("train", digits.y_train), ("test", digits.y_test)):
        print(f"{split}: {len(labels)} digits, {np.bincount(labels, minlength=10).tolist()} of classes 0 to 9")
    print(f"written to {PATH}")


if __name__ == "__main__":
    door.run(main, argparse.ArgumentParser(description=__doc__))
