"""Ideas for a faster NumPy network that did not pay, each against the network as it is.

An epoch with its evaluation, as in the benchmark ``dnn``. A ratio of 1 is no gain; below 1, the idea takes longer.
"""

from collections.abc import Callable
from unittest.mock import patch

from threadpoolctl import threadpool_limits

from benchmarks.data import bench_digits
from benchmarks.dnn import THREADS, our_epoch
from benchmarks.row import OURS, Row, rows_of
from benchmarks.timing import race
from stages.digits.dataset import Digits
from stages.dnn import network
from stages.workers import available_workers

WIDER = "64 hidden nodes instead of 60, a multiple of the registers' width"
AT_ONCE = "evaluation of all images at once, not {:,} at a time"
THREADED = "matrix products on {} threads, as a seed alone could have"


def measure(tiny: bool = False) -> list[Row]:
    """Time every idea."""
    digits, source = bench_digits(tiny)
    with threadpool_limits(THREADS):
        seconds = race(competitors(digits), 1 if tiny else 15)
    return rows_of("tried", f"epoch of 784-60-10, {source}", seconds, {})


def competitors(digits: Digits) -> dict[str, Callable[[], object]]:
    """Return an epoch with each idea, by name."""
    cores = available_workers()
    ideas = [our_epoch(digits, 60) for _ in range(3)]
    return {
        OURS: ideas[0],
        WIDER: our_epoch(digits, 64),
        AT_ONCE.format(network.EVALUATION_ROWS): lambda: at_once(ideas[1], len(digits.x_train)),
        THREADED.format(cores): lambda: threaded(ideas[2], cores),
    }


def at_once(epoch: Callable[[], object], rows: int) -> None:
    """Run an epoch that evaluates so many rows at a time."""
    with patch.object(network, "EVALUATION_ROWS", rows):
        epoch()


def threaded(epoch: Callable[[], object], threads: int) -> None:
    """Run an epoch with so many threads for every product."""
    with threadpool_limits(threads):
        epoch()
