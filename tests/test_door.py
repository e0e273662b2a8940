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


@pytest.mark.parametrize(
    "error",
    [
        "MemoryError()",
        'RuntimeError("DefaultCPUAllocator: can\'t allocate memory: you tried to allocate 603979776 bytes.")',
        "RuntimeError('CUDA out of memory. Tried to allocate 20.00 MiB')",
    ],
)
def test_too_little_memory_is_one_line(error):
    done = run(f"raise {error}")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("error: the memory does not suffice; make the network")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limits")
def test_a_network_that_does_not_fit_is_one_line():
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (8 * 2**30,) * 2)\n"
    for made in ("import numpy\nnumpy.ones(10**11)", "import torch\ntorch.ones(10**11)"):
        done = run(limit + made)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        assert done.stderr.startswith("error: the memory does not suffice")


def test_bad_input_is_one_line_whatever_it_quotes():
    done = run("raise InputError('a\\nb\\r\\x1b[31m\\ud800\\u2028' + 'x' * 10**6)")
    assert done.stderr.startswith("error: a\\nb\\r\\x1b[31m\\ud800\\u2028xxx")
    assert done.stderr.count("\n") == 1 and len(done.stderr) < 5000


def test_what_the_terminal_cannot_say_is_an_escape(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    done = run("print('\u53e3\u7f69')")
    assert (done.returncode, done.stdout) == (0, "\\u53e3\\u7f69\n")


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
