"""What the process of a stage loads: the slow libraries that it uses, and no other."""

import pytest
from ruamel.yaml import YAML

from benchmarks.loads import heavy_ones
from benchmarks.start import STAGES, run_all
from tests.pipeline import PROJECT

USED = {
    "download_digits": {"sklearn", "scipy", "pandas"},  # the sample digits are scikit-learn's, which brings the others
    "prepare_digits": {"cv2"},
    "audit_digits": {"matplotlib", "pandas"},
    "train_dnn": {"pandas"},
    "evaluate_dnn": {"matplotlib", "pandas"},
    "compare_dnn": {"matplotlib", "pandas", "scipy"},
    "download_faces": {"cv2"},  # draws the sample photos
    "crop_faces": {"cv2", "sklearn", "scipy", "pandas"},  # the sample has no split: scikit-learn makes one
    "audit_faces": {"cv2", "imagehash", "matplotlib", "pandas", "scipy"},
    "train_cnn": {"torch", "pandas"},
    "evaluate_cnn": {"torch", "matplotlib", "pandas"},
    "compare_cnn": {"matplotlib", "pandas", "scipy"},
    "train_cnn_digits": {"torch", "pandas"},
    "evaluate_cnn_digits": {"torch", "matplotlib", "pandas"},
    "compare_cnn_digits": {"matplotlib", "pandas", "scipy"},
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What every stage had loaded as it ended, in a small project."""
    return run_all(tmp_path_factory.mktemp("loads") / "project", tmp_path_factory.mktemp("lists"), STAGES)


@pytest.mark.slow
def test_every_stage_loads_the_libraries_that_it_uses_and_no_other(loaded: dict[str, list[str]]) -> None:
    assert {stage: heavy_ones(modules) for stage, modules in loaded.items()} == USED


@pytest.mark.slow
def test_no_stage_of_the_numpy_network_loads_anything_of_torch(loaded: dict[str, list[str]]) -> None:
    for stage in ("train_dnn", "evaluate_dnn", "compare_dnn"):
        assert "stages.params" in loaded[stage]  # the list is no empty one
        assert not [name for name in loaded[stage] if name.startswith("torch")]


def test_a_library_counts_by_any_of_its_modules() -> None:
    assert heavy_ones(["os", "torchmetrics", "scipy.special", "stages.cnn.torch"]) == {"scipy"}


def test_no_stage_of_the_pipeline_is_left_out() -> None:
    stages = YAML(typ="safe", pure=True).load((PROJECT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    assert set(STAGES) == set(USED) == set(stages)
