"""Stage: put all variants of one family side by side."""

import argparse

from stages import door
from stages.families import TITLES
from stages.history import write_table
from stages.params import load_params
from stages.predictions import load_predictions, predictions_path
from stages.results.comparison import compare_variants
from stages.results.comparison_picture import draw_comparison
from stages.results.overview import curves, overview, recalls
from stages.results.pictures import save_figure


def main(arguments: argparse.Namespace) -> None:
    """Read what every variant of params.yaml predicted and write the tables over them."""
    family = arguments.family
    params = load_params()
    names = list(getattr(params, family).variants)
    predictions = {name: load_predictions(predictions_path(family, name)) for name in names}
    # All of them first: what does not fit together is refused before anything is written.
    pairs = compare_variants(predictions, params.comparison.seed)
    table, of_classes, over_epochs = overview(predictions), recalls(predictions), curves(family, names)
    write_table(f"metrics/{family}/overview.csv", table)
    write_table(f"metrics/{family}/recall.csv", of_classes)
    write_table(f"metrics/{family}/curves.csv", over_epochs)
    write_table(f"metrics/{family}/comparison.csv", pairs)
    save_figure(draw_comparison(pairs, family), f"metrics/{family}/comparison.png")
    print(table.to_string(index=False, float_format="{:.4f}".format))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", choices=tuple(TITLES))
    door.run(main, parser)
