"""How many workers, and tasks spread over them."""

import os

import pytest

from stages.errors import InputError
from stages.workers import available_workers, map_processes


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
