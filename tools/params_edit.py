"""Changing values of params.yaml in place; comments, order and everything else stay."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from stages.config.params import PATH, check_params, load_params, read_mapping
from stages.runtime.errors import InputError
from stages.storage.files import write_text

Setting = tuple[str, Any]  # key with dots, value


def set_values(settings: Iterable[Setting], path: Path = PATH) -> list[str]:
    """Set each key to its value and return what changed, a line each.

    Where the new values do not fit, the file stays as it was.

    Raises:
        InputError: the file is broken, or a value or key does not fit.
    """
    load_params(path)  # a clear word about a broken file
    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.add_representer(type(None), lambda r, _: r.represent_scalar("tag:yaml.org,2002:null", "null"))
    content = yaml.load(path.read_text(encoding="utf-8"))
    changes = [line for key, value in settings for line in _set(content, key, value)]
    text = io.StringIO()
    yaml.dump(content, text)
    check_params(YAML(typ="safe", pure=True).load(text.getvalue()), path)
    write_text(path, text.getvalue())
    return changes


def overlay_settings(path: Path) -> list[Setting]:
    """Return the values of a YAML file of the form of params.yaml that holds only the keys to change.

    A list, and an empty mapping, counts as one value.

    Raises:
        InputError: the file is missing or no YAML mapping.
    """
    return list(_leaves(read_mapping(path), ""))


def _leaves(block: dict[str, Any], above: str) -> Iterable[Setting]:
    for key, value in block.items():
        name = f"{above}.{key}".lstrip(".")
        if isinstance(value, dict) and value:
            yield from _leaves(value, name)
        else:
            yield name, value


def _set(content: CommentedMap, key: str, value: Any) -> Iterable[str]:
    *parents, last = key.split(".")
    block = content
    for parent in parents:
        if not isinstance(block.get(parent), dict):
            block[parent] = CommentedMap()
        block = block[parent]
    old = block.get(last)
    if old == value:
        return
    if isinstance(value, str) and not value.isprintable():
        raise InputError(f"{key}: {value!a} holds control characters; leave them out")
    block[last] = value
    yield f"{key}: {old} -> {value}"
