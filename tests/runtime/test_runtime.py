"""What every command shares: one clear line for bad input, exit statuses, and the map over processors."""

import os
import subprocess
import sys
import textwrap

import pytest

from stages.runtime.errors import InputError, counted, is_visible, listed, visible
from stages.runtime.opencv import cv2
from stages.runtime.parallel import available_workers, map_processes, map_threads
from tests.helpers import PROJECT


def command(body: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
    """Run a command whose ``main`` is ``body``."""
    code = f"""
        import argparse, errno, os, signal
        from stages.runtime import command
        from stages.runtime.errors import InputError
        signal.signal(signal.SIGINT, signal.default_int_handler)  # which a run in the background ignores
        def main(arguments):
            {body}
        command.run(main, argparse.ArgumentParser())
    """
    line = [sys.executable, "-c", textwrap.dedent(code), *arguments]
    return subprocess.run(
        line, cwd=PROJECT, capture_output=True, encoding="utf-8", env=os.environ | variables, timeout=60
    )


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("print('done')", 0, ""),
        ("raise InputError('a.csv, row 3: no', 'b: no')", 1, "error: a.csv, row 3: no\nb: no\n"),
        ("raise OSError(errno.ENOSPC, 'full', 'x.npz')", 1, "error: the disk is full while writing x.npz; make room"),
        ("raise MemoryError", 1, "error: the memory does not suffice"),
        ("raise RuntimeError('DefaultCPUAllocator: can\\'t allocate memory')", 1, "error: the memory does not suffice"),
        ("os.kill(os.getpid(), signal.SIGINT)", 130, "interrupted: no output is half-written"),
        ("os.kill(os.getpid(), signal.SIGTERM)", 143, ""),
    ],
)
def test_exit_status_and_words(body: str, status: int, said: str):
    done = command(body)
    assert done.returncode == status
    assert done.stderr.startswith(said) and "Traceback" not in done.stderr


def test_a_fault_of_ours_keeps_its_stack_trace():
    done = command("raise OSError(errno.EIO, 'broken')")
    assert done.returncode == 1 and "Traceback" in done.stderr


def test_wrong_arguments_have_a_status_of_their_own():
    assert command("pass", "--nonsense").returncode == 2


def test_what_a_terminal_cannot_say_becomes_an_escape():
    done = command("print('\\u53e3')", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0 and done.stdout == "\\u53e3\n"


def test_an_error_is_one_line_whatever_it_quotes():
    assert str(InputError("a\nb\x1b[31m\u2028\udcff")) == r"a\nb\x1b[31m\u2028\udcff"
    assert len(str(InputError("x" * 10**6))) == 4000
    assert visible("abcdefghij" * 3, 20) == "abcdefghijab...fghij"
    assert is_visible("né 口") and not is_visible("a\rb")


def test_many_names_become_a_few_and_a_count():
    assert listed(list("abc"), 2) == "a, b and 1 more"
    assert (counted(1, "photo"), counted(1200, "photo")) == ("1 photo", "1,200 photos")


def _square(number: int) -> int:
    if number == 99:
        raise InputError("99: no")
    if number == -1:
        os.kill(os.getpid(), 9)
    return number * number


@pytest.mark.parametrize("map_over", [map_threads, map_processes])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_results_come_in_the_order_of_the_items(monkeypatch: pytest.MonkeyPatch, map_over, workers: str):
    monkeypatch.setenv("WORKERS", workers)
    assert list(map_over(_square, range(20))) == [number * number for number in range(20)]
    assert list(map_over(_square, [])) == []


@pytest.mark.parametrize("map_over", [map_threads, map_processes])
def test_an_error_of_a_worker_is_the_callers(monkeypatch: pytest.MonkeyPatch, map_over):
    monkeypatch.setenv("WORKERS", "2")
    with pytest.raises(InputError, match="99: no"):
        list(map_over(_square, [1, 99, 2]))


def test_a_killed_worker_is_one_clear_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WORKERS", "2")
    with pytest.raises(InputError, match="a worker process was killed"):
        map_processes(_square, [1, -1, 2])


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_workers_must_be_a_whole_number(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("WORKERS", value)
    with pytest.raises(InputError, match=f"WORKERS={value}: must be a whole number"):
        available_workers()


def test_opencv_uses_no_intel_primitives_in_any_thread():
    assert list(map_threads(lambda _: cv2.ipp.useIPP(), range(4))) == [False] * 4
    assert cv2.getNumThreads() == 1
    code = "import cv2; import stages.runtime.opencv as opencv; print(opencv.cv2.ipp.useIPP())"
    run = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert (run.stdout.strip(), run.stderr) == ("False", ""), (
        "also where OpenCV was imported before, and without a word"
    )


def test_opencv_is_imported_from_one_place():
    code = [path for folder in ("stages", "tools", "studies") for path in (PROJECT / folder).rglob("*.py")]
    importing = {path.relative_to(PROJECT).as_posix() for path in code if "\nimport cv2\n" in path.read_text()}
    assert importing == {"stages/runtime/opencv.py"}
