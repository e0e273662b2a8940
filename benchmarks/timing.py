"""Competitors take turns; a ratio is taken within each round, so that a slow round does not move it."""

import gc
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

OURS = "this project"
COLUMNS = ["group", "what", "competitor", "median", "low", "high", "rounds", "ratio"]


def race(competitors: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each competitor in every round, after one round of warm-up.

    Each round is begun by another competitor; Python's garbage collector is off while the clock runs.
    """
    names, seconds = list(competitors), {name: [] for name in competitors}
    for number in range(rounds + 1):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            gc.collect()
            gc.disable()
            begun = time.perf_counter()
            competitors[name]()
            took = time.perf_counter() - begun
            gc.enable()
            print(f"  round {number} of {rounds}: {name}: {took:.3f} s", file=sys.stderr, flush=True)
            if number:
                seconds[name].append(took)
    return seconds


def rows_of(group: str, what: str, seconds: dict[str, list[float]]) -> pd.DataFrame:
    """A row a competitor; ``ratio`` is our time over the competitor's, below 1 where we take less."""
    ours = np.array(next(iter(seconds.values())))
    rows = []
    for number, (name, times) in enumerate(seconds.items()):
        ratio = float(np.median(ours / np.array(times))) if number else np.nan
        rows.append([group, what, name, float(np.median(times)), min(times), max(times), len(times), ratio])
    return pd.DataFrame(rows, columns=COLUMNS)
