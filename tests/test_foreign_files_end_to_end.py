"""Files between the stages that are something else, a pickle say: one line at the door, and DVC restores them."""

import shutil

import pytest

from tests.bad_archives import archive, pickled
from tests.clones import Clone

pytestmark = pytest.mark.slow

WEIGHTS, PREDICTIONS = "models/dnn/plain.safetensors", "models/dnn/plain.predictions.npz"
OTHER_WEIGHTS, OTHER_PREDICTIONS = "models/dnn/latent_2.safetensors", "models/cnn/plain.predictions.npz"


@pytest.fixture
def clone(finished_once, tmp_path):
    clone = Clone(finished_once, tmp_path / "clone")
    clone.dvc("checkout")
    return clone


def test_a_foreign_file_is_one_line_at_the_door_and_repro_brings_the_right_one(clone, tmp_path):
    trace = tmp_path / "trace"
    before = clone.outputs()
    doors = {
        ("stages.evaluate", "dnn", "plain"): (WEIGHTS, pickled(trace)),
        ("stages.evaluate", "dnn", "plain", "other"): (WEIGHTS, before[OTHER_WEIGHTS]),
        ("stages.compare", "dnn", "other"): (PREDICTIONS, before[OTHER_PREDICTIONS]),
        ("stages.train_dnn", "plain"): ("data/digits.npz", archive(("x_train.npy", pickled(trace)))),
        ("stages.prepare_digits",): ("data/raw/digits/digits.npz", archive(("image.npy", pickled(trace)))),
    }
    for door, (file, content) in doors.items():
        module, *arguments = [word for word in door if word != "other"]
        clone.folder.joinpath(file).unlink()
        clone.folder.joinpath(file).write_bytes(content)
        status, said = clone.python(module, *arguments, check=False)
        assert status == 1 and said.count("\n") == 1 and said.startswith("error: "), said
        assert "run `dvc repro" in said and not trace.exists()
        clone.folder.joinpath(file).write_bytes(before[file])
    assert clone.outputs() == before
    for file in (WEIGHTS, "data/digits.npz"):
        clone.folder.joinpath(file).unlink()
        shutil.copy(clone.folder / OTHER_WEIGHTS, clone.folder / file)
    clone.dvc("repro")
    assert clone.outputs() == before
