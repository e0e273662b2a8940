"""Write docs/results.md, its pictures and the metrics beside it, and docs/every_face.md, from a finished study.

Usage: python -m studies.write [FOLDER]
"""

import argparse
import os
import platform
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.ticker import NullFormatter

from stages.config.params import read_mapping
from stages.config.variants import STUDIES
from stages.drawing.figures import look, plt, save_figure
from stages.runtime import command
from stages.storage.files import atomic_folder, write_text
from stages.storage.tables import read_table
from studies import every_face
from studies.facts import (
    HERE,
    Study,
    goals,
    largest_step,
    leaks,
    parting_rows,
    report_rows,
    sampling_errors,
    together_rows,
)
from tools.ablation import CHANGES, UNCHANGED
from tools.templates import render

PAGE, FILES, EVERY_FACE = Path("docs/results.md"), Path("docs/results"), Path("docs/every_face.md")
REPORT_TEST_FACES = 394  # rows of the course's test.csv
FACES_ABLATION = "ablation_balanced.csv"
FEW = 5  # classes whose recalls fit into a table
PICTURES = {
    "digits_comparison.png": "digits/comparison.png",
    "masks_comparison.png": "masks/comparison.png",
    "latent_2_latent.png": "digits/latent_2/latent.png",
    "random_init_confusion.png": "digits/random_init/confusion.png",
    "balanced_confusion.png": "masks/balanced/confusion.png",
    "balanced_precision_recall.png": "masks/balanced/precision_recall.png",
    "balanced_reliability.png": "masks/balanced/reliability.png",
}
ABLATED = (
    "accuracy", "accuracy_std", "balanced_accuracy", "recall none", "natural accuracy", "natural accuracy_std",
)  # fmt: skip


def main(arguments: argparse.Namespace) -> None:
    """Write the files first, then the page that shows them."""
    study = Study(arguments.folder)
    if study.params.cross_validation.variants:
        write_text(EVERY_FACE, render(HERE / "every_face.md.j2", **every_face.content(study)).rstrip() + "\n")
        print(f"written: {EVERY_FACE}")
    write_files(study)
    write_text(PAGE, render(HERE / "results.md.j2", **content(study)).rstrip() + "\n")
    print(f"written: {PAGE}, {FILES}/")


def write_files(study: Study) -> None:
    """Bring metrics, tables and pictures into docs/results: no photo, crop or digit among them."""
    with atomic_folder(FILES) as folder:
        for name in STUDIES:
            tables = study.root / "metrics" / name
            names = ("*/metrics.json", "*/details.json", "*/cross_validation.json", "*.csv")
            for source in [path for each in names for path in tables.glob(each)]:
                target = folder / "metrics" / source.relative_to(study.root / "metrics")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
            save_figure(
                draw_curves(read_table(tables / "curves.csv", ["variant"]), name), folder / f"{name}_curves.png"
            )
        others = {name: study.root / "metrics" / source for name, source in PICTURES.items()}
        others["stage_seconds.csv"] = study.root / "stage_seconds.csv"
        # What was run by itself in the study's folder: `make ablations`, `python -m studies.detection`.
        alone = (study.root / "docs/results").glob("*.csv")
        others |= {path.name: path for path in alone if path.name.startswith(("ablation_", "detection"))}
        for name, source in others.items():
            if source.exists():
                shutil.copyfile(source, folder / name)
        if (table := folder / FACES_ABLATION).exists():
            figure = draw_lengths(lengths(read_table(table, ["change"]), read_mapping(CHANGES)["balanced"]))
            save_figure(figure, folder / "balanced_lengths.png")


def draw_curves(table: pd.DataFrame, title: str) -> plt.Figure:
    """Draw the test error of every variant over the share of its training, with a band of one standard deviation."""
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for number, (name, rows) in enumerate(table.groupby("variant", sort=False)):
        share, error = rows["epoch"] / rows["epoch"].max(), 1 - rows["test_accuracy"]
        spread = rows.get("test_accuracy_std", 0.0 * error).fillna(0)
        axes.plot(share, error, linewidth=1.2, label=name, **look(number))
        band = ((error - spread).clip(lower=1e-4), error + spread)
        axes.fill_between(share, *band, color=look(number)["color"], alpha=0.15)
    axes.set(yscale="log", xlabel="share of the training", ylabel="test error rate", title=title)
    axes.yaxis.set_major_formatter("{x:g}")  # plain numbers: the project's pictures read no mathematics
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=8)
    return figure


def lengths(table: pd.DataFrame, changes: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """The rows of an ablation that differ in ``images`` alone, with that number, shortest training first."""
    images = {name: keys["images"] for name, keys in changes.items() if "images" in keys and len(keys) == 1}
    if "images" in changes.get(UNCHANGED, {}):
        images[UNCHANGED] = changes[UNCHANGED]["images"]
    rows = table[table["change"].isin(images)]
    return rows.assign(images=rows["change"].map(images)).sort_values("images")


def draw_lengths(rows: pd.DataFrame) -> plt.Figure:
    """Draw what longer training of ``balanced`` brings."""
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    figures = {
        "balanced_accuracy": "balanced point",
        "recall none": "balanced point",
        "natural accuracy": "natural point",
    }
    for number, (name, point) in enumerate(figures.items()):
        if name in rows:
            label = f"{name.replace('_', ' ').removeprefix('natural ')}, {point}"
            axes.plot(rows["images"], rows[name], marker="o", linewidth=1.2, label=label, **look(number))
    axes.set(
        xscale="log", xlabel="pictures drawn in training", title="balanced, cross-validation over the training photos"
    )
    axes.set_xticks(rows["images"], [f"{count:,}" for count in rows["images"]])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="lower right")
    return figure


def content(study: Study) -> dict[str, Any]:
    """Everything that the template takes."""
    parting = parting_rows(study.predictions("latent_2")) if study.has("latent_2") else []
    seconds = FILES / "stage_seconds.csv"
    return {
        "study": study,
        "studies": STUDIES,
        "report": report_rows(study),
        "reported_faces": REPORT_TEST_FACES,
        "counts": study.json("metrics/masks/counts.json"),
        "few_classes": lambda name: few_classes(study, name),
        "parting": parting,
        "largest_step": largest_step(parting) if len(parting) > 1 else None,
        "goals": goals(study),
        "together": together_rows(study),
        "doubt": doubt(study),
        "ablations": [ablation(path) for path in sorted(FILES.glob("ablation_*.csv"))],
        "leaks": leaks(study),
        "seconds": read_table(seconds, ["stage"]) if seconds.exists() else None,
        "machine": f"{os.cpu_count()} processors ({platform.machine()}), no GPU",
    }


def few_classes(study: Study, name: str) -> list[str]:
    """The classes of a study whose recalls fit into a table, or none."""
    classes = list(study.details(study.variants(name)[0])["test"]["per_class"])
    return classes if len(classes) <= FEW else []


def ablation(path: Path) -> tuple[str, pd.DataFrame]:
    """Title and table of an ablation, with the figures that the study is about."""
    table = read_table(path, ["change"])
    return path.stem.removeprefix("ablation_"), table[["change", "seeds", *(name for name in ABLATED if name in table)]]


def doubt(study: Study) -> dict[str, Any] | None:
    """The sampling errors of the faces' ablation, as its unchanged variant has them; None where there is none."""
    path = FILES / FACES_ABLATION
    if not path.exists():
        return None
    unchanged = read_table(path, ["change"]).set_index("change").loc[UNCHANGED]
    supports = {name: one["support"] for name, one in study.details("balanced")["train"]["per_class"].items()}
    return sampling_errors({name: float(unchanged[f"recall {name}"]) for name in supports}, supports)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("study"), help="of the study (default: study)")
    command.run(main, parser)
