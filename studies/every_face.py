"""What the cross-validation over all faces says: a table of the variants, and the report's questions by pairs."""

from typing import Any

import numpy as np
import pandas as pd

from stages.evaluation.comparison import compare
from stages.evaluation.figures import cross_validation_figures
from stages.storage.dataset import TEST
from stages.storage.predictions import Predictions, cross_validation_path, load_predictions
from stages.storage.tables import read_table
from studies.facts import Row, Study, mean_of_networks, turned

# What the report asks, as pairs of variants: the second less the first.
QUESTIONS = {
    "Does weighting help?": ("step_lr", "weighted"),
    "Does balanced resampling in 13 rounds help?": ("step_lr", "resample_13"),
    "Do 50 rounds help more than 13?": ("resample_13", "resample_50"),
    "Does a larger filter help?": ("step_lr", "kernel_5"),
    "Does a larger stride hurt?": ("step_lr", "stride_2"),
    "Does `balanced` do better than all that?": ("weighted", "balanced"),
    "Do weights that others have trained help?": ("balanced", "pretrained"),
}
FIGURES = ("recall none", "recall good", "balanced_accuracy", "accuracy")


def predictions_of(study: Study) -> dict[str, Predictions]:
    """What was cross-validated, by variant."""
    names = study.params.cross_validation.variants
    return {name: load_predictions(study.root / cross_validation_path(name), [TEST]) for name in names}


def table_rows(study: Study, predictions: dict[str, Predictions]) -> list[Row]:
    """A row a variant and operating point: its name, its figures, and their 95 % intervals."""
    rows = []
    for name, one in predictions.items():
        balanced, seed = study.params.variant(name).balanced_logits, study.params.bootstrap.seed
        together = cross_validation_figures(mean_of_networks(one), balanced, seed)
        found = {name: study.json(f"metrics/masks/{name}/cross_validation.json")}
        found[f"{name}, its {len(one.seeds)} networks together"] = together
        for title, figures in found.items():
            rows.append({"variant": title} | figures)
            if natural := figures.get("natural"):
                rows.append({"variant": f"{title}, natural point"} | natural)
    return rows


def pairs_of(study: Study, predictions: dict[str, Predictions]) -> pd.DataFrame:
    """All pairs of variants, as the stage ``compare`` has them for the test faces."""
    return compare(dict(sorted(predictions.items())), study.params.bootstrap.seed)


def answers(pairs: pd.DataFrame, predictions: dict[str, Predictions]) -> list[dict[str, Any]]:
    """For each question that can be asked its pair and the rows of the comparison by figure."""
    return [
        {"question": question, "pair": pair, "rows": turned(pairs, *pair)}
        for question, pair in QUESTIONS.items()
        if set(pair) <= set(predictions)
    ]


def content(study: Study) -> dict[str, Any]:
    """Everything that the template takes."""
    predictions = predictions_of(study)
    first = next(iter(predictions.values()))
    classes, labels = first.classes, first.labels[TEST]
    supports = dict(zip(classes.tolist(), np.bincount(labels, minlength=len(classes)).tolist(), strict=True))
    rarest = min(supports, key=supports.__getitem__)
    asked = answers(pairs_of(study, predictions), predictions)
    counts = study.json("metrics/masks/counts.json")
    before = answers(read_table(study.root / "metrics/masks/comparison.csv"), predictions)
    return {
        "variants": list(predictions),
        "rarest": rarest,
        "supports": supports,
        "faces": len(labels),
        "counts": counts["faces"],
        "train_share": counts["total"]["train"]["faces"] / len(labels),
        "folds": study.params.cross_validation.folds,
        "seeds": study.params.cross_validation.seeds,
        "rows": table_rows(study, predictions),
        "figures": FIGURES,
        "answers": asked,
        "asked": sum(len(each["rows"].keys() & set(FIGURES)) for each in asked),
        "open_here": open_questions(asked),
        "open_before": open_questions(before),
        "widths": [widths(study, name, rarest) for name in predictions],
    }


def open_questions(asked: list[dict[str, Any]]) -> int:
    """How many of the differences have an interval that holds 0."""
    rows = [each["rows"][figure] for each in asked for figure in FIGURES if figure in each["rows"]]
    return sum(row["low"] <= 0 <= row["high"] for row in rows)


def widths(study: Study, variant: str, label: str) -> Row:
    """How wide the intervals of a class's recall are, on the test set and on all faces."""
    ends = {
        "fixed": study.details(variant)["interval"]["recall"][label],
        "pooled": study.json(f"metrics/masks/{variant}/cross_validation.json")["interval"]["recall"][label],
    }
    return {"variant": variant} | {name: each["high"] - each["low"] for name, each in ends.items()}
