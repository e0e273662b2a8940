"""End to end: the real ``dvc repro`` in a throw-away repository."""

import json
import re
from pathlib import Path

import pytest

from tests.clones import Clone
from tests.pipeline import Pipeline, cnn_variant, dnn_variant, tiny

pytestmark = pytest.mark.slow


def stages_run(output: str) -> set[str]:
    """Names of the stages that DVC ran."""
    return set(re.findall(r"Running stage '([^']+)'", output))


@pytest.fixture(scope="module")
def finished(finished_once: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A pipeline that has run once and is committed. Tests that change it put it back."""
    clone = Clone(finished_once, tmp_path_factory.mktemp("finished") / "clone")
    clone.dvc("checkout")
    return clone


def test_everything_is_produced(finished: Pipeline) -> None:
    outputs = finished.outputs()
    for family, variants in {
        "dnn": ("plain", "latent_2"), "cnn": ("plain", "rounds", "best"), "cnn_digits": ("residual",)
    }.items():  # fmt: skip
        for variant in variants:
            assert f"models/{family}/{variant}.safetensors" in outputs
            metrics = json.loads(outputs[f"metrics/{family}/{variant}/metrics.json"])
            for split in ("train", "test"):
                names = {"loss", "accuracy", "error_rate", "balanced_accuracy", "macro_f1", "per_class"}
                assert set(metrics[split]) == names
            assert ("natural" in metrics) == (variant == "best")
            for name in ("history.csv", "confusion.csv", "confusion.png", "misclassified.png", "confused_pairs.csv"):
                assert outputs[f"metrics/{family}/{variant}/{name}"], name
    assert outputs["metrics/dnn/latent_2/latent.png"]
    for variant in ("plain", "rounds", "best"):
        judged = json.loads(outputs[f"metrics/cnn/{variant}/probabilities.json"])
        assert ("calibrated" in judged) == (variant == "best")
        for name in ("precision_recall.csv", "precision_recall.png", "reliability.csv", "reliability.png"):
            assert outputs[f"metrics/cnn/{variant}/{name}"], name
    small, large = (
        [line.rpartition(b",")[0] for line in outputs[f"data/{folder}/index.csv"].splitlines()]
        for folder in ("faces", "faces_large")
    )
    assert small == large, "all but the hashes of the crops"
    assert outputs["data/digits.npz"]
    header = outputs["data/faces/index.csv"].decode().splitlines()[0]
    assert header.startswith("crop,split,label,photo")


def test_git_and_dvc_see_a_clean_tree(finished: Pipeline) -> None:
    assert finished.git("status", "--porcelain") == ""
    assert "up to date" in finished.dvc("status")


def test_a_second_run_does_nothing(finished: Pipeline) -> None:
    output = finished.dvc("repro")
    assert stages_run(output) == set()
    assert "up to date" in output


def test_a_changed_variant_reruns_alone_and_shows_in_the_diffs(finished: Pipeline) -> None:
    finished.change(cnn__variants__plain=cnn_variant(lr=0.002))
    ran = stages_run(finished.dvc("repro"))
    assert ran == {"train_cnn@plain", "evaluate_cnn@plain", "compare_cnn"}
    changed = json.loads(finished.run("dvc", "metrics", "diff", "--json").stdout)
    assert set(changed) == {f"metrics/cnn/plain/{name}.json" for name in ("metrics", "probabilities")}
    assert "cnn.variants.plain.lr" in finished.dvc("params", "diff")
    plots = json.loads(finished.run("dvc", "plots", "diff", "--json").stdout)
    assert "metrics/cnn/plain/history.csv" in json.dumps(plots)
    finished.git("checkout", "--quiet", ".")
    assert stages_run(finished.dvc("repro")) == set(), "the run cache brings the earlier outputs back"


def test_a_new_variant_is_a_new_block(finished: Pipeline) -> None:
    finished.change(dnn__variants__deeper=dnn_variant(hidden=[8, 8]))
    ran = stages_run(finished.dvc("repro"))
    assert ran == {"train_dnn@deeper", "evaluate_dnn@deeper", "compare_dnn"}
    assert "deeper" in (finished.folder / "metrics/dnn/overview.csv").read_text()
    finished.git("checkout", "--quiet", ".")
    finished.git("clean", "--quiet", "--force", "-d", "metrics")
    finished.dvc("repro")


def test_duplicates_that_are_dropped_are_trained_without_and_nothing_else_reruns(finished: Pipeline) -> None:
    before = json.loads((finished.folder / "metrics/dnn/plain/metrics.json").read_text())
    audit = json.loads((finished.folder / "metrics/digits/audit.json").read_text())
    leaking = audit["leak"]["train_digits"]
    assert leaking > 0, "scikit-learn's digits have a few that are very much alike"
    assert audit["left_out"] == {"digits": 0}
    finished.change(audit__digits__duplicates="drop", audit__faces__duplicates="drop")
    # The drawn photos have no duplicates: their audit runs, and no network of the faces.
    of_digits = {f"{stage}_dnn@{name}" for stage in ("train", "evaluate") for name in ("plain", "latent_2")}
    of_digits |= {"train_cnn_digits@residual", "evaluate_cnn_digits@residual", "compare_dnn", "compare_cnn_digits"}
    assert stages_run(finished.dvc("repro")) == {"audit_digits", "audit_faces"} | of_digits
    after = json.loads((finished.folder / "metrics/dnn/plain/metrics.json").read_text())
    supports = [sum(one["support"] for one in m["train"]["per_class"].values()) for m in (before, after)]
    assert supports[0] - supports[1] == leaking
    clean = sum(one["support"] for one in after["test_without_leaks"]["per_class"].values())
    tested = sum(one["support"] for one in after["test"]["per_class"].values())
    assert tested - clean == audit["leak"]["test_digits"]["all"]
    finished.change(audit__digits__duplicates="stop")
    refused = finished.run("dvc", "repro", check=False)
    assert refused.returncode != 0
    assert "error: training digit" in refused.stderr
    finished.git("checkout", "--quiet", ".")
    finished.dvc("repro")


def test_an_audit_that_reports_more_retrains_nothing(finished: Pipeline) -> None:
    finished.change(audit__digits__neighbours=3, audit__faces__max_distance=61)
    assert stages_run(finished.dvc("repro")) == {"audit_digits", "audit_faces"}
    finished.git("checkout", "--quiet", ".")
    finished.dvc("repro")


def test_crops_of_other_pixels_reach_the_networks_through_the_index_alone(finished: Pipeline) -> None:
    finished.change(crop__interpolation="nearest")
    finished.dvc("repro", "crop_faces")
    changed = json.loads(finished.run("dvc", "status", "--json").stdout)
    on_faces = {f"{stage}_cnn@{name}" for stage in ("train", "evaluate") for name in ("plain", "rounds", "best")}
    assert on_faces <= set(changed)
    assert not [name for name in changed if "digits" in name or "dnn" in name]
    finished.git("checkout", "--quiet", ".")
    finished.dvc("repro")


def test_another_side_of_the_crops_gives_what_a_run_from_nothing_gives_and_back(finished: Pipeline) -> None:
    def crops() -> dict[str, bytes]:
        return {name: content for name, content in finished.outputs().items() if name.startswith("data/faces")}

    before = crops()
    finished.change(crop__side=14)
    assert "crop_faces" in stages_run(finished.dvc("repro", "crop_faces")), "the run cache is full"
    changed = crops()
    finished.dvc("repro", "--force", "--single-item", "--no-run-cache", "crop_faces")
    assert crops() == changed != before
    finished.git("checkout", "--quiet", ".")
    finished.dvc("repro", "crop_faces")
    assert crops() == before


def test_plots_and_graph_can_be_shown(finished: Pipeline) -> None:
    plots = json.loads(finished.run("dvc", "plots", "show", "--json").stdout)
    assert not plots.get("errors"), plots.get("errors")
    assert {"dnn_train_error", "cnn_train_loss", "metrics/cnn/plain/confusion.csv"} <= set(plots["data"])
    assert "crop_faces" in finished.dvc("dag")
    assert "NumPy" in finished.run("dvc", "stage", "list").stdout


def test_clean_runs_give_the_same_bytes_whatever_the_workers(finished_once: Pipeline, tmp_path: Path) -> None:
    other = tiny(tmp_path)
    other.dvc("repro", WORKERS="1")
    ours, theirs = finished_once.outputs(), other.outputs()
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []


def test_it_runs_without_git(tmp_path: Path) -> None:
    pipeline = tiny(tmp_path, git=False)
    pipeline.dvc("repro", "compare_dnn")
    assert (tmp_path / "metrics/dnn/overview.csv").exists()


def test_a_wrong_parameter_is_one_line(tmp_path: Path) -> None:
    pipeline = tiny(tmp_path)
    pipeline.change(dnn__variants__plain=dnn_variant(lr=-1))
    done = pipeline.run("dvc", "repro", "train_dnn@plain", check=False)
    assert done.returncode != 0
    assert "params.yaml: dnn.variants.plain.lr: " in done.stderr
    assert "Traceback" not in done.stderr
