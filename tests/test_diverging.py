"""Learning rates that explode, in every network and with every optimizer: one line, and no output."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from ruamel.yaml import YAML

from stages.cnn.data import Faces, load_digit_images
from stages.cnn.device import choose_device
from stages.digits.dataset import Digits, save_digits
from stages.dnn.train import train as train_dnn
from stages.errors import InputError
from stages.leaks import write_names
from stages.params_cnn import CnnVariant
from stages.params_dnn import DnnVariant
from stages.params_residual import ResidualVariant
from stages.predictions import Predictions, refuse_lost
from stages.train_cnn import train_seed
from stages.training import guard_divergence
from stages.weights import load_weights, save_weights
from tests.fuzzing import attempt
from tests.pipeline import PROJECT, cnn_variant, dnn_variant, residual_variant
from tests.test_params import base

RATES = [1e6, 1e10, 1e20, 1e30]
RNG = np.random.default_rng(0)
DIGITS = Digits(
    *(
        array
        for count in (40, 20)
        for array in (RNG.integers(0, 256, (count, 28, 28), np.uint8), np.arange(count, dtype=np.uint8) % 10)
    )
)
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _one_thread():
    choose_device("cpu")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> tuple[Faces, Faces]:
    """The digits as pictures; three channels make them faces."""
    path = tmp_path_factory.mktemp("diverging") / "digits.npz"
    save_digits(DIGITS, path)
    return load_digit_images(path)


def coloured(faces: Faces) -> Faces:
    return replace(faces, images=faces.images.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last))


def diverges(task, lr: float) -> str:
    with pytest.raises(InputError, match=r"lr: training diverged in epoch [1-9] \(seed 3\); lower it from ") as caught:
        task()
    assert f"lower it from {lr}" in str(caught.value)
    return str(caught.value)


OF_DNN = {
    "sgd": {},
    "momentum": {"momentum": 0.9},
    "adam": {"optimizer": "adam"},
    "decay": {"optimizer": "adam", "weight_decay": 0.5},
    "cosine": {"cosine": {"warm_up": 1}},
    "dropout": {"dropout": 0.5, "label_smoothing": 0.1},
    "no-hidden": {"hidden": []},
    "zero": {"init": "zero"},
}


@pytest.mark.parametrize("lr", RATES)
@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("changes", OF_DNN.values(), ids=OF_DNN)
def test_the_numpy_network_tells_its_epoch_and_variant(lr, activation, changes):
    variant = DnnVariant.model_validate(dnn_variant(activation=activation, lr=lr, batch_size=8, epochs=8) | changes)
    said = diverges(lambda: guard_divergence("dnn", "boom", lambda: train_dnn(DIGITS, variant, 3)), lr)
    assert said.startswith("dnn.variants.boom.lr: ")


OF_CNN = {
    "adam": {"optimizer": "adam"},
    "sgd": {"optimizer": "sgd"},
    "step": {"step": {"every": 2, "factor": 0.5}},
    "rounds": {"resample_rounds": 2},
    "weighted": {"class_weights": {str(i): 1e-6 if i else 1e6 for i in range(10)}},
}


@pytest.mark.parametrize("lr", RATES)
@pytest.mark.parametrize("changes", OF_CNN.values(), ids=OF_CNN)
def test_the_reports_network_tells_its_epoch_and_variant(pictures, lr, changes):
    variant = CnnVariant.model_validate(cnn_variant(lr=lr, batch_size=8, epochs=8) | changes)
    both = tuple(map(coloured, pictures))
    assert diverges(lambda: train_seed(both, "cnn.boom", variant, 3, CPU), lr).startswith("cnn.variants.boom.lr: ")


OF_RESIDUAL = {
    "adamw": {},
    "averaged": {"ema": 0.99},
    "no-average": {"ema": 0},
    "decay": {"weight_decay": 10},
}


@pytest.mark.parametrize("lr", RATES)
@pytest.mark.parametrize("changes", OF_RESIDUAL.values(), ids=OF_RESIDUAL)
def test_the_residual_network_tells_its_epoch_and_variant(pictures, lr, changes):
    variant = ResidualVariant.model_validate(residual_variant(lr=lr, images=400) | changes)
    said = diverges(lambda: train_seed(pictures, "cnn_digits.boom", variant, 3, CPU), lr)
    assert said.startswith("cnn_digits.variants.boom.lr: ")


@pytest.mark.parametrize("lr", [1, 1e3, 1e6, 1e10, 1e20, 1e30])
@pytest.mark.parametrize("ema", [0, 0.999])
def test_what_a_last_step_does_to_a_network_is_told_by_the_test_samples(pictures, lr, ema):
    one_step = {"lr": lr, "ema": ema, "images": 16, "batch_size": 16}
    variant = ResidualVariant.model_validate(residual_variant(**one_step))
    trained, said = attempt(lambda: train_seed(pictures, "cnn_digits.boom", variant, 3, CPU))
    if lr >= 1e20:
        assert said.startswith("cnn_digits.variants.boom.lr: training diverged in epoch 1 (seed 3)")
    elif not said:  # the loss of the one step is that before it
        assert all(np.isfinite(value) for row in trained[1] for value in row.values())


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A folder with digits and parameters, in which a learning rate explodes."""
    monkeypatch.chdir(tmp_path)
    content = base()
    content["dnn"]["variants"] = {"boom": dnn_variant(lr=1e30), "calm": dnn_variant()}
    content["cnn_digits"]["variants"] = {"boom": residual_variant(lr=1e30), "calm": residual_variant()}
    with (tmp_path / "params.yaml").open("w") as file:
        YAML(typ="safe", pure=True).dump(content, file)
    save_digits(DIGITS, "data/digits.npz")
    write_names(Path("data/digits_audit/left_out.csv"), "digit", [])
    write_names(Path("data/digits_audit/leaked.csv"), "digit", [])
    return tmp_path


def run(folder: Path, *command: str) -> tuple[int, str]:
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    return done.returncode, done.stderr


TRAINERS = [
    pytest.param("dnn", ["stages.train_dnn", "boom"]),
    pytest.param("cnn_digits", ["stages.train_cnn", "--family", "cnn_digits", "boom"], marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("family", "command"), TRAINERS)
def test_a_stage_that_diverges_exits_with_1_says_so_in_one_line_and_writes_nothing(project, family, command):
    before = sorted(project.rglob("*"))
    status, said = run(project, *command)
    assert status == 1
    assert said.startswith(f"error: {family}.variants.boom.lr: training diverged in epoch 1 (seed "), said
    assert said.endswith("); lower it from 1e+30\n") and said.count("\n") == 1
    assert sorted(project.rglob("*")) == before, "no models, no metrics, nothing half-written"


OF_LOST_WEIGHTS = {
    np.nan: "models/dnn/calm.safetensors: not a weights file of this project, or cut off (seed1/",
    1e37: "dnn.variants.calm: the network of seed 1 gives infinite or absurd outputs on train",
}


@pytest.mark.parametrize("value", OF_LOST_WEIGHTS)
def test_weights_of_a_lost_network_are_refused_before_any_figure(project, value):
    assert run(project, "stages.train_dnn", "calm") == (0, "")
    path = "models/dnn/calm.safetensors"
    weights, about = load_weights(path)
    last = next(name for name in sorted(weights[1], reverse=True) if name.endswith(".biases"))
    weights[1][last][0] = value
    save_weights(path, weights, about)
    status, said = run(project, "stages.evaluate", "dnn", "calm")
    assert (status, said.count("\n")) == (1, 1), said
    assert said.startswith(f"error: {OF_LOST_WEIGHTS[value]}")
    assert [path.name for path in (project / "metrics/dnn/calm").iterdir()] == ["history.csv"]


def test_logits_that_are_numbers_pass():
    logits = {split: np.zeros((2, 3, 2), np.float32) + 1e29 for split in ("train", "test")}
    labels, groups = ({split: np.zeros(3, int) for split in logits} for _ in range(2))
    refuse_lost(Predictions(np.array(["a", "b"]), np.arange(2), logits, labels, groups), "dnn.calm")
