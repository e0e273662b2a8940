"""docs/backpropagation.md names functions and tests: all exist, and no function of the mathematics is missing."""

import pkgutil
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent.parent
TEXT = (PROJECT / "docs" / "backpropagation.md").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"`(stages(?:\.\w+)+)`", TEXT)))
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)))
MATHEMATICS = {
    "layers": (
        "Dense.forward",
        "Dense.backward",
        "Activation.forward",
        "Activation.backward",
        "ACTIVATIONS",
        "Dropout",
    ),
    "loss": ("softmax", "cross_entropy", "cross_entropy_gradient"),
    "network": ("Network.forward", "Network.backward"),
    "initialisation": ("initial_parameters",),
    "optimizers": ("Sgd.step", "Momentum", "Adam", "learning_rate"),
    "distortion": ("distorted", "draw_sources", "draw_affine"),
    "training": ("train_epoch", "train"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_the_code_exists(name):
    assert pkgutil.resolve_name(name)


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_a_test_exists(file, name):
    content = (PROJECT / file).read_text(encoding="utf-8")
    assert f"def {name}(" in content or not name


def test_every_function_of_the_mathematics_is_named():
    assert {f"stages.dnn.{module}.{name}" for module, names in MATHEMATICS.items() for name in names} <= set(NAMES)


def test_sections_that_the_contents_link_to_exist():
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = re.findall(r"\]\(#([\w-]+)\)", TEXT)
    assert links and set(links) <= anchors
