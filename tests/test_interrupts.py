"""Ctrl-C, SIGTERM and a killed DVC: the command ends soon, with one line and no stack trace."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from stages.supervision import held_back
from tests.processes import ENDS_WITHIN, Command, comes_true, is_running

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to send to another process")
SIGNALS = [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")]
REST = ": no output is half-written; run the same command to go on\n"
# The `main` of a command that computes for a minute in one call of a library, where Python hears no signal.
DEAF = "import hashlib; print('ready', flush=True); hashlib.pbkdf2_hmac('sha512', b'', b'', 10**9)"


@pytest.fixture
def slow_import(tmp_path: Path):
    """Make ``import NAME`` say so and take for ever."""

    def make(name: str) -> str:
        (tmp_path / f"{name}.py").write_text("import time\nprint('importing', flush=True)\ntime.sleep(60)\n")
        return str(tmp_path)

    return make


def ends_as_promised(command: Command, number: int, word: str) -> float:
    """Wait for the end, which one line and the exit status must tell as that of the signal; return the seconds."""
    status, said, seconds = command.end()
    assert (status, said) == (128 + number, word + REST)
    return seconds


@pytest.mark.parametrize(("number", "word"), SIGNALS)
@pytest.mark.parametrize(
    ("module", "slow"), [("stages.train_cnn", "torch"), ("ci.rerun", "vl_convert"), ("studies.run", "pandas")]
)
def test_while_modules_are_imported(module, slow, number, word, slow_import):
    command = Command(sys.executable, "-m", module, PYTHONPATH=slow_import(slow))
    assert command.line() == "importing"
    command.send(number)
    assert ends_as_promised(command, number, word) < ENDS_WITHIN


@pytest.mark.parametrize(("number", "word"), SIGNALS)
def test_a_command_tidies_up_and_says_one_line(number, word):
    command = Command.python(
        """
        try:
            print('ready', flush=True); time.sleep(60)
        finally:
            print('tidied up')
        """
    )
    assert command.line() == "ready"
    command.send(number)
    assert command.line() == "tidied up"
    assert ends_as_promised(command, number, word) < ENDS_WITHIN


def test_a_second_ctrl_c_does_not_disturb_the_tidying_up():
    command = Command.python(
        """
        try:
            print('ready', flush=True); time.sleep(60)
        finally:
            print('tidying up', flush=True); time.sleep(0.5); print('tidied up')
        """
    )
    for line in ("ready", "tidying up"):
        assert command.line() == line
        command.send(signal.SIGINT)
    assert command.line() == "tidied up"
    assert command.end()[:2] == (130, "interrupted" + REST)


@pytest.mark.parametrize(("number", "word"), SIGNALS)
def test_a_command_deep_in_a_library_ends_all_the_same(number, word):
    command = Command.python(DEAF)
    assert command.line() == "ready"
    time.sleep(0.3)  # it says so just before
    command.send(number)
    assert 1 < ends_as_promised(command, number, word) < ENDS_WITHIN


@pytest.mark.parametrize(("number", "word"), SIGNALS)
@pytest.mark.parametrize("dropped", ["def __del__(self)", "def __call__(self, _)"])
def test_a_signal_where_python_drops_exceptions_is_not_lost(dropped, number, word):
    """In a finalizer, and in the callback of a weak reference, as matplotlib has them by the thousand."""
    command = Command.python(
        """
        short, alive = set(), Dropping()
        if hasattr(alive, '__call__'):
            reference = weakref.ref(short, alive)
            del short
        else:
            del alive
        try:
            time.sleep(60)
        finally:
            print('tidied up')
        """,
        f"import weakref\nclass Dropping:\n    {dropped}: print('ready', flush=True); time.sleep(0.5)",
    )
    assert command.line() == "ready"
    command.send(number)
    assert command.line() == "tidied up"
    assert ends_as_promised(command, number, word) < ENDS_WITHIN


def test_a_signal_that_the_shell_ignores_stays_ignored():
    """As ``nohup`` and ``command &`` in a script set it."""
    body = "print('ready', flush=True); time.sleep(0.5); print('still here')"
    command = Command.python(body, before="import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)")
    assert command.line() == "ready"
    command.send(signal.SIGINT)
    assert command.line() == "still here"
    assert command.end()[:2] == (0, "")


@pytest.mark.parametrize("started_by_dvc", [True, False])
def test_a_stage_does_not_outlive_its_dvc_and_another_command_may_outlive_its_shell(started_by_dvc):
    """The parent of both is killed; the commands compute in a library, so that no signal could be heard."""
    parent = f"""
import os, subprocess, sys, time
code = '''from stages import door; import argparse
def main(_):
    {DEAF}
door.run(main, argparse.ArgumentParser())'''
child = subprocess.Popen([sys.executable, '-c', code])
print(child.pid, flush=True)
time.sleep(60)
"""
    command = Command(sys.executable, "-c", parent, **({"DVC_STAGE": "train"} if started_by_dvc else {}))
    child = int(command.line())
    assert command.line() == "ready"
    command.send(signal.SIGKILL, everyone=False)
    try:
        assert comes_true(lambda: not is_running(child), 2.0) == started_by_dvc
    finally:
        if is_running(child):
            os.kill(child, signal.SIGKILL)
    command.end()


def test_a_signal_waits_where_it_is_held_back():
    came = []
    before = signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    try:
        with held_back():
            signal.raise_signal(signal.SIGTERM)
            assert came == []
        assert came == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_signal_that_comes_when_all_is_done_changes_nothing():
    leave = "import atexit; atexit.register(lambda: (print('leaving', flush=True), time.sleep(0.5)))"
    command = Command.python("pass", before=leave)
    assert command.line() == "leaving"
    command.send(signal.SIGINT)
    assert command.end()[:2] == (0, "")


def test_a_command_and_what_it_runs_end_together():
    """A signal to the command alone, as CI sends it, ends the long command that it runs and shows."""
    command = Command.python(
        """
        from stages.commands import run_shown
        run_shown([sys.executable, '-c', 'import os, time; print(os.getpid(), flush=True); time.sleep(60)'])
        """
    )
    child = int(command.line())
    command.send(signal.SIGTERM, everyone=False)
    assert ends_as_promised(command, signal.SIGTERM, "terminated") < ENDS_WITHIN
    assert not is_running(child)


def test_a_report_that_bundles_its_drawing_library_ends_too(tmp_path):
    """A second of computing in which the library lets no other thread run, and more where the machine is busy."""
    body = "from stages.pages.vega_bundle import vega_bundle\nprint('ready', flush=True); vega_bundle()"
    command = Command.python(body, folder=tmp_path)
    assert command.line() == "ready"
    time.sleep(0.5)
    command.send(signal.SIGINT)
    assert ends_as_promised(command, signal.SIGINT, "interrupted") < 1
