"""Every key of params.yaml against its schema: what it allows is what arrives, all else is one line naming the key."""

import contextlib
import copy
import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from ruamel.yaml import YAML

from stages.errors import InputError
from stages.params import Params, check_params
from stages.params_residual import FacesResidualVariant
from tests.fuzzing import attempt, examples, is_one_line
from tests.schema_values import PLAIN, RESIDUAL, SCHEMA, allowed, around, blocks, leaves, resolved, right
from tests.test_params import base

COMMITTED = Path(__file__).resolve().parent.parent / "params.yaml"
LEAVES = {".".join(path): schema for path, schema in leaves()}
# Rules about several keys that any one of them can break; the message names the block, or the keys in its words.
RULES = (
    "one each",
    "beyond epochs",
    "needs a hidden layer",
    "leaves nothing of epochs",
    "belongs to optimizer: sgd",
    "two schedules",
    "must be odd",
    "nothing is left of",
    "do not fill one batch",
    "leaves some training for side",
    "may stand in the list once",
    "one line without control characters",
)

BASE = base()
WORDS = st.sampled_from(
    [
        "",
        " ",
        "0",
        "1",
        "0.5",
        "true",
        "yes",
        "null",
        "None",
        "1e3",
        "1_0",
        "0x1f",
        "~",
        "x" * 10**4,
        "a\0b",
        "a\nb",
        "\x1b[31m",
        "\ud800",
        "口罩",
        "ADAM",
        "adam ",
        "relu\n",
    ]
)
# Of more digits than Python prints, Hypothesis included: made once it has printed what it draws from.
ENDLESS = st.just("endless").map(lambda _: 1 << 20000)
NUMBERS = ENDLESS | st.integers() | st.floats() | st.sampled_from([10**400, -(10**400), 2**31, 2**32, 2**64, -0.0])
OTHERS = st.none() | st.booleans() | st.binary(max_size=3) | st.dates() | st.just(datetime.datetime(2020, 1, 1))
SCALARS = NUMBERS | OTHERS | WORDS | st.text(max_size=6)
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=2),
    max_leaves=5,
)


def document() -> dict[str, Any]:
    """A valid document with every key of the schema but ``dnn…step``, which excludes ``cosine``."""
    content = copy.deepcopy(BASE)
    content["dnn"]["variants"] = {PLAIN: content["dnn"]["variants"]["plain"] | {"seeds": [7], "epochs": 9}}
    content["dnn"]["variants"][PLAIN] |= {"latent_epochs": [1, 2]}
    report, best = content["cnn"]["variants"].values()
    content["cnn"]["variants"] = {PLAIN: report | {"network": "report", "calibrate": False}, RESIDUAL: best}
    every = dict.fromkeys(blocks(SCHEMA["$defs"]["Augmentation"]), 0.25)
    for block in (best, *content["cnn_digits"]["variants"].values()):
        block["augmentation"] = dict(every)
    return content


def block_with(content: dict[str, Any], key: str) -> tuple[dict[str, Any], str]:
    """The block in which the last part of the key stands, and that part."""
    *parts, last = key.split(".")
    for part in parts:
        content = content[part]
    return content, last


def with_value(key: str, value: Any) -> dict[str, Any]:
    content = document()
    variant = content["dnn"]["variants"][PLAIN]
    if key.startswith("dnn.variants.plain.step"):  # of the two schedules, the other one
        variant |= {"step": {"every": 3, "factor": 0.1}, "cosine": None}
    if key == "dnn.variants.plain.optimizer":
        variant["momentum"] = 0
    block, last = block_with(content, key)
    block[last] = value
    return content


def found(params: Params, key: str) -> Any:
    """What stands in the parsed object under the key."""
    value: Any = params
    for name in key.split("."):
        value = value[name] if isinstance(value, dict) else getattr(value, name)
    if isinstance(value, list):
        return [item.model_dump() if isinstance(item, BaseModel) else item for item in value]
    return value


def near(schema: dict[str, Any]) -> st.SearchStrategy:
    """Values next to those that the schema allows: about its limits, and its words written otherwise."""
    inner = resolved(schema)
    kinds = [resolved(kind) for kind in inner.get("anyOf", [inner])]
    numbers = [n for kind in kinds if kind.get("type") in ("integer", "number") for n in around(kind)]
    words = [word for kind in kinds for word in kind.get("enum", [kind.get("const", "x")])]
    others = [other for word in words for other in (word, word.upper(), f" {word}", word[:-1], [word])]
    texts = [str(n) for n in numbers] + [float(n) for n in numbers if abs(n) < 1e300]
    items = near(inner["items"]).map(lambda item: [item]) if inner.get("type") == "array" else st.nothing()
    return st.sampled_from(numbers + others + texts) | items


def judge(key: str, value: Any, schema: dict[str, Any]) -> None:
    """The value arrives as it is, or is refused in one line that names the key; the schema says which."""
    content = with_value(key, value)
    params, said = attempt(lambda: check_params(content, "params.yaml"))
    if said:
        said = said.removeprefix("params.yaml: ")
        assert len(said) < 500
        # A rule about several keys names their block, and a bad network makes its other keys unknown.
        parent = key.rpartition(".")[0]
        assert said.startswith(key) or any(rule in said for rule in RULES) or key.endswith("network"), said
        assert not allowed(value, schema) or any(rule in said for rule in RULES), f"{said}: refused what is allowed"
        assert said.startswith(parent) or parent.endswith(("step", "cosine")) or "cnn.variants" in said, said
        return
    assert allowed(value, schema), f"{value!r} was taken for {key}"
    arrived = found(params, key)
    assert arrived == value and isinstance(arrived, bool) == isinstance(value, bool), "never a silent default"


@pytest.mark.parametrize("key", LEAVES)
@examples(20)
@given(st.data())
def test_a_key_takes_what_its_schema_allows_and_nothing_else(key, data):
    schema = LEAVES[key]
    judge(key, data.draw(st.one_of(JUNK, near(schema), right(schema, {}))), schema)


def committed_keys(block: dict[str, Any], schema: dict[str, Any], *path: str) -> Iterator[tuple[str, ...]]:
    """The keys of a file that hold values, the names of variants replaced by those of the schema's leaves."""
    inner = resolved(schema)
    under = blocks(inner)
    for key, value in block.items():
        name = key
        if "patternProperties" in inner:
            name = RESIDUAL if value.get("network") == "residual" and RESIDUAL in under else PLAIN
        if name in under and blocks(resolved(under[name])) and value:
            yield from committed_keys(value, under[name], *path, name)
        else:
            yield (*path, name)


def test_the_fuzz_reaches_every_key_of_the_committed_file():
    content = YAML(typ="safe", pure=True).load(COMMITTED.read_text(encoding="utf-8"))
    keys = {".".join(path) for path in committed_keys(content, SCHEMA)} - {"dnn.variants.plain.cosine"}  # {} there
    assert len(keys) > 80
    assert keys <= set(LEAVES)


def fields(model: Any, *path: str) -> Iterator[str]:
    """Every key of the model as Pydantic has it, lists whole: a second way to count them, beside the schema."""
    for name, field in model.model_fields.items():
        inner = list(_models(field.annotation))
        if not inner:
            yield ".".join((*path, name))
        for each in inner:
            variant = RESIDUAL if each is FacesResidualVariant else PLAIN
            yield from fields(each, *path, name, *((variant,) if name == "variants" else ()))


def _models(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is list:
        return
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def test_the_fuzz_reaches_every_key_of_the_model():
    assert set(fields(Params)) == set(LEAVES)


@pytest.mark.parametrize("key", LEAVES)
def test_a_changed_value_changes_what_is_read(key):
    schema = LEAVES[key]
    if "const" in resolved(schema):
        pytest.skip("the one value that there is")
    values: list[Any] = []

    @examples(12)
    @given(right(schema, {}))
    def collect(value):
        _, said = attempt(lambda: check_params(with_value(key, value), "params.yaml"))
        if not said and value not in values:
            values.append(value)

    collect()
    read = [found(check_params(with_value(key, value), "params.yaml"), key) for value in values]
    assert len(values) > 1
    assert all(one == other for one, other in zip(read, values, strict=True))


@pytest.mark.parametrize("key", LEAVES)
def test_a_missing_key_is_named_or_has_the_default_of_the_schema(key):
    content = with_value(key, None)
    block, last = block_with(content, key)
    del block[last]
    schema, required = SCHEMA, False
    for name in key.split("."):
        inner = resolved(schema)
        required, schema = name in inner.get("required", ()), blocks(inner)[name]
    if required:
        with pytest.raises(
            InputError, match=rf"params\.yaml: ({key.replace('.', '[.]')}: is missing|.*; and \d+ more)"
        ):
            check_params(content, "params.yaml")
        return
    default = schema.get("default", [] if last == "latent_epochs" else None)
    assert found(check_params(content, "params.yaml"), key) == default


BLOCKS = sorted({key.rpartition(".")[0] for key in LEAVES} - {""} | {key.split(".")[0] for key in LEAVES if "." in key})


@pytest.mark.parametrize("key", BLOCKS)
@examples(15)
@given(name=st.text(max_size=10) | st.sampled_from(["lr ", "Lr", "epoch", "x" * 10**5, "\x1b", ""]), value=JUNK)
def test_an_unknown_key_is_named_wherever_it_stands(key, name, value):
    content = with_value(f"{key}.x", 1)
    block, added = block_with(content, f"{key}.x")
    del block[added]
    schema = SCHEMA
    for part in key.split("."):
        schema = blocks(resolved(schema))[part]
    if name in blocks(resolved(schema)):
        return
    block[name] = value
    with pytest.raises(InputError) as caught:
        check_params(content, "params.yaml")
    assert is_one_line(str(caught.value)) and str(caught.value).startswith(f"params.yaml: {key}.")


@examples(30)
@given(right(SCHEMA, {}))
def test_documents_made_from_the_schema_are_valid_or_break_a_rule_that_is_named(content):
    params, said = attempt(lambda: check_params(content, "params.yaml"))
    if said:
        assert any(rule in said for rule in RULES), said
        return
    for key in LEAVES:
        with contextlib.suppress(KeyError, TypeError):  # a key, or its block, that is left out
            block, last = block_with(content, key)
            given_value = block[last]
            assert found(params, key) == given_value
