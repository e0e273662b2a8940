"""A small workspace with results, made without training, for the tests of the report."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from stages.files import write_json
from stages.history import write_table
from stages.predictions import Predictions, predictions_path, save_predictions
from stages.results.confusion import confused_pairs
from stages.results.metrics import metrics_of
from tests.pipeline import PROJECT, cnn_variant

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
)
CLASSES = ["bad", "<b>good</b>", "</script>"]  # names from users' own data must do no harm
AUDIT = {
    "photos": {"train": 4, "test": 3},
    "duplicate_pairs": {
        "identical": {"train": 5, "test": 0, "across": 1},
        "near": {"train": 0, "test": 0, "across": 2},
    },
    "leak": {
        "train_photos": 2,
        "train_faces": {"all": 8, "of_<b>good</b>": 8},
        "test_photos": 1,
        "test_faces": {"all": 7, "of_<b>good</b>": 7},
    },
    "left_out": {"photos": 0, "faces": 0},
    "labels": {"faces_in_two_copies": 6, "conflicts": 4},
    "classes": {split: {"bad": {"faces": 5, "median_side": 24.5}} for split in ("train", "test")},
}
VARIANTS = {"plain": cnn_variant(epochs=3), "slow": cnn_variant(lr=1e-4, epochs=3)}


def make_workspace(folder: Path, judged: tuple[str, ...] = ("plain", "slow")) -> None:
    """Fill ``folder``, which is the current folder, as a run of the CNN variants ``judged`` would."""
    yaml = YAML()
    params = yaml.load((PROJECT / "params.yaml").read_text(encoding="utf-8"))
    params["cnn"]["variants"] = VARIANTS
    params["seeds"] = [0, 1]
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(params, file)
    stages = {
        f"train_cnn@{name}": {"params": {"params.yaml": {"seeds": [0, 1], f"cnn.variants.{name}": block}}}
        for name, block in VARIANTS.items()
    }
    with (folder / "dvc.lock").open("w", encoding="utf-8") as file:
        yaml.dump({"schema": "2.0", "stages": stages}, file)
    split = dict.fromkeys(CLASSES, 5)
    counts = {"faces": {"train": split, "test": split}, "total": {"train": {"photos": 4}, "test": {"photos": 3}}}
    counts |= {"skipped": {"no area": 2}, "repaired": {"turned": 1}, "clipped": 3}
    counts |= {"missing_photos": 0, "shared_photos": 0}
    write_json(folder / "metrics/faces/counts.json", counts)
    (folder / "metrics/faces/contact_sheet.png").write_bytes(PIXEL)
    write_json(folder / "metrics/faces/audit.json", AUDIT)
    (folder / "metrics/faces/duplicates.png").write_bytes(PIXEL)
    for i, name in enumerate(judged):
        _judge(folder, name, i)


def _judge(folder: Path, name: str, which: int) -> None:
    rng = np.random.default_rng(which)
    labels = np.arange(15) % 3
    # The second variant is right more often.
    right = (1 + which) * np.eye(3)[labels]
    logits = {split: (rng.normal(size=(2, 15, 3)) + right).astype(np.float32) for split in ("train", "test")}
    both = dict.fromkeys(logits, labels)
    groups = {split: labels.astype(str) for split in logits}
    predictions = Predictions(np.array(CLASSES), np.array([0, 1]), logits, both, groups)
    save_predictions(folder / predictions_path("cnn", name), predictions)
    results = folder / "metrics/cnn" / name
    write_json(results / "metrics.json", metrics_of(predictions, None, (), 0))
    write_table(results / "confused_pairs.csv", confused_pairs(predictions))
    curve = {f"{split}_{what}": [0.3, 0.2, 0.4] for split in ("train", "test") for what in ("accuracy", "loss")}
    spread = {f"{key}_std": [0.5, 0.1, 0.0] for key in curve}
    write_table(results / "history.csv", pd.DataFrame({"epoch": [1, 2, 3]} | curve | spread))
    (results / "misclassified.png").write_bytes(PIXEL)


def chromium() -> str | None:
    """The path of an installed Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)
