"""docs/backpropagation.md names functions and tests: all of them exist."""

import pkgutil
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
TEXT = (PROJECT / "docs" / "backpropagation.md").read_text(encoding="utf-8")
REFERENCES = sorted(set(re.findall(r"\bstages(?:\.\w+)+", TEXT)))
TESTS = sorted(set(re.findall(r"`(tests/\w+\.py)(?:::(\w+))?`", TEXT)))


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_name_of_the_code_exists(reference):
    assert pkgutil.resolve_name(reference)


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_a_test_exists(file, name):
    content = (PROJECT / file).read_text(encoding="utf-8")
    assert f"def {name}(" in content or not name


def test_every_function_of_the_mathematics_is_named():
    functions = [
        f"stages.dnn.layers.{layer}.{way}"
        for layer in ("Dense", "ReLU", "LeakyReLU", "Sigmoid", "Tanh")
        for way in ("forward", "backward")
    ]
    losses = ("softmax", "cross_entropy", "softmax_cross_entropy_gradient")
    functions += [f"stages.dnn.losses.{name}" for name in losses]
    functions += ["stages.dnn.network.Network.gradients", "stages.dnn.sgd.sgd_step", "stages.dnn.train.Trainer.epoch"]
    functions += ["stages.dnn.optimizers.Momentum", "stages.dnn.optimizers.Adam", "stages.dnn.schedule.learning_rate"]
    functions += ["stages.dnn.dropout.Dropout", "stages.dnn.distortion.draw_affine", "stages.dnn.distortion.sample"]
    assert set(functions) <= set(REFERENCES)


def test_sections_that_the_contents_link_to_exist():
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = re.findall(r"\]\(#([\w-]+)\)", TEXT)
    assert links
    assert set(links) <= anchors
