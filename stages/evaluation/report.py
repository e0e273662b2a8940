"""Writing what one variant's predictions are worth: figures, tables and pictures."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_curve

from stages.drawing.figures import save_figure
from stages.evaluation import pictures
from stages.evaluation.calibration import reliability
from stages.evaluation.figures import FEW_CLASSES, at_natural_point, details_of, metrics_of, rarest_class, rarest_scores
from stages.evaluation.scores import mean_confusion, score
from stages.runtime.errors import listed
from stages.storage.dataset import SPLITS, TEST, TRAIN
from stages.storage.files import write_json
from stages.storage.predictions import VALIDATION, Predictions
from stages.storage.tables import flatten, write_table


def write_evaluation(
    folder: Path,
    predictions: Predictions,
    *,
    balanced_logits: bool,
    leaked: frozenset[str],
    card: dict[str, Any],
    read_images: Callable[[Sequence[str]], list[np.ndarray]],
    seed: int,
) -> None:
    """Write everything about one variant into ``folder``, whose name is the variant's, and print its main figures.

    Args:
        folder: ``metrics/<study>/<variant>``.
        predictions: of every seed.
        balanced_logits: whether the logits take all classes for equally frequent; then the figures are those of the
            balanced point, and the natural point's stand beside them.
        leaked: groups of test samples that have a duplicate in training.
        card: of the data.
        read_images: returns test samples by their names, uint8 (H, W) or (H, W, 3).
        seed: of the bootstrap.
    """
    natural = at_natural_point(predictions) if balanced_logits else None
    details = details_of(predictions, natural, leaked, card, seed)
    write_json(folder / "metrics.json", metrics_of(details))
    write_json(folder / "details.json", details)
    write_table(folder / "seeds.csv", _seeds(predictions))
    classes, labels = predictions.classes, predictions.labels[TEST]
    first = predictions.predicted(TEST)[0]
    write_table(folder / "confusion.csv", pd.DataFrame({"actual": classes[labels], "predicted": classes[first]}))
    matrix = mean_confusion(predictions.predicted(TEST), labels, len(classes))
    write_table(folder / "confused_pairs.csv", confused_pairs(matrix, classes))
    _draw(folder, predictions, matrix, read_images)
    _write_probabilities(folder, natural or predictions, details)
    print("\n".join(summary(folder.name, details, classes)))


def confused_pairs(matrix: np.ndarray, classes: np.ndarray) -> pd.DataFrame:
    """Pairs of classes that are mixed up, worst first.

    Columns: ``pair`` (both names), ``first``, ``second``, ``count`` (samples of either taken for the other), ``share``
    (of all samples of the two), ``first_as_second`` and ``second_as_first`` (the two directions of ``count``). Pairs
    that are never mixed up are left out.

    Args:
        matrix: counts (actual, predicted), means over the seeds.
        classes: names.
    """
    rows = []
    for i, j in zip(*np.triu_indices(len(classes), 1), strict=True):
        if count := matrix[i, j] + matrix[j, i]:
            support = matrix[i].sum() + matrix[j].sum()
            pair = (f"{classes[i]} / {classes[j]}", classes[i], classes[j])
            rows.append((*pair, count, count / support, matrix[i, j], matrix[j, i]))
    columns = ["pair", "first", "second", "count", "share", "first_as_second", "second_as_first"]
    return pd.DataFrame(rows, columns=columns).sort_values("count", ascending=False, kind="stable")


def summary(title: str, details: dict[str, Any], classes: np.ndarray) -> list[str]:
    """The main figures in two lines, and in a third which classes have none.

    Args:
        title: what the lines call the variant.
        details: the content of details.json.
        classes: names of all.
    """
    test, natural = details[TEST], details.get("natural")
    worst = sorted((one["recall"], name) for name, one in test["per_class"].items())[:FEW_CLASSES]
    which = "of the worst classes" if len(worst) < len(test["per_class"]) else "of each class"
    recalls = ", ".join(f"{name} {recall:.3f}" for recall, name in worst)
    point = f" ({natural[TEST]['accuracy']:.4f} at the natural point)" if natural else ""
    train, held = details[TRAIN]["accuracy"], details[VALIDATION]["balanced_accuracy"]
    lines = [
        f"{title}: test accuracy {test['accuracy']:.4f}{point}, balanced accuracy {test['balanced_accuracy']:.4f}",
        f"  train accuracy {train:.4f}, validation balanced accuracy {held:.4f}, test recall {which}: {recalls}",
    ]
    if untested := [str(name) for name in classes if str(name) not in test["per_class"]]:
        lines.append(f"  no test sample of {listed(untested)}: no recall, and left out of the means over the classes")
    return lines


def _seeds(predictions: Predictions) -> pd.DataFrame:
    """A row a seed and split of all scores."""
    rows = [
        {"seed": seed, "split": split} | flatten(score(logits, predictions.labels[split], predictions.classes))
        for split in SPLITS
        for seed, logits in zip(predictions.seeds, predictions.logits[split], strict=True)
    ]
    return pd.DataFrame(rows)


def _draw(
    folder: Path,
    predictions: Predictions,
    matrix: np.ndarray,
    read_images: Callable[[Sequence[str]], list[np.ndarray]],
) -> None:
    title, seeds = folder.name, predictions.seeds
    many = f"mean of {len(seeds)} seeds" if len(seeds) > 1 else f"seed {seeds[0]}"
    figure = pictures.draw_confusion(matrix, predictions.classes, f"{title}, {many}")
    save_figure(figure, folder / "confusion.png")
    labels, logits = predictions.labels[TEST], predictions.logits[TEST][0]
    shown, wrong = pictures.most_confident_mistakes(logits, labels)
    images = read_images(predictions.names[shown])
    title = f"{folder.name}: {len(shown)} of {wrong} mistakes (actual → predicted, confidence)"
    figure = pictures.draw_misclassified(images, logits[shown], labels[shown], predictions.classes, title)
    save_figure(figure, folder / "misclassified.png")
    figure = pictures.draw_latent(predictions.latent, predictions.axes, labels, predictions.classes, folder.name)
    save_figure(figure, folder / "latent.png")


def _write_probabilities(folder: Path, natural: Predictions, details: dict[str, Any]) -> None:
    """Precision against recall of the rarest class, and reliability before and after calibration.

    The table of the former is of the first seed, as the confusion is.
    """
    labels, worth = natural.labels[TEST], details["probabilities"]
    rarest = labels == rarest_class(natural)
    curves = []
    for scores in rarest_scores(natural):
        precision, recall, threshold = precision_recall_curve(rarest, scores, drop_intermediate=True)
        curve = pd.DataFrame({"recall": recall[:-1], "precision": precision[:-1], "threshold": threshold})
        curves.append(curve.iloc[::-1])
    write_table(folder / "precision_recall.csv", curves[0])
    figure = pictures.draw_precision_recall(
        curves, worth["average_precision"], float(rarest.mean()), details["rarest"], folder.name
    )
    save_figure(figure, folder / "precision_recall.png")
    tables = {
        "as trained": reliability(natural.logits[TEST], labels),
        "calibrated": reliability(natural.logits[TEST] / worth["temperature"], labels),
    }
    joined = pd.concat([table.assign(variant=name) for name, table in tables.items()], ignore_index=True)
    write_table(folder / "reliability.csv", joined[["variant", "confidence", "accuracy", "count"]])
    save_figure(pictures.draw_reliability(tables, folder.name), folder / "reliability.png")
