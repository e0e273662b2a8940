"""The report on the workspace: which variant is best and whether the data can tell, then everything behind it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from stages.config.params import Params
from stages.runtime.errors import InputError, listed
from stages.storage.dataset import TEST, TRAIN
from stages.storage.files import read_json
from stages.storage.predictions import VALIDATION
from stages.storage.tables import read_table
from tools.dvc import git
from tools.pages.charts import curve_chart, figure_chart, looks
from tools.pages.page import data_uri, write_page
from tools.pages.tables import Cell, Table, confusion_table, parameter_table, setting_table, value_text
from tools.results import Result, StudyResults, read_results

# By which figure the variants of a study are ranked: classes of masks are far from equally frequent.
MAIN = {"digits": "accuracy", "masks": "balanced_accuracy"}
FIGURES = ("accuracy", "balanced_accuracy", "macro_f1", "error_rate", "loss")
CURVES = {
    "test_accuracy": "test accuracy",
    "train_accuracy": "training accuracy",
    "test_loss": "test loss",
    "train_loss": "training loss",
}
MOST_PAIRS = 5
PICTURES = {
    "misclassified": "Test samples that the first seed's network got wrong",
    "latent": "Test samples by the features of the last hidden layer, each class a colour",
    "precision_recall": "Precision against recall of the rarest class on the test set, a line a seed",
    "reliability": "Accuracy against confidence on the test set, in bins of confidence",
}
AUDIT_PICTURES = {"audit": "What the audit found", "duplicates": "Pairs of duplicates, the nearest first"}


def write_report(path: str | Path, params: Params) -> None:
    """Write the report on what lies in the workspace.

    Raises:
        InputError: nothing has run yet, or a file is damaged.
    """
    studies = read_results(params)
    if not any(study.results for study in studies):
        raise InputError("nothing has been evaluated yet; run `make repro`")
    sections = [_study_section(study, params) for study in studies]
    write_page(path, "report.html.j2", workspace=describe_workspace(), studies=sections, seeds=params.seeds)


def describe_workspace() -> str:
    """The commit of the workspace and whether files differ from it; empty outside a Git repository."""
    commit = git("rev-parse", "--short", "HEAD")
    if not commit:
        return ""
    return f"Commit {commit}, with{'' if git('status', '--porcelain') else 'out'} uncommitted changes. "


def _study_section(study: StudyResults, params: Params) -> dict[str, Any]:
    """Everything that the template shows of one study."""
    folder, names = Path("metrics") / study.study, [one.name for one in study.results]
    section = {
        "key": study.study,
        "title": study.study.capitalize(),
        "notices": _notices(study),
        "results": names,
    }
    if not names:
        return section
    source = study.results[0].details["data"]
    pairs = _pairs(folder, names)
    main = MAIN[study.study]
    return section | {
        "source": f"{source['source']} data, {source['test_samples']:,} test samples",
        "answer": figure_chart(figure_rows(study, main), f"test {main.replace('_', ' ')}"),
        "verdict": verdict(study.best, main, pairs),
        "looks": looks(names),
        "curves": _curve_charts(folder, names),
        "metrics": metric_table(study),
        "recall": recall_table(study),
        "pairs": _pair_table(study.study, pairs),
        "pairs_picture": data_uri(folder / "comparison.png"),
        "variants": [_variant_section(one, study) for one in sorted(study.results, key=lambda x: x.name != study.best)],
        "params": parameter_table(
            f"Parameters of {study.study}",
            {name: one.model_dump(exclude_unset=True) for name, one in params.variants_of(study.study).items()},
        ),
        "data": _data_tables(study, params),
        "sheet": data_uri(folder / "contact_sheet.png"),
        "audit": [(text, uri) for name, text in AUDIT_PICTURES.items() if (uri := data_uri(folder / f"{name}.png"))],
    }


def _notices(study: StudyResults) -> list[str]:
    """Which variants are not shown, or not to be trusted, and why: a sentence a reason."""
    reasons = study.others | {
        one.name: "out of date, since code, data or parameters have changed" for one in study.results if one.outdated
    }
    names: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        names.setdefault(reason, []).append(name)
    return [f"{listed(each)}: {reason}." for reason, each in names.items()]


def figure_rows(study: StudyResults, main: str) -> pd.DataFrame:
    """A row a variant and operating point: the main test figure and its interval; the best of them marked."""
    rows = []
    for one in study.results:
        balanced = one.details["operating_point"] == "balanced"
        points = [(one.name + (", balanced point" if balanced else ""), one.details, one.name == study.best)]
        if "natural" in one.details:
            points.append((f"{one.name}, natural point", one.details["natural"], False))
        for name, figures, best in points:
            name += " (out of date)" if one.outdated else ""
            ends = figures["interval"].get(main, {})
            rows.append({"variant": name, "value": figures[TEST][main], "best": best} | ends)
    return pd.DataFrame(rows)


def verdict(best: str | None, main: str, pairs: pd.DataFrame | None) -> str:
    """Which variant validation chose, and from which others the test samples can tell it, in one sentence or two."""
    if best is None:
        return "No variant is up to date: run `make repro`."
    words = f"★ {best} has the best balanced accuracy on the validation samples, which chose it. "
    if pairs is None:
        return words
    rows = pairs[pairs["figure"] == main]
    told = rows[(rows["low"] > 0) | (rows["high"] < 0)]
    words += f"In {main.replace('_', ' ')} the test samples tell {len(told)} of {len(rows)} pairs apart"
    groups: dict[str, list[str]] = {"better than": [], "worse than": [], "not to be told from": []}
    for row in rows.itertuples():
        if best in (row.first, row.second):
            sign = 1 if best == row.second else -1
            low, high = sorted((sign * row.low, sign * row.high))
            which = "better than" if low > 0 else "worse than" if high < 0 else "not to be told from"
            groups[which].append(row.second if best == row.first else row.first)
    found = [f"{which} {listed(names)}" for which, names in groups.items() if names]
    return words + (f": {best} is {'; '.join(found)}." if found else ".")


def _pairs(folder: Path, names: Iterable[str]) -> pd.DataFrame | None:
    """Differences between those variants that are shown; None before they were computed."""
    path = folder / "comparison.csv"
    if not path.exists():
        return None
    table = read_table(path, ["first", "second", "figure", "verdict"])
    return table[table["first"].isin(names) & table["second"].isin(names)]


def _pair_table(study: str, pairs: pd.DataFrame | None) -> Table | None:
    if pairs is None or pairs.empty:
        return None
    rows = [
        (
            f"{row.second} less {row.first}",
            [
                Cell(row.figure.replace("_", " ")),
                Cell(f"{row.difference:+.4f}", small=f"[{row.low:+.3f}, {row.high:+.3f}]"),
                Cell(value_text(None if pd.isna(row.holm_p) else float(row.holm_p))),
                Cell(row.verdict),
            ],
        )
        for row in pairs.itertuples()
        if row.figure in ("accuracy", "balanced_accuracy")
    ]
    heads = ["test figure", "difference [95 %]", "p after Holm", "verdict"]
    return Table(f"Pairs of variants of {study} on the same test samples", "pair", heads, rows)


def _curve_charts(folder: Path, names: list[str]) -> list[dict[str, Any]]:
    path = folder / "curves.csv"
    if not path.exists():
        return []
    table = read_table(path, ["variant"])
    table = table[table["variant"].isin(names)]
    return [curve_chart(table, column, names, title) for column, title in CURVES.items()]


def metric_table(study: StudyResults) -> Table:
    """A row a variant: mean ± standard deviation over the seeds, 95 % interval."""
    heads = [f"test {name.replace('_', ' ')}" for name in FIGURES] + ["train accuracy", "validation, balanced"]
    rows = []
    for one in study.results:
        cells = [_cell(*one.figure(TEST, name), one.details["interval"].get(name)) for name in FIGURES]
        cells += [_cell(*one.figure(TRAIN, "accuracy")), _cell(*one.figure(VALIDATION, "balanced_accuracy"))]
        if one.name == study.best:
            cells[-1] = Cell(cells[-1].text, "best")
        rows.append((one.name, cells))
    caption = f"Figures of {study.study}: mean ± deviation over the seeds [95 % interval]; one network for validation"
    return Table(caption, "variant", heads, rows)


def _cell(mean: float | None, deviation: float | None, interval: dict[str, float] | None = None) -> Cell:
    small = [] if deviation is None else [f"± {deviation:.4f}"]
    small += [f"[{interval['low']:.3f}, {interval['high']:.3f}]"] if interval else []
    return Cell(value_text(None) if mean is None else f"{mean:.4f}", small=" ".join(small))


def recall_table(study: StudyResults) -> Table:
    """Test recall, a row a variant, a column a class, shaded."""
    rows = []
    for one in study.results:
        cells = []
        for label in study.classes:
            cell = _cell(*one.recall(label), one.details["interval"]["recall"].get(label))
            cells.append(Cell(cell.text, share=one.recall(label)[0], small=cell.small))
        rows.append((one.name, cells))
    support = study.results[0].details[TEST]["per_class"]
    heads = [f"{label} ({support[label]['support']:.0f})" for label in study.classes]
    return Table(f"Test recall of {study.study} per class (test samples in brackets)", "variant", heads, rows)


def _variant_section(one: Result, study: StudyResults) -> dict[str, Any]:
    """Confusion matrix, most confused pairs and pictures of one variant."""
    rows = read_table(one.folder / "confusion.csv", ["actual", "predicted"])
    classes = list(one.details[TRAIN]["per_class"])
    table = read_table(one.folder / "confused_pairs.csv", ["pair", "first", "second"])[:MOST_PAIRS]
    worst = [(row.pair, [Cell(value_text(float(row.count))), Cell(f"{row.share:.1%}")]) for row in table.itertuples()]
    pictures = [(data_uri(one.folder / f"{name}.png"), text) for name, text in PICTURES.items()]
    return {
        "name": one.name,
        "best": one.name == study.best,
        "summary": f"test accuracy {one.figure(TEST, 'accuracy')[0]:.4f}",
        "confusion": confusion_table(f"Confusion of {one.name} on the test set, first seed", rows, classes),
        "pairs": Table(f"Pairs that {one.name} confuses most", "pair", ["samples", "share of the two"], worst),
        "pictures": pictures,
    }


def _data_tables(study: StudyResults, params: Params) -> list[Table]:
    """Counts of the data, what the audit found in them, and the parameters that made them."""
    tables = []
    details = study.results[0].details
    supports = [{label: one["support"] for label, one in details[part]["per_class"].items()} for part in (TRAIN, TEST)]
    counts = [(label, [Cell(f"{each.get(label, 0):,.0f}") for each in supports]) for label in supports[0]]
    tables.append(Table(f"Samples of {study.study}", "class", ["train", "test"], counts))
    folder = Path("metrics") / study.study
    for name, caption in (("counts", "Photos, skipped and repaired faces"), ("audit", "Audit")):
        if (folder / f"{name}.json").exists():
            found = read_json(folder / f"{name}.json")
            found = {key: value for key, value in found.items() if key not in ("faces", "classes")}
            tables.append(setting_table(caption, "what", found))
    settings = {"digits": [("digits", params.digits)], "masks": [("faces", params.faces), ("crop", params.crop)]}
    tables += [setting_table(f"Parameters: {key}", "parameter", one.model_dump()) for key, one in settings[study.study]]
    return tables
