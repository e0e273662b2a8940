"""Values for params.yaml made from its schema, so that no key is forgotten; and what the schema says of any value."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

from stages.params import Params

Path = tuple[str, ...]
Schema = dict[str, Any]

SCHEMA = Params.model_json_schema()
# How the variants are called in the documents made here: the report's network, or the only kind; and the residual one.
PLAIN, RESIDUAL = "plain", "residual"
CONTROL = ["Cc", "Cs", "Zl", "Zp"]
TEXTS = st.text(st.characters(exclude_categories=CONTROL), min_size=1, max_size=8)


def resolved(schema: Schema) -> Schema:
    """The schema without null, and without the detour over ``$ref``."""
    if "$ref" in schema:
        return resolved(SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]])
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    return resolved(kinds[0]) if len(kinds) == 1 else schema


def nullable(schema: Schema) -> bool:
    """Whether null is allowed."""
    return {"type": "null"} in schema.get("anyOf", [])


def blocks(schema: Schema) -> dict[str, Schema]:
    """What stands under the keys of a block, empty for a value."""
    if "patternProperties" in schema:
        (variant,) = schema["patternProperties"].values()
        return dict(zip((PLAIN, RESIDUAL), variant.get("oneOf", [variant]), strict=False))
    return schema.get("properties", {})


def leaves(schema: Schema = SCHEMA, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """Every key that holds a value, with its schema."""
    under = blocks(resolved(schema))
    for key, each in under.items():
        yield from leaves(each, (*path, key))
    if not under:
        yield path, schema


def right(schema: Schema, instead: Mapping[str, st.SearchStrategy], path: Path = ()) -> st.SearchStrategy:
    """Values that the schema allows; ``instead`` gives others for keys, by their names from the last one up."""
    for start in range(len(path)):
        if ".".join(path[start:]) in instead:
            return instead[".".join(path[start:])]
    inner = resolved(schema)
    values = _block(inner, instead, path) if blocks(inner) else _value(inner)
    return st.none() | values if nullable(schema) else values


def _block(schema: Schema, instead: Mapping[str, st.SearchStrategy], path: Path) -> st.SearchStrategy:
    made = {key: right(each, instead, (*path, key)) for key, each in blocks(schema).items()}
    required = schema.get("required", made if "patternProperties" in schema else ())
    return st.fixed_dictionaries(
        {key: made[key] for key in made if key in required},
        optional={key: made[key] for key in made if key not in required},
    )


def _value(schema: Schema) -> st.SearchStrategy:
    if blocks(schema := resolved(schema)):
        return _block(schema, {}, ())
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([_value(kind) for kind in schema["anyOf"]])
    if schema["type"] == "array":
        most = min(schema.get("maxItems", 5), 5)
        return st.lists(_value(schema["items"]), min_size=schema.get("minItems", 0), max_size=most, unique_by=repr)
    if schema["type"] == "object":
        return st.dictionaries(TEXTS, _value(schema["additionalProperties"]), max_size=3)
    if schema["type"] in ("integer", "number"):
        return st.one_of([st.sampled_from(_edges(schema)), _numbers(schema)])
    return st.booleans() if schema["type"] == "boolean" else TEXTS


def _numbers(schema: Schema) -> st.SearchStrategy:
    low, high = limits(schema)
    if schema["type"] == "integer":
        return st.integers(low, high).filter(lambda n: inside(n, schema))
    open_low, open_high = "exclusiveMinimum" in schema, "exclusiveMaximum" in schema
    return st.floats(
        low, high, exclude_min=open_low, exclude_max=open_high, allow_nan=False, allow_infinity=False
    ).filter(lambda n: inside(n, schema))


def limits(schema: Schema) -> tuple[float, float | None]:
    """The lower and the upper limit of a number, whether it is allowed itself or not."""
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    return low, schema.get("maximum", schema.get("exclusiveMaximum"))


def inside(number: float, schema: Schema) -> bool:
    """Whether a number keeps the limits of the schema."""
    return (
        number >= schema.get("minimum", -math.inf)
        and number <= schema.get("maximum", math.inf)
        and number > schema.get("exclusiveMinimum", -math.inf)
        and number < schema.get("exclusiveMaximum", math.inf)
    )


def _edges(schema: Schema) -> list[float]:
    return [n for n in around(schema) if allowed(n, schema)]


def around(schema: Schema) -> list[float]:
    """Numbers at, just within and just beyond the limits of the schema, whole and not."""
    near = [each for limit in limits(schema) if limit is not None for each in (limit - 1, limit, limit + 1)]
    small = [
        math.nextafter(limit, toward)
        for limit in limits(schema)
        if limit is not None
        for toward in (-math.inf, math.inf)
    ]
    return [*near, *map(float, near), *small, 5e-324, 1e-300, 1e300]


def allowed(value: Any, schema: Schema) -> bool:
    """What the schema says of a value, strictly: true is no number, 1.0 no whole one, and "1" neither."""
    if nullable(schema) and value is None:
        return True
    schema = resolved(schema)
    if under := blocks(schema):
        complete = isinstance(value, dict) and set(schema["required"]) <= set(value) <= set(under)
        return complete and all(allowed(item, under[key]) for key, item in value.items())
    if "anyOf" in schema:
        return any(allowed(value, kind) for kind in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return isinstance(value, str) and value in schema.get("enum", [schema.get("const")])
    return _OF_TYPE[schema["type"]](value, schema)


def _allowed_list(value: Any, schema: Schema) -> bool:
    if not isinstance(value, list) or not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", math.inf):
        return False
    return all(allowed(item, schema["items"]) for item in value)


def _allowed_mapping(value: Any, schema: Schema) -> bool:
    if not isinstance(value, dict):
        return False
    return all(isinstance(key, str) and allowed(item, schema["additionalProperties"]) for key, item in value.items())


def _allowed_number(value: Any, schema: Schema) -> bool:
    if isinstance(value, bool) or not isinstance(value, int if schema["type"] == "integer" else (int, float)):
        return False
    finite = schema["type"] == "integer" or (abs(value) < 1e308 and not math.isnan(value))
    return finite and inside(value, schema)


def _allowed_text(value: Any, schema: Schema) -> bool:
    return isinstance(value, str) and len(value) >= schema.get("minLength", 0)


_OF_TYPE = {
    "array": _allowed_list,
    "object": _allowed_mapping,
    "integer": _allowed_number,
    "number": _allowed_number,
    "boolean": lambda value, _: isinstance(value, bool),
    "string": _allowed_text,
}
