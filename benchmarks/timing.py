"""Timing competitors side by side, so that what else the machine does hits them all alike."""

import gc
import time
from collections.abc import Callable, Mapping

import numpy as np


def race(competitors: Mapping[str, Callable[[], object]], repetitions: int, warm_up: int = 1) -> dict[str, np.ndarray]:
    """Time every competitor once a round, for several rounds.

    Each round begins with another competitor, so that none always follows the same one. Python's collector of
    garbage is off while the clock runs, and has run before.

    Args:
        competitors: what to call, by name.
        repetitions: rounds that count.
        warm_up: rounds before them that do not.

    Returns:
        Wall-clock seconds of every competitor, (repetitions,): entries with the same index are of the same round.
    """
    names = list(competitors)
    seconds = {name: np.empty(repetitions) for name in names}
    for repetition in range(-warm_up, repetitions):
        first = repetition % len(names)
        for name in names[first:] + names[:first]:
            taken = time_once(competitors[name])
            if repetition >= 0:
                seconds[name][repetition] = taken
    return seconds


def time_once(call: Callable[[], object]) -> float:
    """Return the wall-clock seconds of one call."""
    gc.collect()
    was_on = gc.isenabled()
    gc.disable()
    try:
        start = time.perf_counter()
        call()
        return time.perf_counter() - start
    finally:
        if was_on:
            gc.enable()
