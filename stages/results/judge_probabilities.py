"""Writing what a variant's probabilities are worth: figures, tables and pictures."""

import numpy as np
import pandas as pd

from stages.files import write_json
from stages.history import write_table
from stages.predictions import Predictions
from stages.results.pictures import save_figure
from stages.results.probabilities import (
    precision_recall,
    probability_figures,
    rarest_class,
    rarest_scores,
    reliability,
    scaled,
)
from stages.results.probability_pictures import draw_precision_recall, draw_reliability


def write_probabilities(folder: str, title: str, predictions: Predictions, temperature: float | None) -> None:
    """Write ``probabilities.json``, ``precision_recall`` and ``reliability`` (each CSV and PNG) on test samples.

    ``precision_recall.csv`` is the first seed's curve of the rarest class, as ``confusion.csv`` is its confusion.

    Args:
        folder: where they go.
        title: what the pictures call the variant.
        predictions: logits whose softmax are the probabilities to judge.
        temperature: that was fitted on training data, or None where none was.
    """
    write_json(f"{folder}/probabilities.json", probability_figures(predictions, temperature))
    rarest, labels = rarest_class(predictions), predictions.labels["test"]
    curves = [precision_recall(scores, labels == rarest) for scores in rarest_scores(predictions)]
    write_table(f"{folder}/precision_recall.csv", curves[0])
    share, name = float(np.mean(labels == rarest)), str(predictions.classes[rarest])
    save_figure(draw_precision_recall(curves, share, name, title), f"{folder}/precision_recall.png")
    judged = {"as trained": predictions}
    if temperature is not None:
        judged["calibrated"] = scaled(predictions, temperature)
    tables = {name: reliability(one.logits["test"], labels) for name, one in judged.items()}
    joined = pd.concat([table.assign(variant=name) for name, table in tables.items()], ignore_index=True)
    write_table(f"{folder}/reliability.csv", joined[["variant", "confidence", "accuracy", "count"]])
    save_figure(draw_reliability(tables, title), f"{folder}/reliability.png")
