"""docs/faults.md promises that each of its rows is a test: every test it names is there."""

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
PAGE = PROJECT / "docs" / "faults.md"
TEST = re.compile(r"`(tests/\w+\.py)::(\w+)`")


def rows() -> list[str]:
    """The rows of all tables of the page, without heads and rules."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    table = [line for line in lines if line.startswith("|")]
    return [line for line in table if not set(line) <= set("|-: ") and "what was broken" not in line]


def functions(path: Path) -> set[str]:
    """The names of a file's functions and methods."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_the_page_has_rows():
    assert len(rows()) > 50


@pytest.mark.parametrize("row", rows())
def test_each_row_names_tests_that_exist(row):
    named = TEST.findall(row.rstrip(" |").rsplit("|", 1)[-1])

    assert named, f"no test in the last column: {row}"
    for file, test in named:
        assert (PROJECT / file).is_file(), file
        assert test in functions(PROJECT / file), f"{file} has no {test}"
