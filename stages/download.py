"""Stage: bring the raw digits or the photos of faces into data/raw/, from the source that params.yaml names."""

import argparse

from stages import door
from stages.params import load_params
from stages.sources.gather_digits import gather_digits
from stages.sources.gather_faces import gather_faces

RAW_DIGITS = "data/raw/digits"
RAW_FACES = "data/raw/faces"


def main(arguments: argparse.Namespace) -> None:
    """Gather one data set and say what came."""
    params = load_params()
    if arguments.data == "digits":
        print(gather_digits(params.digits, params.download, RAW_DIGITS))
    else:
        print(gather_faces(params.faces, params.download, RAW_FACES))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", choices=("digits", "faces"), help="which data set to gather")
    door.run(main, parser)
