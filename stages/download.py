"""Stage: bring the raw digits or the photos of faces into data/raw/, from the source that params.yaml names."""

import argparse
from pathlib import Path

from stages.config.params import load_params
from stages.config.variants import STUDIES
from stages.runtime import command
from stages.sources.digits import obtain_digits
from stages.sources.faces import obtain_faces


def main(arguments: argparse.Namespace) -> None:
    """Obtain the data of one study and say what came."""
    params, target = load_params(), Path("data/raw") / arguments.study
    if arguments.study == "digits":
        print(obtain_digits(params.digits, params.download, target))
    else:
        print(obtain_faces(params.faces, params.download, target))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", choices=STUDIES, help="whose data to obtain")
    command.run(main, parser)
