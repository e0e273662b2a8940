"""An exported network says what the trained one says, in files that are the same every time."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from ruamel.yaml import YAML
from scipy.special import softmax

from stages.cnn.model import load_model as load_cnn
from stages.cnn.networks import build_network
from stages.config.variants import variant_class
from stages.dnn.initialisation import initial_parameters
from stages.dnn.model import load_model as load_dnn
from stages.exporting.graph import Graph, export, network_of
from stages.exporting.onnx_model import OnnxModel, check
from stages.runtime.errors import InputError
from stages.storage.dataset import Form
from tests.helpers import Pipeline, dnn_variant, plain_variant, residual_variant

GRAY, FACES = Form((28, 28), tuple("0123456789")), Form((32, 32, 3), ("bad", "good", "none"), 0.25)
BLOCKS = {
    "relu": (dnn_variant(hidden=[7, 5]), GRAY),
    "leaky": (dnn_variant(activation="leaky_relu"), GRAY),
    "tanh": (dnn_variant(activation="tanh"), GRAY),
    "plain": (plain_variant(), FACES),
    "gray": (residual_variant(study="digits", loss="cross_entropy", flip_test=False), GRAY),
    "views": (residual_variant(members=2, test_views=[1.0, 1.2], crops="large"), FACES),
}


def made(kind: str):
    """Random weights of a network, its trained form and its graph with a prior and a temperature."""
    block, form = BLOCKS[kind]
    variant = variant_class(block).model_validate(block)
    if block["network"] == "dnn":
        sizes = [784, *variant.hidden, 10]
        state = initial_parameters(sizes, variant.activation, "random", np.random.default_rng(0))
        model = load_dnn(state, variant, form, "cpu")
    else:
        torch.manual_seed(0)
        network = build_network(variant, form)
        state = {name: tensor.numpy().copy() for name, tensor in network.state_dict().items()}
        model = load_cnn(state, variant, form, "cpu")
    prior = np.log(np.arange(1, len(form.classes) + 1) / sum(range(len(form.classes) + 1)))
    return model, Graph(*network_of(variant, form, state), prior, 1.7), form, prior


@pytest.mark.parametrize("kind", BLOCKS)
def test_any_network_says_the_same_once_exported(kind: str):
    model, graph, form, prior = made(kind)
    images = np.random.default_rng(1).integers(0, 256, (5, *form.shape), dtype=np.uint8)
    content = export(graph, form, {"name": kind})
    exported = OnnxModel(content)
    assert exported.about == {"name": kind}
    assert check(exported, images, model.logits(images)) < 1e-4
    assert exported.logits(images[:1]).shape == (1, len(form.classes)), "any number of pictures"
    _, natural, balanced = exported._session.run(None, {"images": images})
    scaled = (model.logits(images) + prior) / 1.7
    np.testing.assert_allclose(natural, softmax(scaled, axis=1), atol=1e-5)
    np.testing.assert_allclose(balanced, softmax(scaled - prior, axis=1), atol=1e-5)
    if kind in ("relu", "plain"):
        assert export(made(kind)[1], form, {"name": kind}) == content, "same bytes"


def test_another_network_is_refused():
    model, graph, form, _ = made("plain")
    images = np.random.default_rng(1).integers(0, 256, (5, *form.shape), dtype=np.uint8)
    with pytest.raises(InputError, match=r"logits by 0\.1, 0 of 5 labels|logits by 0\.1"):
        check(OnnxModel(export(graph, form, {})), images, model.logits(images) + 0.1)


def test_a_file_that_is_no_exported_network_is_one_line(tmp_path: Path):
    (tmp_path / "a.onnx").write_bytes(b"x" * 100)
    with pytest.raises(InputError, match="not a network that the stage `export` wrote"):
        OnnxModel.read(tmp_path / "a.onnx")
    with pytest.raises(InputError, match="No such file"):
        OnnxModel.read(tmp_path / "b.onnx")


@pytest.mark.slow
def test_the_card_has_the_figures_and_the_exported_network_predicts_without_torch(finished: Pipeline):
    card = (finished.folder / "models/export/masks.md").read_text(encoding="utf-8")
    metadata = YAML(typ="safe").load(card.split("---")[1])
    details = json.loads((finished.folder / "metrics/masks/balanced/details.json").read_text(encoding="utf-8"))
    found = {one["type"]: one["value"] for one in metadata["model-index"][0]["results"][0]["metrics"]}
    assert found["balanced_accuracy"] == round(details["test"]["balanced_accuracy"], 4)
    assert "sample_power" not in card and "sampling_power: 0.5" in card and "lr: 0.01" in card
    photo = str(next((finished.folder / "data/raw/masks/images").glob("*.*")))
    asked = (photo, "--faces", "whole", "--json")
    assert finished.python("tools.predict", "masks", *asked, "torch.json")[0] == 0
    code = "import sys, runpy; sys.modules['torch'] = None; sys.argv = ['predict', *sys.argv[1:]]; "
    code += "runpy.run_module('tools.predict', run_name='__main__')"
    finished.run("python", "-c", code, "models/export/masks.onnx", *asked, "onnx.json", PYTHONPATH=".")
    first, second = (json.loads((finished.folder / name).read_text()) for name in ("torch.json", "onnx.json"))
    assert list(first[0]["probabilities"].values()) == pytest.approx(
        list(second[0]["probabilities"].values()), abs=1e-4
    )
    assert first[0]["label"] == second[0]["label"]
