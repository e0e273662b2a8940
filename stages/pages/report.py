"""The report on the workspace: everything about every variant on one page."""

from pathlib import Path
from typing import Any

from stages.families import CURVES, DATA
from stages.history import read_table
from stages.pages.audit import audit_sections
from stages.pages.charts import MOST_CLASSES_IN_A_CHART, curve_chart, looks, recall_chart
from stages.pages.page import data_uri, write_page
from stages.pages.revisions import describe_workspace
from stages.pages.tables import Cell, Table, best_of, confusion_table, flatten, number, parameter_table
from stages.pages.workspace import Family, Variant, read_families, read_json_if_there
from stages.params import Params
from stages.results.confusion import mean_confusion
from stages.results.overview import curves

# Split, key in metrics.json, and whether high is good; training figures are no contest.
FIGURES = [
    ("test", "accuracy", True),
    ("test", "balanced_accuracy", True),
    ("test", "macro_f1", True),
    ("test", "error_rate", False),
    ("test", "loss", False),
    ("train", "accuracy", None),
    ("train", "loss", None),
]
MOST_PAIRS = 5
PICTURES = {
    "misclassified": "Test samples that the first seed's network got wrong",
    "latent": "Test samples by the features of the last hidden layer, each class a colour",
    "precision_recall": "Precision against recall of the rarest class on the test set, a line a seed",
    "reliability": "Accuracy against confidence on the test set, in bins of confidence",
}


def write_report(path: str | Path, params: Params) -> None:
    """Write the report on what lies in the workspace.

    Raises:
        InputError: nothing has run yet, or a file is damaged.
    """
    families = read_families(params)
    data = [_digits_section(family, params) for family in families if DATA[family.key] == "digits"][:1]
    if counts := read_json_if_there(Path("metrics/faces/counts.json")):
        data.append(_faces_section(counts, params))
    write_page(
        path,
        "report.html.j2",
        workspace=describe_workspace(),
        families=[_family_section(family) for family in families],
        data=data,
        audits=audit_sections(),
        seeds=params.seeds,
    )


def setting_table(caption: str, values: dict[str, Any]) -> Table:
    """Parameters of one block, a row each."""
    return Table(caption, "parameter", ["value"], [(key, [Cell(text)]) for key, text in flatten(values).items()])


def _digits_section(family: Family, params: Params) -> dict[str, Any]:
    """Digits per class, as the judges saw them."""
    per_class = {split: family.judged[0].metrics[split]["per_class"] for split in ("train", "test")}
    counts = {split: {name: int(one["support"]) for name, one in each.items()} for split, each in per_class.items()}
    return {
        "title": f"Digits (source: {params.digits.source})",
        "tables": [
            _count_table("Digits per class", counts),
            setting_table("Where the digits come from (digits)", params.digits.model_dump()),
        ],
        "sheet": None,
    }


def _faces_section(counts: dict[str, Any], params: Params) -> dict[str, Any]:
    """Faces per class, photos, skipped and repaired faces, and the contact sheet."""
    return {
        "title": f"Faces (source: {params.faces.source})",
        "tables": [
            _count_table("Faces per class", counts["faces"]),
            _problem_table(counts),
            setting_table("Where the faces come from (faces)", params.faces.model_dump()),
            setting_table("How they are cut out (crop)", params.crop.model_dump()),
        ],
        "sheet": data_uri("metrics/faces/contact_sheet.png") or "missing",
    }


def _count_table(caption: str, counts: dict[str, dict[str, int]]) -> Table:
    names = counts["train"]
    rows = [(name, [Cell(number(each[name])) for each in counts.values()]) for name in names]
    rows.append(("all", [Cell(number(sum(each.values()))) for each in counts.values()]))
    return Table(caption, "class", list(counts), rows)


def _problem_table(counts: dict[str, Any]) -> Table:
    names = {
        "clipped": "boxes clipped to their photo",
        "repeated": "boxes of another face of the same photo",
        "missing_photos": "photos that are missing",
        "shared_photos": "photos on both sides of the split",
    }
    rows = [(f"photos, {split}", [Cell(number(total["photos"]))]) for split, total in counts["total"].items()]
    rows.append(("faces skipped", [Cell(number(sum(counts["skipped"].values())))]))
    rows += [(f"skipped: {reason}", [Cell(number(count))]) for reason, count in counts["skipped"].items()]
    rows += [(f"repaired: {what.replace('_', ' ')}", [Cell(number(n))]) for what, n in counts["repaired"].items() if n]
    rows += [(name, [Cell(number(counts[key]))]) for key, name in names.items() if key in counts]
    return Table("Photos, skipped and repaired faces", "what", ["number"], rows)


def _family_section(family: Family) -> dict[str, Any]:
    """Everything that the template shows of one family."""
    variants = family.variants
    names = [variant.name for variant in variants]
    return {
        "key": family.key,
        "title": family.title,
        "looks": looks(names),
        "missing": [variant.name for variant in variants if not variant.metrics],
        "outdated": [variant.name for variant in family.judged if not variant.up_to_date],
        "unpulled": [v.name for v in family.judged if not v.predictions or not v.pictures["misclassified"]],
        "params": parameter_table(f"Parameters of {family.key}", {v.name: v.params for v in variants}),
        "metrics": metric_table(family),
        "recall": recall_table(family),
        "pairs": _verdict_table(family.key),
        "pairs_picture": data_uri(f"metrics/{family.key}/comparison.png"),
        "ends": _ends_table(family),
        "charts": _charts(family, names),
        "variants": [_variant_section(family.key, variant) for variant in family.judged],
    }


def metric_table(family: Family) -> Table:
    """A row a variant: mean ± standard deviation over the seeds, 95 % interval; the best test figures marked."""
    columns = []
    for split, key, highest in FIGURES:
        found = [variant.figure(split, key) for variant in family.judged]
        best = best_of([mean for mean, _ in found], highest) if highest is not None else set()
        intervals = [variant.interval(key) if split == "test" else None for variant in family.judged]
        columns.append([_cell(*figure, intervals[i], i in best) for i, figure in enumerate(found)])
    rows = [(variant.name, cells) for variant, *cells in zip(family.judged, *columns, strict=True)]
    heads = [f"{split} {key}".replace("_", " ") for split, key, _ in FIGURES]
    caption = f"Metrics of {family.key}: mean ± standard deviation over the seeds [95 % interval over the samples]"
    return Table(caption, "variant", heads, rows)


def _cell(mean: float | None, deviation: float | None, interval: tuple[float, float] | None, best: bool) -> Cell:
    small = [] if deviation is None else [f"± {number(deviation)}"]
    small += [f"[{interval[0]:.3f}, {interval[1]:.3f}]"] if interval else []
    return Cell(number(mean), "best" if best else "", small=" ".join(small))


def recall_table(family: Family) -> Table:
    """Test recall, a row a variant, a column a class, the best of each class marked."""
    columns, heads = [], []
    for name in family.classes:
        found = [variant.figure("test", "per_class", name, "recall") for variant in family.judged]
        best = best_of([mean for mean, _ in found], highest=True)
        intervals = [variant.interval("recall", name) for variant in family.judged]
        columns.append([_cell(*figure, intervals[i], i in best) for i, figure in enumerate(found)])
        support = family.judged[0].figure("test", "per_class", name, "support")[0]
        heads.append(f"{name} ({number(support)})")
    rows = [(variant.name, cells) for variant, *cells in zip(family.judged, *columns, strict=True)]
    return Table(f"Test recall of {family.key} per class (test samples in brackets)", "variant", heads, rows)


def _charts(family: Family, names: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Learning curves and recalls; what the pointer shows is also in the tables."""
    drawn = [variant.name for variant in family.variants if variant.has_curve]
    table = curves(family.key, drawn)
    columns = [f"{split}_{what}" for what in (CURVES[family.key], "loss") for split in ("test", "train")]
    drawings = [curve_chart(table, column, names, column.replace("_", " ")) for column in columns]
    charts = {"curves": drawings, "recall": []}
    if len(family.classes) <= MOST_CLASSES_IN_A_CHART:
        rows = [
            {"variant": variant.name, "class": name, "recall": variant.figure("test", "per_class", name, "recall")[0]}
            for variant in family.judged
            for name in family.classes
        ]
        charts["recall"].append(recall_chart(rows, names))
    return charts


def _verdict_table(family: str) -> Table | None:
    """Variants in pairs: by how much the test figures differ, and whether the data can tell; None before it is made."""
    path = Path(f"metrics/{family}/comparison.csv")
    if not path.exists():
        return None
    rows = []
    for pair in read_table(path).to_dict("records"):
        if pair["figure"] in ("accuracy", "balanced_accuracy"):
            low, high = float(pair["low"]), float(pair["high"])
            figures = [f"{float(pair['difference']):+.4f}", f"{low:+.4f} to {high:+.4f}"]
            texts = [pair["figure"].replace("_", " "), *figures, pair["verdict"]]
            rows.append((f"{pair['second']} less {pair['first']}", [Cell(text) for text in texts]))
    heads = ["test figure", "difference", "95 % interval", "verdict"]
    return Table(f"Pairs of variants of {family} on the same test samples", "pair", heads, rows)


def _ends_table(family: Family) -> Table:
    """The learning curves in numbers: where each one ends, and its best epoch."""
    what = CURVES[family.key]
    rows = []
    for variant in family.variants:
        if variant.has_curve:
            table = read_table(f"metrics/{family.key}/{variant.name}/history.csv")
            test = table[f"test_{what}"]
            best = test.idxmin() if what == "error" else test.idxmax()
            last = [number(float(table[f"{split}_{what}"].iloc[-1])) for split in ("train", "test")]
            texts = [number(len(table)), *last, number(float(test[best])), number(int(table["epoch"][best]))]
            rows.append((variant.name, [Cell(text) for text in texts]))
    heads = ["epochs", f"last train {what}", f"last test {what}", f"best test {what}", "at epoch"]
    return Table(f"The learning curves of {family.key} in numbers", "variant", heads, rows)


def _variant_section(family: str, variant: Variant) -> dict[str, Any]:
    """Confusion matrix, most confused pairs and pictures of one variant."""
    matrix = None
    if variant.predictions:
        seeds = len(variant.predictions.seeds)
        of = f"mean of {seeds} seeds" if seeds > 1 else "one seed"
        caption = f"Confusion of {family}.{variant.name} on the test set: counts ({of}) and percentage of the row"
        matrix = confusion_table(caption, mean_confusion(variant.predictions), variant.predictions.classes)
    summary = f"test accuracy {number(variant.figure('test', 'accuracy')[0])}"
    if natural := variant.metrics.get("natural"):
        summary += f", at the natural operating point {number(natural['test']['accuracy'])}"
    return {
        "name": variant.name,
        "summary": summary,
        "confusion": matrix,
        "pairs": _pairs_table(family, variant.name),
        "pictures": [{"uri": uri, "alt": PICTURES[key]} for key, uri in variant.pictures.items() if uri],
    }


def _pairs_table(family: str, name: str) -> Table:
    table = read_table(f"metrics/{family}/{name}/confused_pairs.csv").head(MOST_PAIRS)
    rows = []
    for pair in table.to_dict("records"):
        texts = [f"{pair[key]:.1f}" for key in ("count", "first_as_second", "second_as_first")]
        texts.insert(1, f"{pair['share']:.1%}")
        rows.append((f"{pair['first']} and {pair['second']}", [Cell(text) for text in texts]))
    heads = ["mixed up", "of their samples", "first taken for second", "second taken for first"]
    return Table(f"Most confused pairs of {family}.{name}, mean of the seeds", "classes", heads, rows)
