"""Stage: judge one variant by its weights and the data, on train and test."""

import argparse
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from stages import door
from stages.cnn.operating_points import natural_logits
from stages.digits.dataset import load_digits
from stages.families import TITLES
from stages.files import write_json
from stages.history import write_table
from stages.params import load_params
from stages.predictions import SPLITS, Predictions, predictions_path, save_predictions
from stages.results.confusion import confused_pairs, confusion_rows, mean_confusion
from stages.results.interval_figures import interval_figures
from stages.results.judge_probabilities import write_probabilities
from stages.results.pictures import draw_confusion, draw_latent, draw_misclassified, save_figure
from stages.results.predict_dnn import latent_features
from stages.results.predict_dnn import predict as predict_dnn
from stages.results.scores import flatten, scores_per_seed, summarise_seeds
from stages.training import variant_of
from stages.weights import load_weights


def main(arguments: argparse.Namespace) -> None:
    """Evaluate the variant named on the command line."""
    family, name = arguments.family, arguments.variant
    params = load_params()
    variant = variant_of(getattr(params, family).variants, name, family)
    weights, folder = f"models/{family}/{name}.safetensors", f"metrics/{family}/{name}"
    if family == "dnn":
        digits = load_digits()
        predictions, images = predict_dnn(weights, digits), digits.x_test
        figure = draw_latent(latent_features(weights, digits), digits.y_test, predictions.classes, name)
        save_figure(figure, f"{folder}/latent.png")
    else:
        predictions, images = _predict_cnn(weights, family, variant)
    save_predictions(predictions_path(family, name), predictions)
    natural = None if family == "dnn" or not variant.is_balanced else at_natural_point(predictions)
    metrics = metrics_of(predictions, natural, params.comparison.seed)
    write_results(folder, f"{family}.{name}", predictions, images, metrics)
    if family == "cnn":
        temperature = load_weights(weights)[1].get("temperature")
        write_probabilities(folder, f"{family}.{name}", natural or predictions, temperature)


def _predict_cnn(weights: str, family: str, variant: Any) -> tuple[Predictions, np.ndarray]:
    from stages.cnn.data import load_variant_data  # here, so that judging the dnn does not load torch
    from stages.cnn.device import choose_device
    from stages.results.predict_cnn import predict

    choose_device("cpu")
    faces = dict(zip(SPLITS, load_variant_data(family, variant), strict=True))
    images = faces["test"].images.mul(255).round().byte().permute(0, 2, 3, 1).numpy()
    return predict(weights, variant, faces), images[..., 0] if images.shape[-1] == 1 else images


def at_natural_point(predictions: Predictions) -> Predictions:
    """The predictions of balanced logits where classes are as frequent as in the training data."""
    labels = predictions.labels["train"]
    return replace(predictions, logits={s: natural_logits(x, labels) for s, x in predictions.logits.items()})


def metrics_of(predictions: Predictions, natural: Predictions | None, bootstrap_seed: int) -> dict[str, Any]:
    """Return the content of metrics.json.

    A second operating point adds a block ``natural``, of the same form as the whole. Everything else is of the
    first: it is what the network was trained for, and what tables over all variants compare.

    Args:
        predictions: of every seed.
        natural: the predictions at the second operating point, where there is one.
        bootstrap_seed: of the draws behind the intervals.
    """
    metrics = summarise_seeds(predictions) | {"interval": {"test": interval_figures(predictions, bootstrap_seed)}}
    if natural:
        metrics["natural"] = metrics_of(natural, None, bootstrap_seed)
    return metrics


def write_results(
    folder: str, title: str, predictions: Predictions, images: np.ndarray, metrics: dict[str, Any]
) -> None:
    """Write the metrics, tables and pictures of one variant, and print its main figures.

    Args:
        folder: where they go.
        title: what the pictures call the variant.
        predictions: of every seed.
        images: uint8 test images, (N, H, W) or (N, H, W, 3).
        metrics: as :func:`metrics_of` returns them.
    """
    write_json(f"{folder}/metrics.json", metrics)
    rows = [
        {"seed": seed, "split": split} | flatten(figures)
        for split, scores in scores_per_seed(predictions).items()
        for seed, figures in zip(predictions.seeds, scores, strict=True)
    ]
    write_table(f"{folder}/seeds.csv", pd.DataFrame(rows))
    write_table(f"{folder}/confusion.csv", confusion_rows(predictions))
    write_table(f"{folder}/confused_pairs.csv", confused_pairs(predictions))
    many = f"mean of {len(predictions.seeds)} seeds" if len(predictions.seeds) > 1 else f"seed {predictions.seeds[0]}"
    figure = draw_confusion(mean_confusion(predictions), predictions.classes, f"{title}, {many}")
    save_figure(figure, f"{folder}/confusion.png")
    figure = draw_misclassified(
        images, predictions.logits["test"][0], predictions.labels["test"], predictions.classes, title
    )
    save_figure(figure, f"{folder}/misclassified.png")
    for split in SPLITS:
        figures = metrics[split]
        recalls = ", ".join(f"{name} {one['recall']:.3f}" for name, one in figures["per_class"].items())
        print(f"{title} {split}: accuracy {figures['accuracy']:.4f}, recall {recalls}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", choices=tuple(TITLES))
    parser.add_argument("variant", help="name of a block of <family>.variants in params.yaml")
    door.run(main, parser)
