"""Stage: judge one variant by its weights and the data, on train and test."""

import argparse
from collections.abc import Collection
from typing import Any

import numpy as np

from stages import door
from stages.digits.dataset import load_digits, without
from stages.families import TITLES
from stages.leaks import leaked_path, left_out_path, read_names
from stages.params import load_params
from stages.params_data import Crop
from stages.predictions import SPLITS, Predictions, predictions_path, refuse_lost, save_predictions
from stages.results.judge_probabilities import write_probabilities
from stages.results.metrics import at_natural_point, metrics_of
from stages.results.pictures import draw_latent, save_figure
from stages.results.predict_dnn import latent_features
from stages.results.predict_dnn import predict as predict_dnn
from stages.results.write import write_results
from stages.training import variant_of
from stages.weights import load_weights


def main(arguments: argparse.Namespace) -> None:
    """Evaluate the variant named on the command line."""
    family, name = arguments.family, arguments.variant
    params = load_params()
    variant = variant_of(getattr(params, family).variants, name, family)
    weights, folder = f"models/{family}/{name}.safetensors", f"metrics/{family}/{name}"
    left_out, leaked = read_names(left_out_path(family)), read_names(leaked_path(family))
    if family == "dnn":
        digits = without(load_digits(), left_out)
        predictions, images = predict_dnn(weights, variant, digits), digits.x_test
    else:
        predictions, images = _predict_cnn(weights, family, variant, params.crop, left_out)
    refuse_lost(predictions, f"{family}.{name}")
    natural = None if family == "dnn" or not variant.is_balanced else at_natural_point(predictions)
    save_predictions(predictions_path(family, name), predictions)
    if family == "dnn":
        figure = draw_latent(latent_features(weights, variant, digits), digits.y_test, predictions.classes, name)
        save_figure(figure, f"{folder}/latent.png")
    metrics = metrics_of(predictions, natural, leaked, params.comparison.seed)
    write_results(folder, f"{family}.{name}", predictions, images, metrics)
    if family == "cnn":
        temperature = load_weights(weights)[1].get("temperature")
        write_probabilities(folder, f"{family}.{name}", natural or predictions, temperature)


def _predict_cnn(
    weights: str, family: str, variant: Any, crop: Crop, left_out: Collection[str]
) -> tuple[Predictions, np.ndarray]:
    from stages.cnn.data import load_variant_data  # here, so that judging the dnn does not load torch
    from stages.cnn.device import choose_device
    from stages.results.predict_cnn import predict

    choose_device("cpu")
    faces = dict(zip(SPLITS, load_variant_data(family, variant, crop, left_out), strict=True))
    images = faces["test"].images.mul(255).round().byte().permute(0, 2, 3, 1).numpy()
    return predict(weights, variant, faces), images[..., 0] if images.shape[-1] == 1 else images


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", choices=tuple(TITLES))
    parser.add_argument("variant", help="name of a block of <family>.variants in params.yaml")
    door.run(main, parser)
