"""Stage: evaluate one variant by what its networks said, on train, test and validation samples."""

import argparse
from importlib import import_module
from pathlib import Path

from stages.config.params import load_params
from stages.evaluation.report import write_evaluation
from stages.runtime import command
from stages.storage.dataset import read_card
from stages.storage.leaks import LEAKED, read_groups
from stages.storage.predictions import load_predictions, predictions_path


def main(arguments: argparse.Namespace) -> None:
    """Evaluate the variant named on the command line."""
    params, name = load_params(), arguments.variant
    variant = params.variant(name)
    study = import_module(f"stages.{variant.study}.images")
    write_evaluation(
        Path(f"metrics/{variant.study}/{name}"),
        load_predictions(predictions_path(variant.study, name)),
        balanced_logits=variant.balanced_logits,
        leaked=read_groups(variant.study, LEAKED),
        card=read_card(Path("data") / variant.study),
        read_images=study.read_test_images,
        seed=params.bootstrap.seed,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variant", help="name of a block of variants in params.yaml")
    command.run(main, parser)
