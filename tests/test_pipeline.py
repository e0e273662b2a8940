"""The whole pipeline under DVC, in a throw-away Git repository on tiny data."""

import json
from pathlib import Path

import pytest

from tests.helpers import TINY_VARIANTS, Pipeline, plain_variant, tiny_pipeline

pytestmark = pytest.mark.slow

TRAINED = ("safetensors", "history.csv", "predictions.npz")
EVALUATED = ("metrics.json", "details.json", "history.csv", "seeds.csv", "confusion.csv", "confused_pairs.csv")
EVALUATED += ("precision_recall.csv", "reliability.csv", "confusion.png", "misclassified.png", "latent.png")
EVALUATED += ("precision_recall.png", "reliability.png")
COMPARED = ("overview.csv", "recall.csv", "curves.csv", "comparison.csv", "comparison.png", "audit.json", "audit.png")


def test_every_variant_of_both_studies_has_the_same_files(finished_once: Pipeline):
    outputs = finished_once.outputs()
    for name, variant in TINY_VARIANTS.items():
        for ending in TRAINED:
            assert outputs[f"models/{variant['study']}/{name}.{ending}"]
        for file in EVALUATED:
            assert outputs[f"metrics/{variant['study']}/{name}/{file}"]
    for study in ("digits", "masks"):
        assert outputs[f"models/export/{study}.onnx"] and outputs[f"models/export/{study}.md"].startswith(b"---")
        for file in COMPARED:
            assert outputs[f"metrics/{study}/{file}"]


def test_git_and_dvc_see_a_clean_tree_and_a_second_run_does_nothing(finished: Pipeline):
    assert finished.git("status", "--porcelain") == ""
    assert finished.repro() == set()
    assert finished.git("status", "--porcelain") == ""


def test_a_changed_variant_reruns_alone_and_shows_in_a_few_lines_of_the_diffs(finished: Pipeline):
    finished.change(variants__plain__lr=0.02)
    assert finished.repro() == {"train@plain", "evaluate@plain", "compare@masks", "compare@digits"}
    changed = json.loads(finished.run("dvc", "metrics", "diff", "--json").stdout)
    assert set(changed) == {"metrics/masks/plain/metrics.json"}
    assert len(finished.run("dvc", "metrics", "diff").stdout.splitlines()) <= 12
    assert "variants.plain.lr" in finished.dvc("params", "diff")
    plots = json.loads(finished.run("dvc", "plots", "diff", "--json").stdout)
    assert "metrics/masks/plain/history.csv" in plots["data"] and not plots.get("errors")
    finished.git("checkout", "--quiet", ".")
    assert finished.repro() == set(), "the run cache brings the earlier outputs back"


def test_a_new_variant_is_a_new_block_and_one_that_is_gone_leaves_the_tables(finished: Pipeline):
    finished.change(variants__wider=plain_variant(channels=6))
    targets = "evaluate@wider", "compare@masks"
    assert finished.repro(*targets) == {"train@wider", *targets}
    assert "wider" in (finished.folder / "metrics/masks/overview.csv").read_text(encoding="utf-8")
    finished.git("checkout", "--quiet", "params.yaml")
    finished.dvc("repro", "--no-run-cache", "compare@masks")
    assert "wider" not in (finished.folder / "metrics/masks/comparison.csv").read_text(encoding="utf-8")


def test_an_experiment_changes_one_line_of_the_parameters_and_is_kept_by_dvc(finished: Pipeline):
    finished.dvc("exp", "run", "--name", "slower", "-S", "variants.simple.lr=0.05", "evaluate@simple")
    assert "slower" in finished.run("dvc", "exp", "show", "--csv").stdout
    assert finished.git("diff", "--numstat", "params.yaml").split()[:2] == ["1", "1"], "nothing else is rewritten"


def test_another_side_of_the_crops_gives_what_a_run_from_nothing_gives_and_back(finished: Pipeline):
    before = finished.outputs("data/masks")
    finished.change(crop__side=14)
    assert "crop_faces" in finished.repro("crop_faces"), "the run cache is full"
    changed = finished.outputs("data/masks")
    finished.dvc("repro", "--force", "--single-item", "--no-run-cache", "crop_faces")
    assert finished.outputs("data/masks") == changed != before
    finished.git("checkout", "--quiet", ".")
    finished.repro("crop_faces")
    assert finished.outputs("data/masks") == before


def test_a_clean_run_with_one_worker_gives_the_same_bytes(finished_once: Pipeline, tmp_path: Path):
    again = tiny_pipeline(tmp_path)
    again.dvc("repro", "evaluate@latent_2", "train@balanced", WORKERS="1")
    outputs = again.outputs()
    everything = finished_once.outputs()
    assert {name: everything[name] for name in outputs} == outputs
    assert "models/masks/balanced.safetensors" in outputs and "metrics/digits/latent_2/latent.png" in outputs


def test_a_wrong_parameter_is_one_line_and_leaves_everything_as_it_was(finished: Pipeline):
    before = finished.outputs()
    finished.change(variants__plain__kernal=3)
    status, said = finished.python("tools.repro")
    assert status == 1
    assert said == "error: params.yaml: variants.plain.kernal: unknown parameter; did you mean kernel?\n"
    assert finished.outputs() == before
