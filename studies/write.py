"""Write docs/results.md, its pictures and the metrics beside it from a finished study.

Usage: python -m studies.write [FOLDER]
"""

import argparse
import os
import platform
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from stages import door
from stages.digits.dataset import load_digits
from stages.files import atomic_folder, write_text
from stages.history import read_table
from stages.results.ablation import UNCHANGED, read_changes
from stages.results.pictures import save_figure
from stages.results.scores import flatten
from studies.curve_picture import draw_curves
from studies.facts import Study, report_rows
from studies.folder import FOLDER
from studies.length_picture import draw_lengths, lengths
from studies.parting import largest_step, parting_rows
from studies.sampling_error import sampling_errors

HERE = Path(__file__).parent
PAGE, FILES = Path("docs/results.md"), Path("docs/results")
REPORT_TEST_FACES = 394  # rows of the course's test.csv
FACES_ABLATION = "ablation_cnn_best.csv"
# More classes than this make no readable table of recalls.
FEW = 5
PICTURES = {
    "dnn_comparison.png": "dnn/comparison.png",
    "cnn_comparison.png": "cnn/comparison.png",
    "dnn_latent_2_latent.png": "dnn/latent_2/latent.png",
    "dnn_random_init_confusion.png": "dnn/random_init/confusion.png",
    "cnn_best_confusion.png": "cnn/best/confusion.png",
    "cnn_best_precision_recall.png": "cnn/best/precision_recall.png",
    "cnn_best_reliability.png": "cnn/best/reliability.png",
}


def main(arguments: argparse.Namespace) -> None:
    """Write the files first, then the page that shows them."""
    study = Study(arguments.folder)
    write_files(study)
    page = Environment(
        loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).get_template("results.md.j2")
    write_text(PAGE, page.render(content(study)).rstrip() + "\n")
    print(f"written: {PAGE}, {FILES}/")


def write_files(study: Study) -> None:
    """Bring metrics, tables and pictures into docs/results: no photo, crop or digit among them."""
    with atomic_folder(FILES) as folder:
        for family in study.families:
            tables = study.root / "metrics" / family
            for source in [*tables.glob("*/metrics.json"), *tables.glob("*/probabilities.json"), *tables.glob("*.csv")]:
                copy(source, folder / "metrics" / source.relative_to(study.root / "metrics"))
            title = study.families[family]
            save_figure(draw_curves(read_table(tables / "curves.csv"), title), folder / f"{family}_curves.png")
        for name, source in PICTURES.items():
            if (study.root / "metrics" / source).exists():
                copy(study.root / "metrics" / source, folder / name)
        others = [study.root / "stage_seconds.csv", *(study.root / "docs/results").glob("ablation_*.csv")]
        for source in others:
            if source.exists():
                copy(source, folder / source.name)
        draw_training_lengths(folder)


def draw_training_lengths(folder: Path) -> None:
    """Draw what longer training of ``cnn.best`` brings, where its ablation in ``folder`` tells."""
    table = folder / FACES_ABLATION
    if table.exists():
        rows = lengths(read_table(table), read_changes(HERE / "ablation_cnn.yaml", "best"))
        figure = draw_lengths(rows, "cnn.best, cross-validation over the training photos")
        save_figure(figure, folder / "cnn_best_lengths.png")


def copy(source: Path, target: Path) -> None:
    """Copy a file, making the folder that it goes to."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def content(study: Study) -> dict[str, Any]:
    """Everything that the template takes."""
    parting = []
    if study.has("dnn", "latent_2"):
        labels = load_digits(study.root / "data/digits.npz").y_test
        parting = parting_rows(study.root / "models/dnn/latent_2.safetensors", labels)
    seconds = FILES / "stage_seconds.csv"
    return {
        "study": study,
        "report": report_rows(study),
        "reported_faces": REPORT_TEST_FACES,
        "counts": study.json("metrics/faces/counts.json"),
        "few_classes": lambda family: few_classes(study, family),
        "parting": parting,
        "largest_step": largest_step(parting) if len(parting) > 1 else None,
        "goals": goals(study),
        "doubt": doubt(study),
        "ablations": [ablation(path) for path in sorted(FILES.glob("ablation_*.csv"))],
        "leaks": leaks(study),
        "seconds": read_table(seconds) if seconds.exists() else None,
        "machine": f"{os.cpu_count()} processors ({platform.machine()}), no GPU",
    }


def ablation(path: Path) -> tuple[str, pd.DataFrame]:
    """Title and table of an ablation, with the figures that the study is about."""
    table = read_table(path)
    figures = (
        "accuracy",
        "accuracy_std",
        "balanced_accuracy",
        "recall none",
        "natural accuracy",
        "natural accuracy_std",
    )
    numbers = table[["seeds", *(name for name in figures if name in table)]]
    # Not every change leaves two operating points: there some cells are empty.
    numbers = numbers.apply(pd.to_numeric, errors="coerce")
    return path.stem.removeprefix("ablation_"), pd.concat([table["change"], numbers], axis=1)


def doubt(study: Study) -> dict[str, Any] | None:
    """The sampling errors of the faces' ablation, as its unchanged variant has them; None where there is none."""
    path = FILES / FACES_ABLATION
    if not path.exists():
        return None
    unchanged = read_table(path).set_index("change").loc[UNCHANGED]
    supports = {name: one["support"] for name, one in study.metrics("cnn", "best")["train"]["per_class"].items()}
    return sampling_errors({name: float(unchanged[f"recall {name}"]) for name in supports}, supports)


def few_classes(study: Study, family: str) -> list[str]:
    """The classes whose recalls fit into a table, or none."""
    classes = list(study.metrics(family, study.variants(family)[0])["test"]["per_class"])
    return classes if len(classes) <= FEW else []


def goals(study: Study) -> list[dict[str, Any]]:
    """What the variants were meant to reach, and what they reached."""
    rows = [
        row for row in read_table(HERE / "goals.csv").to_dict("records") if study.has(row["family"], row["variant"])
    ]
    return [row | {"reached": flatten(study.metrics(row["family"], row["variant"]))[row["figure"]]} for row in rows]


def leaks(study: Study) -> list[dict[str, Any]]:
    """Test accuracy of every variant with and without samples that leak, where some do."""
    rows = []
    for family in study.families:
        for variant in study.variants(family):
            metrics = study.metrics(family, variant)
            if clean := metrics.get("test_without_leaks"):
                row = {"variant": f"{family}.{variant}", "all": metrics["test"]["accuracy"], "clean": clean["accuracy"]}
                rows.append(row)
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="of the study (default: study)")
    door.run(main, parser)
