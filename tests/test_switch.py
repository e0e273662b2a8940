"""Switching between the sample and the real data, and back."""

import runpy
import shutil
import sys
from pathlib import Path

import pytest

from stages import door
from stages.errors import InputError
from stages.params import load_params

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _in_a_copy(tmp_path, monkeypatch, capsys):
    """The committed parameters, brought to the sample in case they are switched just now."""
    shutil.copy(PROJECT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    run(monkeypatch, "sample")
    capsys.readouterr()


def run(monkeypatch, *arguments: str) -> None:
    """Go through the door as the command line does, but for the exit."""
    monkeypatch.setattr(sys, "argv", ["switch", *arguments])
    monkeypatch.setattr(door, "run", lambda main, parser: main(parser.parse_args()))
    runpy.run_path(str(PROJECT / "stages" / "switch.py"), run_name="__main__")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--mirror", "http://localhost:8000/with: colon #1"],
        ["--mirror", "../a b", "--digits", "a long path/" * 9 + "é.npz"],
    ],
    ids=str,
)
def test_there_and_back_is_the_same_file_byte_for_byte(arguments, monkeypatch):
    before = Path("params.yaml").read_bytes()
    run(monkeypatch, "real", *arguments)
    assert Path("params.yaml").read_bytes() != before
    run(monkeypatch, "sample")
    assert Path("params.yaml").read_bytes() == before


def test_only_the_lines_of_the_sources_change(monkeypatch):
    before = Path("params.yaml").read_text(encoding="utf-8").splitlines()
    digits = "a long path/" * 9 + "digits.npz"
    run(monkeypatch, "real", "--mirror", "mirror", "--digits", digits)
    after = Path("params.yaml").read_text(encoding="utf-8").splitlines()
    assert len(before) == len(after)
    changed = [new.split("#")[0].strip() for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [
        "mirror: mirror", "source: local", f"path: {digits}", "source: medical_masks", "missing: skip"
    ]  # fmt: skip
    kept = [(old.partition("#")[2], new.partition("#")[2]) for old, new in zip(before, after, strict=True)]
    assert all(old == new for old, new in kept)  # the comments


def test_real_data_without_more_words_are_those_that_can_be_downloaded(monkeypatch):
    run(monkeypatch, "real")
    params = load_params()
    assert (params.digits.source, params.faces.source) == ("tibetan_mnist", "medical_masks")
    assert (params.faces.missing, params.download.mirror) == ("skip", None)


def test_what_changed_is_said_and_twice_changes_nothing(monkeypatch, capsys):
    run(monkeypatch, "real", "--mirror", "there")
    said = capsys.readouterr().out
    assert "faces.source: sample -> medical_masks\n" in said
    assert "download.mirror: None -> there\n" in said
    assert "digits.path" not in said
    once = Path("params.yaml").read_bytes()
    run(monkeypatch, "real", "--mirror", "there")
    assert "->" not in capsys.readouterr().out
    assert Path("params.yaml").read_bytes() == once


def test_a_broken_file_is_left_as_it_is(monkeypatch):
    Path("params.yaml").write_text("seeds: [", encoding="utf-8")
    with pytest.raises(InputError, match="not readable as YAML"):
        run(monkeypatch, "real")
    assert Path("params.yaml").read_text(encoding="utf-8") == "seeds: ["
