"""The check of reproduction finds a stage with chance in it."""

import pytest

from tests.helpers import Pipeline
from tools.reproduce_check import hashes_under, outputs_of

pytestmark = pytest.mark.slow


def test_outputs_and_hashes_cover_files_in_folders(finished_once: Pipeline):
    outputs = outputs_of(finished_once.folder / "dvc.lock")
    assert outputs["data/masks"].endswith(".dir") and "metrics/masks/plain/metrics.json" in outputs
    found = hashes_under(finished_once.folder, ["data/digits", "dvc.lock"])
    assert "data/digits/dataset.json" in found and "dvc.lock" in found


def test_a_run_without_chance_is_reproduced_and_one_with_chance_is_found(finished: Pipeline):
    status, said = finished.python("tools.reproduce_check", "download_digits")
    assert status == 0 and "same, byte for byte" in said
    stage = finished.folder / "stages/download.py"
    text = stage.read_text(encoding="utf-8")
    chance = "\n    import os\n    Path('data/raw/digits/chance').write_bytes(os.urandom(8))\n\n\nif __name__"
    stage.write_text(text.replace("\n\n\nif __name__", chance), encoding="utf-8")
    status, said = finished.python("tools.reproduce_check", "download_digits")
    assert status == 1 and "data/raw/digits/chance" in said
