"""YAML 1.2 as plain Python values, and one clear line for what is none."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import Node

from stages.errors import InputError

# What the library raises, beside its own errors, for a value that is not of its tag (`!!int x`, `2020-13-45`).
_OF_VALUES = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError)


class _Constructor(SafeConstructor):
    """Says on which line a value stands that cannot be made."""

    def construct_object(self, node: Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except _OF_VALUES as error:
            raise ConstructorError(None, None, f"no such value: {error}", node.start_mark) from None


def parse_yaml(text: str, path: str | Path) -> Any:
    """Parse the text of the file ``path`` as YAML 1.2: only plain values, whatever tags it has.

    Raises:
        InputError: it is no YAML.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    try:
        return yaml.load(text)
    # An assertion fails for a version of YAML that there is not.
    except (YAMLError, AssertionError, RecursionError) as error:
        raise InputError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
