"""How many processors to use, and one map over them."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from tqdm import tqdm

from stages.runtime.errors import InputError


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


def map_threads(task: Callable[[Any], Any], items: Sequence[Any], title: str | None = None) -> list[Any]:
    """Return ``[task(item) for item in items]``, on a thread a processor: for work of libraries in C.

    With a ``title`` a progress bar is shown on a terminal.
    """
    with ThreadPoolExecutor(available_workers()) as pool:
        return _collected(pool, task, items, title)


def map_processes(task: Callable[[Any], Any], items: Sequence[Any], title: str | None = None) -> list[Any]:
    """Return ``[task(item) for item in items]``, on a process a processor: for work in Python, and for training.

    The processes are forked where the system can, so large arrays are shared rather than copied.

    Raises:
        InputError: one of the processes was killed.
    """
    count = min(available_workers(), len(items))
    if count <= 1:
        return [task(item) for item in items]
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    with ProcessPoolExecutor(count, multiprocessing.get_context(method), _begin_work) as pool:
        try:
            return _collected(pool, task, items, title)
        except BrokenProcessPool:
            raise InputError(
                "a worker process was killed, for want of memory perhaps; run it again, with WORKERS=1 to use less"
            ) from None
        except BaseException:
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise


def _collected(pool: Executor, task: Callable[[Any], Any], items: Sequence[Any], title: str | None) -> list[Any]:
    """The results in the order of the items; at the first failure nothing more is begun."""
    futures = [pool.submit(task, item) for item in items]
    shown = tqdm(futures, desc=title, disable=None if title and sys.stderr.isatty() else True)
    try:
        return [future.result() for future in shown]
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def _begin_work() -> None:
    """In a worker: leave Ctrl-C, which a terminal sends to all processes, to the parent, and end when that ends.

    A worker of a ``ProcessPoolExecutor`` would otherwise outlive a killed parent for ever (python/cpython#111873).
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)
