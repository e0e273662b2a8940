"""One's own photos under DVC reach runs in DVC's queue and temporary folders, which see what Git and DVC hold alone."""

import csv
import json

import pytest

from tests.helpers import Pipeline
from tests.masks.conftest import encoded, picture

pytestmark = pytest.mark.slow


def test_own_photos_under_dvc_are_cut_in_a_temporary_experiment(finished: Pipeline):
    folder = finished.folder / "data/mine/photos"
    (folder / "images").mkdir(parents=True)
    with (folder / "annotations.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["filename", "label", "xmin", "ymin", "xmax", "ymax"])
        for number in range(20):
            (folder / f"images/{number}.png").write_bytes(encoded(picture(seed=number)))
            table.writerow([f"{number}.png", "hat" if number % 2 else "bare", 5, 5, 35, 30])
    finished.dvc("add", "data/mine/photos")
    finished.change(faces__source="local", faces__path="data/mine/photos")
    finished.commit("my photos")
    finished.dvc("exp", "run", "--temp", "--name", "smaller", "-S", "crop.side=20", "crop_faces")
    shown = json.loads(finished.run("dvc", "exp", "show", "--json").stdout)
    (run,) = shown[1]["experiments"]
    counts = run["revs"][0]["data"]["metrics"]["metrics/masks/counts.json"]["data"]
    assert counts["faces"]["train"].keys() == {"bare", "hat"}
    assert sum(counts["total"][side]["faces"] for side in ("train", "test")) == 20
    finished.change(faces__path="nowhere")
    told = "error: params.yaml: faces.path: nowhere: no such file or folder\n"
    assert finished.python("tools.repro") == (1, told)
