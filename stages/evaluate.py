"""Stage: judge one variant by its weights and the data, on train and test."""

import argparse
from collections.abc import Collection

import numpy as np
import pandas as pd

from stages import door
from stages.digits.dataset import load_digits, without
from stages.files import write_json
from stages.history import write_table
from stages.leaks import leaked_path, left_out_path, read_names
from stages.params import load_params
from stages.predictions import SPLITS, Predictions, predictions_path, save_predictions
from stages.results.confusion import confused_pairs, confusion_rows, mean_confusion
from stages.results.pictures import draw_confusion, draw_latent, draw_misclassified, save_figure
from stages.results.predict_dnn import latent_features
from stages.results.predict_dnn import predict as predict_dnn
from stages.results.scores import flatten, scores_per_seed, summarise_seeds
from stages.training import variant_of


def main(arguments: argparse.Namespace) -> None:
    """Evaluate the variant named on the command line."""
    family, name = arguments.family, arguments.variant
    params = load_params()
    variant = variant_of(getattr(params, family).variants, name, family)
    weights, folder = f"models/{family}/{name}.safetensors", f"metrics/{family}/{name}"
    left_out, leaked = read_names(left_out_path(family)), read_names(leaked_path(family))
    if family == "dnn":
        digits = without(load_digits(), left_out)
        predictions, images = predict_dnn(weights, digits), digits.x_test
        figure = draw_latent(latent_features(weights, digits), digits.y_test, predictions.classes, name)
        save_figure(figure, f"{folder}/latent.png")
    else:
        predictions, images = _predict_cnn(weights, variant, left_out)
    save_predictions(predictions_path(family, name), predictions)
    write_results(folder, f"{family}.{name}", predictions, images, leaked)


def _predict_cnn(weights: str, variant, left_out: Collection[str]) -> tuple[Predictions, np.ndarray]:
    from stages.cnn.data import load_faces  # here, so that judging the digits does not load torch
    from stages.cnn.device import choose_device
    from stages.results.predict_cnn import predict

    choose_device("cpu")
    faces = dict(zip(SPLITS, load_faces(left_out=left_out), strict=True))
    images = faces["test"].images.mul(255).round().byte().permute(0, 2, 3, 1).numpy()
    return predict(weights, variant, faces), images


def write_results(
    folder: str, title: str, predictions: Predictions, images: np.ndarray, leaked: Collection[str]
) -> None:
    """Write the metrics, tables and pictures of one variant, and print its main figures.

    Args:
        folder: where they go.
        title: what the pictures call the variant.
        predictions: of every seed.
        images: uint8 test images, (N, H, W) or (N, H, W, 3).
        leaked: groups of test samples that have a duplicate in training.
    """
    metrics = summarise_seeds(predictions, leaked)
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
    parser.add_argument("family", choices=("dnn", "cnn"))
    parser.add_argument("variant", help="name of a block of <family>.variants in params.yaml")
    door.run(main, parser)
