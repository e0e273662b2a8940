"""Changing values of params.yaml in place; comments, order and everything else stay."""

import io
from collections.abc import Iterable
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from stages.errors import InputError
from stages.files import write_text
from stages.params import PATH, check_params, parse_mapping, parse_params, read_yaml_text
from stages.params_block import short

Setting = tuple[tuple[str, ...], Any]


def set_values(settings: Iterable[Setting], path: Path = PATH) -> list[str]:
    """Set each key (its names from the top down) to its value and return what changed, a line each.

    Where the new values do not fit, the file stays as it was.

    Raises:
        InputError: the file is broken, or a value or key does not fit.
    """
    before = read_yaml_text(path)
    parse_params(before, path)  # a clear word about a broken file
    yaml = _round_trip()
    content = yaml.load(before)
    wanted = dict(settings)
    changes = [line for keys, value in wanted.items() for line in _set(content, keys, value)]
    text = io.StringIO()
    yaml.dump(content, text)
    written = parse_mapping(text.getvalue(), path)
    check_params(written, path)
    _check_written(written, wanted, path)
    write_text(path, text.getvalue())
    return changes


def _check_written(content: dict[str, Any], wanted: dict[tuple[str, ...], Any], path: Path) -> None:
    """Raise InputError where YAML reads another value than the one wanted: it takes U+0085 for the end of a line."""
    for keys, value in wanted.items():
        if reduce(getitem, keys, content) != value:
            key = ".".join(keys)
            raise InputError(f"{path}: {key}: {short(value)} cannot be written; leave out control characters")


def overlay_settings(path: Path) -> list[Setting]:
    """Return the values of a YAML file of the form of params.yaml that holds only the keys to change.

    Variants are merged key by key; a list, and a mapping whose key is new, counts as one value.

    Raises:
        InputError: the file is missing or no YAML mapping.
    """
    return list(_leaves(parse_mapping(read_yaml_text(path), path), ()))


def _leaves(block: dict[str, Any], keys: tuple[str, ...]) -> Iterable[Setting]:
    for key, value in block.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*keys, key))
        else:
            yield (*keys, key), value


def _set(content: CommentedMap, keys: tuple[str, ...], value: Any) -> Iterable[str]:
    block = content
    for key in keys[:-1]:
        if not isinstance(block.get(key), dict):
            block[key] = CommentedMap()
        block = block[key]
    old = block.get(keys[-1])
    if old != value:
        block[keys[-1]] = _in_one_line(value) if isinstance(value, list) else value
        _align_comment(block, keys[-1])
        yield f"{'.'.join(keys)}: {old} -> {value}"


def _in_one_line(values: list[Any]) -> CommentedSeq:
    sequence = CommentedSeq(values)
    sequence.fa.set_flow_style()
    return sequence


def _round_trip() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.add_representer(type(None), lambda r, _: r.represent_scalar("tag:yaml.org,2002:null", "null"))
    return yaml


def _align_comment(block: CommentedMap, key: str) -> None:
    """Bring the comment behind ``key`` under its neighbours', from where a long value has pushed it."""
    tokens = {name: comments[2] for name, comments in block.ca.items.items() if comments[2]}
    if key in tokens:
        tokens[key].column = min(token.column for token in tokens.values())
