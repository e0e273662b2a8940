"""The figures of a finished study, read from its metrics files and predictions."""

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.config.params import Params, load_params
from stages.evaluation.figures import at_natural_point
from stages.evaluation.intervals import GroupBootstrap, percentile_interval
from stages.evaluation.scores import means, score
from stages.storage.dataset import TEST
from stages.storage.files import read_json
from stages.storage.predictions import Predictions, load_predictions, predictions_path
from stages.storage.tables import flatten, read_table

HERE = Path(__file__).parent
BEST = ("distorted", "residual", "balanced", "pretrained")
Row = dict[str, Any]


class Study:
    """What lies in a study's folder.

    Args:
        root: the folder, with params.yaml, metrics/ and models/.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.params: Params = load_params(root / "params.yaml")

    def variants(self, study: str) -> list[str]:
        """Names of the study's variants, in the order of params.yaml."""
        return list(self.params.variants_of(study))

    def has(self, *variants: str) -> bool:
        """Whether the study holds all of these variants."""
        return set(variants) <= set(self.params.variants)

    def folder(self, variant: str) -> Path:
        """Where a variant's metrics lie."""
        return self.root / "metrics" / self.params.variant(variant).study / variant

    def details(self, variant: str) -> Row:
        """The variant's details.json."""
        return self.json(self.folder(variant).relative_to(self.root) / "details.json")

    def json(self, path: str | Path) -> Row:
        """The content of a metrics file.

        Raises:
            InputError: it is missing or no JSON.
        """
        return read_json(self.root / path, "run `make study` first")

    def pair(self, first: str, second: str) -> dict[str, Row]:
        """The comparison of two variants by figure: ``difference`` (second less first), ``low``, ``verdict`` …"""
        return turned(read_table(self.folder(first).parent / "comparison.csv"), first, second)

    def seeds(self, variant: str) -> pd.DataFrame:
        """A row a seed of the test figures."""
        table = read_table(self.folder(variant) / "seeds.csv")
        return table[table["split"] == "test"]

    def first_epoch(self, variant: str, accuracy: float) -> int | None:
        """The first epoch whose mean training accuracy is at least ``accuracy``."""
        history = read_table(self.folder(variant) / "history.csv")
        reached = history[history["train_accuracy"] >= accuracy]
        return int(reached["epoch"].iloc[0]) if len(reached) else None

    def confused(self, variant: str, count: int = 5) -> list[Row]:
        """The most confused pairs of classes, mean counts over the seeds."""
        table = read_table(self.folder(variant) / "confused_pairs.csv", ["pair", "first", "second"])
        return table.head(count).to_dict("records")

    def predictions(self, variant: str) -> Predictions:
        """What its networks said."""
        return load_predictions(self.root / predictions_path(self.params.variant(variant).study, variant))


def turned(table: pd.DataFrame, first: str, second: str) -> dict[str, Row]:
    """The rows of a comparison of two variants by figure, turned round where they stand there the other way."""
    rows = table.to_dict("records")
    found = {row["figure"]: row for row in rows if (row["first"], row["second"]) == (first, second)}
    others = [row for row in rows if (row["second"], row["first"]) == (first, second)]
    negated = {"difference": lambda r: -r["difference"], "low": lambda r: -r["high"], "high": lambda r: -r["low"]}
    return found | {row["figure"]: row | {key: how(row) for key, how in negated.items()} for row in others}


def report_rows(study: Study) -> list[Row]:
    """A row for each figure of the report: the report's, our mean over the seeds, the interval of single runs.

    Figures of variants that the study does not have are left out.
    """
    rows = []
    for row in read_table(HERE / "report.csv", ["study", "variant", "split", "figure"]).to_dict("records"):
        if study.has(row["variant"]):
            predictions = study.predictions(row["variant"])
            low, high = single_run_interval(predictions, row["split"], row["figure"], study.params.bootstrap.seed)
            scores = study.details(row["variant"])[row["split"]]
            label = row["figure"].removeprefix("recall ")
            ours = scores["accuracy"] if row["figure"] == "accuracy" else scores["per_class"][label]["recall"]
            inside = low <= row["value"] <= high
            rows.append(row | {"ours": ours, "low": low, "high": high, "inside": inside})
    return rows


def single_run_interval(predictions: Predictions, split: str, figure: str, seed: int) -> tuple[float, float]:
    """The 95 % interval of one run's ``accuracy`` or ``recall <class>``.

    Each draw takes one of the trained networks and draws the photos (or digits) anew, since a figure published from one
    run holds both chances.
    """
    labels, classes = predictions.labels[split], list(predictions.classes)
    bootstrap = GroupBootstrap(predictions.groups[split], labels, len(classes), seed)
    correct = (predictions.predicted(split) == labels).astype(np.float64)
    if figure == "accuracy":
        drawn = np.array([bootstrap.accuracy(one) for one in correct])
    else:
        column = classes.index(figure.removeprefix("recall "))
        drawn = np.array([bootstrap.recalls(one)[:, column] for one in correct])
    runs = np.random.default_rng(seed).integers(len(drawn), size=drawn.shape[1])
    return percentile_interval(drawn[runs, np.arange(drawn.shape[1])])


def mean_of_networks(predictions: Predictions) -> Predictions:
    """The networks of all seeds asked together, by the mean of their logits, as if of one seed."""
    logits = {part: each.mean(axis=0, keepdims=True) for part, each in predictions.logits.items()}
    return replace(predictions, seeds=predictions.seeds[:1], logits=logits)


def together_rows(study: Study) -> list[Row]:
    """Test figures of the variants in ``BEST``, a row an operating point: mean of the networks, and all together."""
    rows = []
    for name in filter(study.has, BEST):
        networks = study.predictions(name)
        points = {name: networks}
        if study.params.variant(name).balanced_logits:
            points[f"{name}, natural point"] = at_natural_point(networks)
        for title, each in points.items():
            row: Row = {"variant": title, "networks": len(each.seeds)}
            for which, one in (("single", each), ("together", mean_of_networks(each))):
                row[which] = means([score(logits, one.labels[TEST], one.classes) for logits in one.logits[TEST]])
            rows.append(row)
    return rows


def parting_rows(predictions: Predictions) -> list[dict[str, float]]:
    """How well class centres in the latent plane tell the test digits apart: ``epoch`` and ``accuracy`` of the nearest
    centre, for each epoch at which the features of the first seed were saved."""
    labels = predictions.labels["test"]
    return [
        {"epoch": int(moment.removeprefix("epoch ")), "accuracy": nearest_centre_accuracy(points, labels)}
        for moment, points in predictions.latent.items()
        if moment.startswith("epoch ")
    ]


def nearest_centre_accuracy(features: np.ndarray, labels: np.ndarray) -> float:
    """Share of samples, features (N, D), that lie nearest to the mean of their own class."""
    classes = np.unique(labels)
    centres = np.array([features[labels == label].mean(axis=0) for label in classes])
    distances = ((features[:, None, :] - centres) ** 2).sum(axis=2)
    return float(np.mean(classes[distances.argmin(axis=1)] == labels))


def largest_step(rows: list[dict[str, float]]) -> tuple[float, float]:
    """The two neighbouring epochs between which the accuracy rises most."""
    before, after = max(pairwise(rows), key=lambda pair: pair[1]["accuracy"] - pair[0]["accuracy"])
    return before["epoch"], after["epoch"]


def goals(study: Study) -> list[Row]:
    """What the variants were meant to reach, and what they reached."""
    rows = read_table(HERE / "goals.csv", ["what", "variant", "figure"]).to_dict("records")
    rows = [row for row in rows if study.has(row["variant"])]
    return [row | {"reached": flatten(study.details(row["variant"]))[row["figure"]]} for row in rows]


def leaks(study: Study) -> list[Row]:
    """Test accuracy of every variant with and without samples that leak, where some do."""
    rows = []
    for variant in study.params.variants:
        details = study.details(variant)
        if clean := details.get("test_without_leaks"):
            rows.append({"variant": variant, "all": details["test"]["accuracy"], "clean": clean["accuracy"]})
    return rows


def sampling_errors(recalls: dict[str, float], supports: dict[str, int]) -> Row:
    """The standard errors of the rarest class's recall and of balanced accuracy, the mean of the recalls.

    By the formula of a binomial proportion, ``sqrt(p (1 - p) / n)``. It takes samples for independent; faces that share
    a photo are not quite.
    """
    variances = {name: recall * (1 - recall) / supports[name] for name, recall in recalls.items()}
    rarest = min(recalls, key=supports.__getitem__)
    return {
        "rarest": rarest,
        "count": supports[rarest],
        "recall": math.sqrt(variances[rarest]),
        "balanced_accuracy": math.sqrt(sum(variances.values())) / len(variances),
    }
