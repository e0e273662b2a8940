"""How many workers, and tasks spread over them."""

import os
import signal
import time

import pytest

from stages.errors import InputError
from stages.workers import available_workers, map_processes
from tests.processes import ENDS_WITHIN, Command, comes_true, is_running


def square(number: int, offset: int = 0) -> tuple[int, int]:
    return number * number + offset, os.getpid()


def fail_at(number: int, bad: int) -> int:
    if number == bad:
        raise InputError(f"row {number}")
    return number


@pytest.mark.parametrize("wanted", ["1", "2", "64", "007"])
def test_workers_as_the_variable_says(wanted, monkeypatch):
    monkeypatch.setenv("WORKERS", wanted)
    assert available_workers() == int(wanted)


@pytest.mark.parametrize("wanted", ["0", "-1", "two", "1.5", " ", "²", "1e3"])
def test_a_wrong_variable_is_named(wanted, monkeypatch):
    monkeypatch.setenv("WORKERS", wanted)
    with pytest.raises(InputError, match=f"^WORKERS={wanted}: must be a whole number"):
        available_workers()


@pytest.mark.parametrize("wanted", [None, ""])
def test_otherwise_the_processors_this_process_may_use(wanted, monkeypatch):
    monkeypatch.delenv("WORKERS", raising=False)
    if wanted is not None:
        monkeypatch.setenv("WORKERS", wanted)
    assert 1 <= available_workers() <= os.cpu_count()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_results_come_in_the_order_of_the_arguments(workers, monkeypatch):
    monkeypatch.setenv("WORKERS", workers)
    results = map_processes(square, [(number, 1) for number in range(7)])
    assert [result for result, _ in results] == [number * number + 1 for number in range(7)]
    assert all((process == os.getpid()) == (workers == "1") for _, process in results)


def test_nothing_to_do_and_one_thing_to_do(monkeypatch):
    monkeypatch.setenv("WORKERS", "4")
    assert map_processes(square, []) == []
    assert map_processes(square, [(3,)]) == [(9, os.getpid())]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_first_failure_is_raised_as_it_was(workers, monkeypatch):
    monkeypatch.setenv("WORKERS", workers)
    with pytest.raises(InputError, match=r"^row 3$"):
        map_processes(fail_at, [(number, 3) for number in range(6)])


# A command whose workers say who they are; one is soon idle, the other works for a minute.
WORK = r"""
from stages.workers import map_processes
def work(number):
    os.write(1, b'%d\n' % os.getpid())  # one write, which the other worker's cannot part
    time.sleep(60 * number or 0.3)
"""


@pytest.fixture
def working():
    """A command with two workers, and their process ids."""
    command = Command.python("map_processes(work, [(0,), (1,)])", WORK, WORKERS="2")
    workers = [int(command.line()) for _ in range(2)]
    time.sleep(0.5)
    return command, workers


def test_workers_end_with_a_killed_parent(working):
    command, workers = working
    assert all(map(is_running, workers))
    command.send(signal.SIGKILL, everyone=False)
    command.end()
    assert comes_true(lambda: not any(map(is_running, workers)))


@pytest.mark.parametrize("everyone", [True, False])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_workers_end_with_an_interrupted_parent_and_say_nothing(number, everyone, working):
    command, workers = working
    command.send(number, everyone)
    status, said, seconds = command.end()
    assert status == 128 + number
    assert said.count("\n") == 1 and said.startswith(("interrupted: ", "terminated: "))
    assert seconds < ENDS_WITHIN
    assert comes_true(lambda: not any(map(is_running, workers)))


@pytest.mark.parametrize("which", [0, 1])
def test_a_killed_worker_is_one_line(which, working):
    command, workers = working
    os.kill(workers[which], signal.SIGKILL)
    status, said, _ = command.end()
    assert status == 1
    assert said.startswith("error: a worker process was killed") and said.count("\n") == 1
    assert comes_true(lambda: not any(map(is_running, workers)))


def heed(_: int) -> bool:
    return signal.getsignal(signal.SIGINT) is not signal.SIG_IGN


def test_workers_leave_ctrl_c_to_their_parent(monkeypatch):
    monkeypatch.setenv("WORKERS", "2")
    assert map_processes(heed, [(0,), (1,)]) == [False, False]


def fail_or_wait(number: int) -> None:
    if number == 0:
        raise InputError("the first")
    time.sleep(60)


def test_the_others_do_not_go_on_after_a_failure(monkeypatch):
    monkeypatch.setenv("WORKERS", "2")
    start = time.monotonic()
    with pytest.raises(InputError, match="the first"):
        map_processes(fail_or_wait, [(0,), (1,)])
    assert time.monotonic() - start < 30
