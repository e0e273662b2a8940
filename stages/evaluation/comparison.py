"""All variants of a study side by side: what differs, by how much, and whether the data can tell."""

from collections.abc import Collection
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from statsmodels.stats.multitest import multipletests

from stages.drawing.figures import save_figure
from stages.evaluation.intervals import GroupBootstrap, percentile_interval
from stages.evaluation.pictures import draw_comparison
from stages.evaluation.scores import score
from stages.runtime.errors import InputError
from stages.storage.curves import over_seeds
from stages.storage.dataset import TEST, TRAIN
from stages.storage.predictions import VALIDATION, Predictions
from stages.storage.tables import read_table, write_table

ALPHA = 0.05
COLUMNS = ("first", "second", "figure", "difference", "low", "high", "mcnemar_p")
# More points than a plot has pixels to show would only fill the page.
MOST_POINTS = 250


def write_comparison(
    folder: Path, predictions: dict[str, Predictions], balanced: Collection[str], seed: int
) -> pd.DataFrame:
    """Write overview, recalls, learning curves and differences of all variants, in alphabetical order.

    The learning curves are those in ``models/<study>``.

    Args:
        folder: ``metrics/<study>``.
        predictions: by variant.
        balanced: the variants whose logits take all classes for equally frequent.
        seed: of the bootstrap.

    Returns:
        The overview.

    Raises:
        InputError: the variants were evaluated on different test samples.
    """
    predictions = dict(sorted(predictions.items()))
    pairs = compare(predictions, seed)  # first: what does not fit together is refused before anything is written
    table = overview(predictions, balanced)
    write_table(folder / "overview.csv", table)
    write_table(folder / "recall.csv", recalls(predictions))
    write_table(folder / "curves.csv", curves(folder.name, list(predictions)))
    write_table(folder / "comparison.csv", pairs)
    save_figure(draw_comparison(pairs, folder.name), folder / "comparison.png")
    return table


def overview(predictions: dict[str, Predictions], balanced: Collection[str]) -> pd.DataFrame:
    """A row a variant: mean and standard deviation over the seeds of the main test figures, train and validation.

    The last column is the operating point, ``balanced`` for the variants named so: figures of different points
    are not to be compared (:func:`stages.evaluation.calibration.natural_logits`).
    """
    rows = []
    for name, one in predictions.items():
        tests = [score(logits, one.labels[TEST], one.classes) for logits in one.logits[TEST]]
        row = {"variant": name, "seeds": len(one.seeds)}
        row["train_accuracy"] = float(np.mean(one.predicted(TRAIN) == one.labels[TRAIN]))
        for figure in ("accuracy", "balanced_accuracy", "macro_f1"):
            values = [test[figure] for test in tests]
            row[f"test_{figure}"] = np.mean(values)
            if len(values) > 1:
                row[f"test_{figure}_std"] = np.std(values, ddof=1)
        held = score(one.logits[VALIDATION][0], one.labels[VALIDATION], one.classes)
        row["validation_balanced_accuracy"] = held["balanced_accuracy"]
        rows.append(row | {"operating_point": "balanced" if name in balanced else "natural"})
    return pd.DataFrame(rows)


def recalls(predictions: dict[str, Predictions]) -> pd.DataFrame:
    """Test recall of every class that has test samples for each variant, mean over the seeds."""
    rows = []
    for name, one in predictions.items():
        correct = (one.predicted(TEST) == one.labels[TEST]).mean(axis=0)
        for i, label in enumerate(one.classes):
            members = correct[one.labels[TEST] == i]
            if len(members):
                rows.append((name, label, members.mean(), len(members)))
    return pd.DataFrame(rows, columns=["variant", "class", "recall", "support"])


def curves(study: str, variants: list[str]) -> pd.DataFrame:
    """Learning curves of all variants in one table, means over the seeds, thinned to 250 epochs each.

    The first and the last epoch always stay. Every epoch is in ``metrics/<study>/<variant>/history.csv``.
    """
    tables = []
    for name in variants:
        table = over_seeds(read_table(f"models/{study}/{name}.history.csv"))
        kept = np.unique(np.linspace(0, len(table) - 1, min(len(table), MOST_POINTS)).round().astype(int))
        tables.append(table.iloc[kept].assign(variant=name))
    joined = pd.concat(tables, ignore_index=True)
    return joined[["variant", *(column for column in joined.columns if column != "variant")]]


def compare(predictions: dict[str, Predictions], seed: int) -> pd.DataFrame:
    """Return a row for each pair of variants and each figure; none where there is but one variant.

    Figures are accuracy, balanced accuracy and the recall of every class, means over the seeds. Columns: ``first``,
    ``second``, ``figure``, ``difference`` (second less first), ``low`` and ``high`` (95 %, paired bootstrap over whole
    groups), ``mcnemar_p`` (for accuracy and recalls; see :func:`mcnemar_p`), ``holm_p`` (Holm's correction, 1979, over
    all tests of the table) and ``verdict`` in words.

    Raises:
        InputError: the variants were not evaluated on the same test samples.
    """
    names = list(predictions)
    any_one = predictions[names[0]]
    for name in names[1:]:
        same = [(one.names, one.labels[TEST], one.classes) for one in (any_one, predictions[name])]
        if not all(np.array_equal(*pair) for pair in zip(*same, strict=True)):
            raise InputError(
                f"{names[0]} and {name} were evaluated on different test samples or classes; run `dvc repro`"
            )
    labels = any_one.labels[TEST]
    bootstrap = GroupBootstrap(any_one.groups[TEST], labels, len(any_one.classes), seed)
    correct = {name: one.predicted(TEST) == labels for name, one in predictions.items()}
    rows = [row for pair in combinations(names, 2) for row in _pair(pair, correct, labels, any_one.classes, bootstrap)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["holm_p"] = np.nan
    tests = table["mcnemar_p"].notna()
    if tests.any():
        table.loc[tests, "holm_p"] = multipletests(table.loc[tests, "mcnemar_p"], method="holm")[1]
    table["verdict"] = [_verdict(row) for row in table.itertuples()]
    return table


def _pair(
    pair: tuple[str, str],
    correct: dict[str, np.ndarray],
    labels: np.ndarray,
    classes: np.ndarray,
    bootstrap: GroupBootstrap,
) -> list[tuple]:
    first, second = (correct[name] for name in pair)
    gain = second.mean(axis=0) - first.mean(axis=0)
    there = [i for i in range(len(classes)) if np.any(labels == i)]
    gains, drawn = [gain[labels == i].mean() for i in there], bootstrap.recalls(gain)[:, there]
    everything = np.ones(len(labels), bool)
    figures = [("accuracy", gain.mean(), bootstrap.accuracy(gain), mcnemar_p(first[0], second[0], everything))]
    figures.append(("balanced_accuracy", np.mean(gains), np.nanmean(drawn, axis=1), np.nan))
    for at, i in enumerate(there):
        p = mcnemar_p(first[0], second[0], labels == i)
        figures.append((f"recall {classes[i]}", gains[at], drawn[:, at], p))
    return [(*pair, name, value, *percentile_interval(draws), p) for name, value, draws, p in figures]


def mcnemar_p(first: np.ndarray, second: np.ndarray, chosen: np.ndarray) -> float:
    """Return the exact two-sided p-value of McNemar's test (1947) on the samples that one network alone got right.

    The test is on single predictions, so on one network of each variant: that of the first seed.

    Args:
        first, second: whether each network got each sample right, bool (N,).
        chosen: the samples that count, bool (N,).
    """
    only_first = int(np.sum(first & ~second & chosen))
    only_second = int(np.sum(second & ~first & chosen))
    different = only_first + only_second
    return float(binomtest(only_first, different).pvalue) if different else 1.0


def _verdict(row) -> str:
    if row.low <= 0 <= row.high:
        return "these data cannot tell them apart"
    better = row.second if row.difference > 0 else row.first
    if np.isnan(row.holm_p):
        return f"{better} is better (interval)"
    if row.holm_p < ALPHA:
        return f"{better} is better (interval and corrected test)"
    return f"{better} looks better (interval), but not after Holm's correction"
