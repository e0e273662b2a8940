"""params.yaml: what is read, and the one clear line for what is wrong."""

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.config.params import MOST_FAULTS, check_params, load_params, read_mapping
from stages.runtime.errors import InputError
from tests.helpers import PROJECT, dnn_variant, plain_variant, residual_variant

CONTENT = read_mapping(PROJECT / "params.yaml")


def changed(key: str, value: Any) -> dict[str, Any]:
    """The project's parameters with one value changed, or removed where ``value`` is ``...``."""
    content = copy.deepcopy(CONTENT)
    *parents, last = key.split(".")
    block = content
    for parent in parents:
        block = block[parent]
    if value is ...:
        del block[last]
    else:
        block[last] = value
    return content


def fault(content: dict[str, Any]) -> str:
    with pytest.raises(InputError) as error:
        check_params(content, "params.yaml")
    return str(error.value)


def blocks(content: Any, above: str = "") -> list[str]:
    """The keys of all mappings with keys of ours."""
    found = []
    for key, value in content.items():
        if isinstance(value, dict):
            name = f"{above}{key}"
            found += [] if key in ("variants", "studies", "class_weights") else [name]
            found += blocks(value, f"{name}.")
    return found


@pytest.mark.parametrize("block", [*blocks(CONTENT), "variants.step_lr.step", "variants.deep"])
@given(key=st.text(max_size=12).filter(lambda key: key not in ("step", "cosine", "seeds", "crops")))
def test_any_unknown_key_is_named_wherever_it_stands(block: str, key: str):
    target: Any = CONTENT
    for part in block.split("."):
        target = target[part]
    if key in target:
        return
    said = fault(_with_key(block, key))
    if ": unknown parameter" in said:
        shown = said.split(": unknown parameter")[0]
        assert shown.startswith(f"params.yaml: {block}.")
    else:  # a key that this kind of variant does have, with a value that it may not have
        assert f"{block}.{key}" in said


def _with_key(block: str, key: str) -> dict[str, Any]:
    content = copy.deepcopy(CONTENT)
    target: Any = content
    for part in block.split("."):
        target = target[part]
    target[key] = object
    return content


@pytest.mark.parametrize("key", ["[residual]", "dnn", "function-before[_known_keys_only(), Digits]"])
def test_a_key_that_looks_like_a_tag_of_a_union_is_named(key: str):
    assert f"audit.{key}: unknown parameter" in fault(_with_key("audit", key))


def test_a_misspelt_key_is_told_its_right_name_first():
    content = changed("variants.deep.lr", ...)
    content["variants"]["deep"]["lrr"] = 0.1
    assert fault(content).splitlines()[0] == "params.yaml: variants.deep.lrr: unknown parameter; did you mean lr?"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("seeds", [], "seeds: List should have at least 1 item"),
        ("seeds", [1, 1], "seeds: each seed may stand in the list once"),
        ("validation.share", 0.9, "validation.share: "),
        ("crop.side", "28", "crop.side: Input should be a valid integer (given: '28')"),
        ("crop.side", 28.0, "crop.side: Input should be a valid integer"),
        ("crop.side", True, "crop.side: Input should be a valid integer"),
        ("crop.large_margin", float("nan"), "crop.large_margin: Input should be a finite number"),
        ("download.mirror", "", "download.mirror: "),
        ("faces.source", "internet", "faces.source: Input should be 'sample', 'medical_masks' or 'local'"),
        ("digits", 3, "digits: must be a mapping"),
        ("digits", ..., "digits: is missing"),
        ("studies.masks.best", "deep", "studies.masks.best: deep is no variant of this study; it has fixed_lr"),
        ("studies.masks", ..., "studies.masks: is missing"),
        ("variants", 3, "variants: must be a mapping"),
        ("variants.deep", None, "variants.deep: must be a mapping"),
        ("variants.deep.network", "svm", "variants.deep.network: must be dnn or cnn (given: 'svm')"),
        (
            "variants.fixed_lr.architecture",
            ...,
            "variants.fixed_lr.architecture: must be one of plain, residual",
        ),
        ("variants.deep.crops", "large", "variants.deep: crops: large are those of the faces"),
        ("variants.deep.study", "faces", "variants.deep.study: Input should be 'digits' or 'masks'"),
        ("variants.deep.seeds", [3, 3], "variants.deep.seeds: each seed may stand in the list once"),
        ("variants.distorted.momentum", 0.9, "variants.distorted: momentum belongs to optimizer: sgd"),
        ("variants.latent_2.latent_epochs", [1000], "variants.latent_2: latent_epochs goes to 1000, beyond epochs"),
        ("variants.latent_2.cosine", {"warm_up": 200}, "variants.latent_2: cosine.warm_up: 200 leaves nothing"),
        ("variants.fixed_lr.pool", 40, "variants.fixed_lr: nothing is left of 28 x 28 pixels"),
        ("variants.balanced.images", 1, "variants.balanced: images: 1 do not fill one batch"),
        ("variants.balanced.passes", 2.0, "variants.balanced: give either images or passes"),
        ("variants.aux", {}, "variants.aux: must be a name"),
        ("variants.A-b", {}, "variants.A-b: must be a name"),
        ("variants.deep.size", 3, "variants.deep.size: unknown parameter"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_key(key: str, value: Any, said: str):
    found = fault(changed(key, value))
    assert found.startswith("params.yaml: ") and said in found, found
    assert len(found.splitlines()) <= 2


@pytest.mark.parametrize("key", ["size", "nfiles"])
def test_no_key_may_be_one_that_the_run_cache_ignores(key: str):
    content = changed("variants.weighted.class_weights", {"bad": 1.0, "good": 1.0, "none": 1.0, key: 1.0})
    assert f"variants.weighted.class_weights.{key}: DVC's run cache ignores" in fault(content)


def test_all_faults_are_told_at_once_up_to_ten():
    content = copy.deepcopy(CONTENT)
    for name in [*content["variants"]][:12]:
        content["variants"][name]["lr"] = -1.0
    lines = fault(content).splitlines()
    assert len(lines) == MOST_FAULTS + 1 and lines[-1] == "and 2 more"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "not readable as YAML"),
        ("- a", "must be a mapping, not CommentedSeq"),
        ("a: !!python/object:os.system 1", "not readable as YAML"),
        ("a: 1\na: 2", "not readable as YAML"),
        ("", "must be a mapping, not NoneType"),
    ],
)
def test_a_file_that_is_no_mapping_is_one_line(tmp_path: Path, text: str, said: str):
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"^.*params\.yaml: ") as error:
        load_params(path)
    assert said.split(", not")[0] in str(error.value)


def test_values_are_those_of_yaml_1_2(tmp_path: Path):
    path = tmp_path / "some.yaml"
    path.write_text("a: 1e-3\nb: no\nc: 0o10\nd: 010\n", encoding="utf-8")
    assert read_mapping(path) == {"a": 0.001, "b": "no", "c": 8, "d": 10}


def test_there_is_no_file(tmp_path: Path):
    with pytest.raises(InputError, match="no such file; run this in the root folder"):
        load_params(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("variant", "samples", "steps"),
    [
        (residual_variant(images=96, batch_size=16), 1000, 6),
        (residual_variant(images=100, batch_size=16), 1000, 6),
        ({k: v for k, v in residual_variant(passes=2.5).items() if k != "images"}, 64, 10),
        ({k: v for k, v in residual_variant(passes=0.1).items() if k != "images"}, 10, 1),
    ],
)
def test_the_length_of_an_augmented_training(variant: dict, samples: int, steps: int):
    assert check_params(_with_variant(variant), "p").variants["mine"].steps(samples) == steps


@pytest.mark.parametrize("variant", [dnn_variant(), plain_variant(), residual_variant()])
def test_a_variants_own_seeds_come_before_those_of_all(variant: dict):
    params = check_params(_with_variant(variant | {"seeds": [7]}), "p")
    assert params.seeds_of(params.variant("mine")) == [7]
    params = check_params(_with_variant(variant), "p")
    assert params.seeds_of(params.variant("mine")) == params.seeds


def _with_variant(block: dict) -> dict[str, Any]:
    content = copy.deepcopy(CONTENT)
    content["variants"]["mine"] = block
    return content


def test_no_variant_of_a_name_lists_those_that_there_are():
    with pytest.raises(InputError, match="deepest: no such variant; params.yaml has random_init, zero_init"):
        check_params(CONTENT, "p").variant("deepest")
