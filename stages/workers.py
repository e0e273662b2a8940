"""How many processes or threads to use, and running one task per seed side by side."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from stages.errors import InputError


def available_workers() -> int:
    """Processors this process may use, or the environment variable ``WORKERS`` (at least 1).

    It sets speed alone: no output depends on it, which is why it is no parameter of the pipeline.
    """
    wanted = os.environ.get("WORKERS", "")
    if wanted:
        if not wanted.isdecimal() or int(wanted) < 1:
            raise InputError(f"WORKERS={wanted}: must be a whole number of at least 1")
        return int(wanted)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def map_processes(task: Callable[..., Any], arguments: Sequence[tuple]) -> list[Any]:
    """Return ``[task(*a) for a in arguments]``, the calls spread over the processors.

    The processes are forked where the system can, so large arrays are shared rather than copied.
    """
    count = min(available_workers(), len(arguments))
    if count <= 1:
        return [task(*each) for each in arguments]
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    with ProcessPoolExecutor(count, multiprocessing.get_context(method)) as pool:
        futures = [pool.submit(task, *each) for each in arguments]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
