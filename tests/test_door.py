"""What a door does with what goes wrong."""

import argparse
import errno
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from stages import door
from stages.errors import InputError

PROJECT = Path(__file__).resolve().parent.parent


def script(body: str) -> list[str]:
    code = "import argparse, os, errno, time\nfrom stages import door\nfrom stages.errors import InputError\n"
    code += "def main(arguments):\n" + textwrap.indent(body, "    ")
    return [sys.executable, "-c", code + "\ndoor.run(main, argparse.ArgumentParser())"]


def run(body: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([*script(body), *arguments], cwd=PROJECT, capture_output=True, text=True, timeout=60)


def test_bad_input_is_one_line_on_standard_error():
    done = run("raise InputError('params.yaml: seeds: is missing')")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "error: params.yaml: seeds: is missing\n")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("'models/a.npz'", " while writing models/a.npz"),
        ("'from', None, 'to'", " while writing to"),
        ("None", ""),
    ],
)
def test_a_full_disk_is_one_line(number, file, place):
    done = run(f"raise OSError({number}, 'full', {file})")
    expected = f"error: the disk is full{place}; make room and run the same command again\n"
    assert (done.returncode, done.stderr) == (1, expected)


@pytest.mark.parametrize("body", ["raise PermissionError(13, 'no', 'x')", "1 / 0", "raise ValueError('mine')"])
def test_a_fault_of_ours_keeps_its_stack_trace(body):
    done = run(body)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert not done.stderr.startswith("error:")


def test_wrong_arguments_exit_with_2():
    done = run("print('reached')", "--no-such")
    assert done.returncode == 2
    assert "usage:" in done.stderr
    assert done.stdout == ""


def test_all_well_exits_with_0():
    assert run("print('done')").returncode == 0


def test_a_stages_own_door_speaks_in_one_line(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, "-m", "stages.prepare_digits"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    expected = "error: params.yaml: no such file; run this in the root folder of the project\n"
    assert (done.returncode, done.stderr) == (1, expected)


def test_arguments_reach_main(monkeypatch):
    parser, heard = argparse.ArgumentParser(), []
    parser.add_argument("variant")
    monkeypatch.setattr(sys, "argv", ["train", "plain"])
    door.run(lambda arguments: heard.append(arguments.variant), parser)
    assert heard == ["plain"]


def test_an_input_error_is_no_value_error():
    assert not issubclass(InputError, ValueError)  # or a reader's `except ValueError` would swallow it
