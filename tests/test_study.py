"""The study on the real data: its folder, its clock, its facts and its page, on tiny data."""

import argparse
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.history import read_table
from stages.params_edit import overlay_settings, set_values
from stages.predictions import Predictions
from studies import write
from studies.facts import Study
from studies.folder import make_folder, seen_from
from studies.length_picture import draw_lengths, lengths
from studies.parting import largest_step, nearest_centre_accuracy
from studies.sampling_error import sampling_errors
from studies.single_runs import single_run_interval
from studies.stage_seconds import StageClock, save_seconds
from tests.pipeline import PROJECT, Pipeline


def test_the_overlay_of_the_study_fits_the_parameters(tmp_path: Path) -> None:
    path = Path(shutil.copy(PROJECT / "params.yaml", tmp_path))
    changed = set_values(overlay_settings(PROJECT / "studies/real.yaml"), path)
    assert any(line.startswith("seeds:") for line in changed)


def test_the_folder_holds_the_project_without_the_samples_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT)
    folder = tmp_path / "study"
    make_folder(folder)
    assert (folder / "stages/params.py").read_bytes() == (PROJECT / "stages/params.py").read_bytes()
    assert not (folder / "dvc.lock").exists()
    assert not list((folder / "metrics").rglob("metrics.json"))
    (folder / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    make_folder(folder)
    assert (folder / "dvc.lock").read_text().startswith("schema"), "what an earlier run left stays"


def test_places_are_seen_from_the_folder() -> None:
    assert seen_from(Path("study"), "../data/x.npz") == "../../data/x.npz"
    assert seen_from(Path("study"), "http://localhost:8000/a") == "http://localhost:8000/a"
    assert seen_from(Path("study"), None) is None


def test_the_clock_reads_what_dvc_prints(tmp_path: Path) -> None:
    clock = StageClock()
    lines = [
        (0, "Stage 'a' didn't change, skipping\n"),
        (1, "Running stage 'b@x':\n"),
        (2, "> python -m stages.b x\n"),
        (4, "Updating lock file 'dvc.lock'\n"),
        (9, "Running stage 'c':\n"),
        (10.5, "Running stage 'd':\n"),
    ]
    for second, line in lines:
        clock.read(line, second)
    clock.stop(12)
    assert clock.seconds() == {"b@x": 3, "c": 1.5, "d": 1.5}
    save_seconds(tmp_path / "s.csv", {"b@x": 8.04, "z": 1})
    save_seconds(tmp_path / "s.csv", clock.seconds())
    assert dict(read_table(tmp_path / "s.csv").itertuples(index=False)) == {"b@x": 3, "c": 1.5, "d": 1.5, "z": 1}


def test_single_runs_scatter_by_seed_and_by_sample() -> None:
    labels = np.zeros(1000, int)
    right, half = np.ones(1000, bool), np.arange(1000) % 2 == 0
    logits = np.eye(2, dtype=np.float32)[[(~right).astype(int), (~half).astype(int)]]
    one = Predictions(
        np.array(["a", "b"]),
        np.arange(2),
        {"train": logits, "test": logits},
        {"train": labels, "test": labels},
        {"train": np.arange(1000).astype(str), "test": np.arange(1000).astype(str)},
    )
    low, high = single_run_interval(one, "test", "accuracy", 0)
    assert 0.45 < low < 0.5 and high == 1, "one seed is always right, the other half of the time"
    assert single_run_interval(one, "train", "recall a", 0) == (low, high)


def test_classes_part_where_their_centres_do() -> None:
    labels = np.repeat([0, 1, 2], 50)
    rng = np.random.default_rng(0)
    mixed = rng.normal(0, 1, (150, 2))
    parted = mixed + np.array([[0, 0], [50, 0], [0, 50]])[labels]
    assert nearest_centre_accuracy(parted, labels) == 1
    assert nearest_centre_accuracy(mixed, labels) < 0.6
    rows = [{"epoch": e, "accuracy": a} for e, a in ((1, 0.2), (5, 0.3), (9, 0.7), (20, 0.8))]
    assert largest_step(rows) == (5, 9)


@pytest.mark.slow
def test_the_page_is_written_from_the_metrics(
    finished_once: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT)
    for name in ("PAGE", "FILES"):
        monkeypatch.setattr(write, name, tmp_path / getattr(write, name).name)
    save_seconds(finished_once.folder / "stage_seconds.csv", {"train_cnn@plain": 120.0, "audit_faces": 6.0})
    study = Study(finished_once.folder)
    write.main(argparse.Namespace(folder=finished_once.folder))
    page = (tmp_path / "results.md").read_text()
    for family in study.families:
        for variant in study.variants(family):
            accuracy = study.metrics(family, variant)["test"]["accuracy"]
            assert f"| {variant} | " in page and f"| {accuracy:.4f}" in page
            kept = tmp_path / f"results/metrics/{family}/{variant}/metrics.json"
            assert kept.read_bytes() == (study.root / f"metrics/{family}/{variant}/metrics.json").read_bytes()
    assert not [path for path in tmp_path.rglob("*.png") if "misclassified" in path.name or "sheet" in path.name]
    assert "None" not in page
    assert "2.1 minutes" in page and "`train_cnn@plain` 2.0 min" in page
    (finished_once.folder / "stage_seconds.csv").unlink()


def test_a_pair_is_found_either_way_round(tmp_path: Path) -> None:
    shutil.copy(PROJECT / "params.yaml", tmp_path)
    table = pd.DataFrame(
        [("a", "b", "accuracy", 0.2, 0.1, 0.4, "b is better")],
        columns=["first", "second", "figure", "difference", "low", "high", "verdict"],
    )
    (tmp_path / "metrics/cnn").mkdir(parents=True)
    table.to_csv(tmp_path / "metrics/cnn/comparison.csv", index=False)
    study = Study(tmp_path)
    assert study.pair("cnn", "a", "b")["accuracy"]["low"] == 0.1
    turned = study.pair("cnn", "b", "a")["accuracy"]
    assert (turned["difference"], turned["low"], turned["high"]) == (-0.2, -0.4, -0.1)
    assert study.pair("cnn", "a", "c") == {}


def test_an_ablation_keeps_the_figures_of_the_study_and_its_gaps(tmp_path: Path) -> None:
    path = tmp_path / "ablation_cnn_best.csv"
    path.write_text("change,seeds,accuracy,loss,natural accuracy\nunchanged,2,0.9,1,0.95\nplain,2,0.8,2,\n")
    title, table = write.ablation(path)
    assert title == "cnn_best"
    assert list(table.columns) == ["change", "seeds", "accuracy", "natural accuracy"]
    assert table["natural accuracy"].isna().tolist() == [False, True]
    assert table["accuracy"].tolist() == [0.9, 0.8]


def test_longer_trainings_are_drawn_from_the_rows_that_change_nothing_else() -> None:
    changes = {
        "unchanged": {"images": 300, "calibrate": False},
        "longer": {"images": 900},
        "two": {"images": 600, "members": 2},
        "shorter": {"images": 100},
        "plain": {"loss": "cross_entropy"},
    }
    accuracies = {"unchanged": 0.8, "two": 0.83, "longer": 0.9, "plain": 0.7, "shorter": 0.5}
    table = pd.DataFrame(accuracies.items(), columns=["change", "balanced_accuracy"])
    rows = lengths(table, changes)
    assert rows["change"].tolist() == ["shorter", "unchanged", "longer"]
    (axes,) = draw_lengths(rows, "title").axes
    (line,) = axes.lines
    assert line.get_xdata().tolist() == [100, 300, 900] and line.get_ydata().tolist() == [0.5, 0.8, 0.9]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["100", "300", "900"]


def test_sampling_errors_by_hand() -> None:
    made = sampling_errors({"bad": 0.9, "good": 0.5, "none": 0.8}, {"bad": 90, "good": 100, "none": 16})
    assert (made["rarest"], made["count"]) == ("none", 16)
    assert made["recall"] == pytest.approx(0.1)
    assert made["balanced_accuracy"] == pytest.approx(np.sqrt(0.001 + 0.0025 + 0.01) / 3)
