"""Writing the metrics, tables and pictures of one variant."""

from typing import Any

import numpy as np
import pandas as pd

from stages.files import write_json
from stages.history import write_table
from stages.predictions import SPLITS, Predictions
from stages.results.confusion import confused_pairs, confusion_rows, mean_confusion
from stages.results.pictures import draw_confusion, draw_misclassified, save_figure
from stages.results.scores import flatten, scores_per_seed


def write_results(
    folder: str, title: str, predictions: Predictions, images: np.ndarray, metrics: dict[str, Any]
) -> None:
    """Write what one variant's predictions are worth, and print its main figures.

    Args:
        folder: where everything goes.
        title: what the pictures call the variant.
        predictions: of every seed.
        images: uint8 test images, (N, H, W) or (N, H, W, 3).
        metrics: as :func:`stages.results.metrics.metrics_of` returns them.
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
