"""Stage: cut the annotated faces out of the photos, split them by photo, and sort them by class."""

import argparse

from stages.config.params import load_params
from stages.masks.prepare import prepare_faces
from stages.runtime import command


def main(_: argparse.Namespace) -> None:
    """Cut all faces out and say what came out."""
    print(prepare_faces(load_params()))


if __name__ == "__main__":
    command.run(main, argparse.ArgumentParser(description=__doc__))
