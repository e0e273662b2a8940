"""Whatever the schema allows runs, from preparing to comparing, or is refused in one line; on very few data."""

import argparse
import contextlib
import io
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import event, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from stages import audit, compare, crop_faces, evaluate, prepare_digits, train_cnn, train_dnn
from stages.cnn.data import load_digit_images
from stages.cnn.device import choose_device
from stages.cnn.kinds import train_network as train_any
from stages.digits.dataset import Digits, load_digits, save_digits
from stages.dnn.train import train as train_network
from stages.params import load_params
from stages.params_cnn import CnnVariant
from stages.params_dnn import DnnVariant
from stages.params_residual import ResidualVariant
from stages.sources.gather_faces import gather_faces
from tests.fuzzing import attempt, examples
from tests.pipeline import cnn_variant, dnn_variant, residual_variant
from tests.schema_values import SCHEMA, right
from tests.test_params import base

RATES = st.sampled_from([1e-30, 1e-8, 0.001, 0.003, 0.01, 0.03, 0.1, 1e30])
BATCHES = st.integers(2, 9) | st.sampled_from([60, 1000, 10**6])
# What would take time or memory is kept small; everything else is as the schema has it, edges included.
SMALL = {
    "seeds": st.lists(st.sampled_from([0, 1, 2**32 - 1]), min_size=1, max_size=2, unique=True),
    "dnn.variants.plain.seeds": st.none() | st.just([5]),
    "faces.test_size": st.sampled_from([0.02, 0.2, 0.25, 0.3, 0.34, 0.4, 0.5]),
    "digits.test_size": st.sampled_from([1, 2, 0.02, 0.3, 0.5, 10, 20, 30, 40, 58, 59, 60]),
    "crop.side": st.integers(8, 40),
    "crop.large_side": st.integers(8, 40),
    "crop.max_pixels": st.just(10**8),
    "audit.digits.neighbours": st.integers(1, 30),
    "hidden": st.lists(st.integers(1, 9), max_size=3),
    "epochs": st.integers(1, 6),
    "latent_epochs": st.lists(st.integers(1, 2), max_size=2),
    "batch_size": BATCHES,
    "lr": RATES,
    "device": st.sampled_from(["auto", "cpu"]),
    "channels": st.integers(1, 4),
    "kernel": st.sampled_from([1, 3, 31]),
    "cnn.variants.plain.stride": st.integers(1, 3),
    "pool": st.integers(1, 4),
    "resample_rounds": st.none() | st.integers(1, 2),
    "class_weights": st.none()
    | st.fixed_dictionaries({name: st.floats(1e-6, 1e6) for name in ("bad", "good")}, optional={"none": st.just(1)}),
    "widths": st.lists(st.integers(1, 5), min_size=2, max_size=10),
    "images": st.integers(2, 60),
    "side": st.integers(4, 40),
    "test_views": st.lists(st.floats(0.1, 3), min_size=1, max_size=3),
    "members": st.integers(1, 2),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A folder with 60 digits, and 12 photos that the project draws."""
    folder = tmp_path_factory.mktemp("runs")
    content = base()
    content["faces"]["sample"]["photos"] = 12
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(content, file)
    raw = folder / "data" / "raw"
    (raw / "digits").mkdir(parents=True)
    images = np.random.default_rng(0).integers(0, 256, (60, 28, 28), dtype=np.uint8)
    np.savez(raw / "digits" / "digits.npz", image=images, label=(np.arange(60) % 10).astype(np.uint8))
    params = load_params(folder / "params.yaml")
    gather_faces(params.faces, params.download, raw / "faces")
    return folder


@contextlib.contextmanager
def within(folder: Path):
    """Run the block in ``folder`` with one worker, whatever it prints."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
        patch.setenv("WORKERS", "1")
        patch.chdir(folder)
        yield


Step = tuple[Callable[[argparse.Namespace], None], dict[str, str]]


def run(steps: list[Step]) -> str:
    """Run the stages in turn until one refuses, and return what it says; any other exception is a fault of ours."""
    for main, arguments in steps:
        _, said = attempt(lambda main=main, arguments=arguments: main(argparse.Namespace(**arguments)))
        if said:
            return said
    return ""


def of_family(family: str, variants: list[str], train: Callable) -> list[Step]:
    both = [(main, {"family": family, "variant": name}) for name in variants for main in (train, evaluate.main)]
    return [*both, (compare.main, {"family": family})]


def figures_are_numbers(folder: Path, family: str) -> None:
    for path in (folder / "metrics" / family).rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert not [name for name in ("NaN", "Infinity") if name in text]
        assert math.isfinite(json.loads(text).get("calibration_error", 0))


PREPARED: list[Step] = [(prepare_digits.main, {}), (audit.main, {"data": "digits"})]
CROPPED: list[Step] = [(crop_faces.main, {}), (audit.main, {"data": "faces"})]
FAMILIES = {
    "dnn": [*PREPARED, *of_family("dnn", ["plain"], train_dnn.main)],
    "cnn_digits": [*PREPARED, *of_family("cnn_digits", ["plain"], train_cnn.main)],
    "cnn": [*CROPPED, *of_family("cnn", ["plain", "residual"], train_cnn.main)],
}
# A key, or a file of the data, and what is wrong with it: so begin all that may be said.
BEGINNINGS = ("params.yaml: ", "dnn.variants.", "cnn.variants.", "cnn_digits.variants.", "digits.test_size: ", "audit.")
BEGINNINGS += ("annotations.csv, row ", "every class has fewer", "12 different photos", "data/")


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@examples(3)
@given(document=right(SCHEMA, SMALL))
def test_any_parameters_run_or_are_refused_in_one_line(project, family, document):
    document["digits"]["source"], document["faces"]["source"] = "local", "sample"
    # Of two schedules and two kinds of momentum one each, and at least one batch: rules that the schema does not know.
    variant = document["dnn"]["variants"]["plain"]
    if variant.get("step"):
        variant["cosine"] = None
    if variant.get("optimizer") == "adam":
        variant["momentum"] = 0
    if not variant["hidden"] or variant["epochs"] == 1:
        variant["latent_epochs"] = []
    for one in (document["cnn"]["variants"]["residual"], document["cnn_digits"]["variants"]["plain"]):
        one["images"] = max(one["images"], min(one["batch_size"], 60))
        one["batch_size"] = min(one["batch_size"], one["images"])
    with within(project):
        with open("params.yaml", "w", encoding="utf-8") as file:
            YAML(typ="safe", pure=True).dump(document, file)
        said = run(FAMILIES[family])
        event(said[:60] or "ran to the end")
        if said:
            assert said.startswith(BEGINNINGS), said
        else:
            figures_are_numbers(project, family)


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Path:
    """A file of 40 training and 20 test digits."""
    rng, path = np.random.default_rng(0), tmp_path_factory.mktemp("edges") / "digits.npz"
    splits = [(rng.integers(0, 256, (n, 28, 28), np.uint8), (np.arange(n) % 10).astype(np.uint8)) for n in (40, 20)]
    save_digits(Digits(*splits[0], *splits[1]), path)
    return path


def history_of(train: Callable[[], Any]) -> None:
    trained, said = attempt(train)
    if said:
        assert said.startswith("lr: training diverged in epoch "), said
    else:
        assert trained.history and all(math.isfinite(value) for row in trained.history for value in row.values())


EDGES_OF_DNN = {
    "one-epoch-one-batch": {"epochs": 1, "batch_size": 10**6},
    "batches-of-one": {"batch_size": 1},
    "no-hidden-layer": {"hidden": []},
    "fifty-layers": {"hidden": [1] * 50},
    "highest-rate": {"lr": 1e30},
    "lowest-rate": {"lr": 1e-30},
    "almost-all-dropped": {"dropout": 1 - 1e-16},
    "labels-smoothed-away": {"label_smoothing": 1 - 1e-16},
    "endless-momentum": {"momentum": 1 - 1e-16},
    "all-decay": {"weight_decay": 1, "lr": 1},
    "tiny-step": {"step": {"every": 1, "factor": 5e-324}, "epochs": 3},
    "late-step": {"step": {"every": 10**9, "factor": 1}},
    "warm-up-to-the-end": {"epochs": 3, "cosine": {"warm_up": 2}},
    "all-distortion": {"distortion": {"rotate": 180, "scale": 1, "shear": 1, "shift": 14, "elastic": 14}},
    "largest-seed": {},
}


@pytest.mark.parametrize("changes", EDGES_OF_DNN.values(), ids=EDGES_OF_DNN)
def test_the_numpy_network_at_the_edges_of_its_parameters(digits, changes):
    variant = DnnVariant.model_validate(dnn_variant() | changes)
    history_of(lambda: train_network(load_digits(digits), variant, 2**32 - 1))


CHANGES = ("flip", "scale", "aspect", "shift", "colour", "grayscale", "low_resolution", "cutout")
EDGES_OF_CNN = {
    "batch-of-all": cnn_variant(epochs=1, batch_size=10**6),
    "batches-of-one": cnn_variant(epochs=1, batch_size=1),
    "one-channel": cnn_variant(channels=1, kernel=1),
    "kernel-larger-than-the-picture": cnn_variant(kernel=31),
    "pooled-to-one": cnn_variant(pool=28),
    "highest-rate": cnn_variant(lr=1e30),
    "highest-rate-sgd": cnn_variant(lr=1e30, optimizer="sgd"),
    "lowest-rate": cnn_variant(lr=1e-30, optimizer="sgd"),
    "extreme-weights": cnn_variant(class_weights={str(i): 1e6 if i else 1e-6 for i in range(10)}),
    "one-round": cnn_variant(resample_rounds=1, step={"every": 10**9, "factor": 5e-324}),
    "two-pictures": residual_variant(images=2, batch_size=2),
    "batch-larger-than-the-data": residual_variant(images=300, batch_size=300),
    "ten-blocks-of-one": residual_variant(widths=[1] * 10, stride=4),
    "no-warm-up": residual_variant(warmup=5e-324),
    "all-warm-up": residual_variant(warmup=1 - 1e-16),
    "endless-average": residual_variant(ema=1 - 1e-16),
    "dropped-and-smoothed-away": residual_variant(dropout=1 - 1e-16, label_smoothing=1 - 1e-16),
    "highest-decay": residual_variant(weight_decay=10, lr=0.1),
    "highest-rate-residual": residual_variant(lr=1e30),
    "four-pixels": residual_variant(side=4),
    "narrowest-and-widest-views": residual_variant(view=3, test_views=[0.1, 3]),
    "twenty-members": residual_variant(images=64, members=20),
    "lowest-rate-residual": residual_variant(lr=1e-30),
    "all-augmented": residual_variant(augmentation=dict.fromkeys(CHANGES, 1) | {"rotation": 180}),
}


@pytest.mark.parametrize("block", EDGES_OF_CNN.values(), ids=EDGES_OF_CNN)
def test_the_pytorch_networks_at_the_edges_of_their_parameters(digits, block):
    choose_device("cpu")
    both = load_digit_images(digits)
    if block.get("network") == "residual":
        variant = ResidualVariant.model_validate(block)
    else:
        variant = CnnVariant.model_validate(block)
        both = tuple(replace(part, images=part.images.expand(-1, 3, -1, -1).contiguous()) for part in both)
    history_of(lambda: train_any(*both, variant, 2**32 - 1, torch.device("cpu")))
