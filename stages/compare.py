"""Stage: put all variants of one study side by side, and say which differences the data can tell."""

import argparse
from pathlib import Path

from stages.config.params import load_params
from stages.config.variants import STUDIES
from stages.evaluation.comparison import write_comparison
from stages.runtime import command
from stages.storage.predictions import load_predictions, predictions_path


def main(arguments: argparse.Namespace) -> None:
    """Read what every variant of the study predicted and write the tables over them."""
    params, study = load_params(), arguments.study
    # In alphabetical order: another order of the blocks in params.yaml is no change to DVC.
    predictions = {name: load_predictions(predictions_path(study, name)) for name in sorted(params.variants_of(study))}
    balanced = {name for name in predictions if params.variant(name).balanced_logits}
    table = write_comparison(Path(f"metrics/{study}"), predictions, balanced, params.bootstrap.seed)
    print(table.to_string(index=False, float_format="{:.4f}".format))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", choices=STUDIES)
    command.run(main, parser)
