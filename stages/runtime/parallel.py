"""How many processors to use, and one map over them: those of this machine, or a Dask cluster's."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any

from tqdm import tqdm

from stages.runtime.errors import InputError

CLUSTER = "DASK_SCHEDULER_ADDRESS"  # Dask's own variable
AHEAD = 16  # results a thread that may wait in memory until they are asked for


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


def map_threads(
    task: Callable[[Any], Any], items: Iterable[Any], title: str | None = None, total: int | None = None
) -> Iterator[Any]:
    """Yield ``task(item)`` for each item in their order, on a thread a processor: for work of libraries in C.

    Where ``DASK_SCHEDULER_ADDRESS`` is set, on that cluster instead. With a ``title`` a progress bar is shown on a
    terminal, of ``total`` items. Few items and results are in memory at a time.

    Raises:
        InputError: of a task, or the cluster cannot be used.
    """
    if os.environ.get(CLUSTER):
        yield from _on_cluster(task, items, title, total, is_exact=False)
        return
    workers = available_workers()
    with ThreadPoolExecutor(workers) as pool:
        yield from _in_order(pool, task, items, title, total, AHEAD * workers)


def map_processes(task: Callable[[Any], Any], items: Sequence[Any], title: str | None = None) -> list[Any]:
    """Return ``[task(item) for item in items]``, on a process a processor: for work in Python, and for training.

    Where ``DASK_SCHEDULER_ADDRESS`` is set, on that cluster instead. Else the processes are forked where the system
    can, so large arrays are shared rather than copied.

    Raises:
        InputError: of a task; one of the processes was killed; or the cluster cannot be used.
    """
    if os.environ.get(CLUSTER):
        return list(_on_cluster(task, items, title, len(items), is_exact=True))
    count = min(available_workers(), len(items))
    if count <= 1:
        return [task(item) for item in items]
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    with ProcessPoolExecutor(count, multiprocessing.get_context(method), _begin_work) as pool:
        try:
            return list(_in_order(pool, task, items, title, len(items), len(items)))
        except BrokenProcessPool:
            raise InputError(
                "a worker process was killed, for want of memory perhaps; run it again, with WORKERS=1 to use less"
            ) from None
        except BaseException:
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise


def _on_cluster(
    task: Callable[[Any], Any], items: Iterable[Any], title: str | None, total: int | None, is_exact: bool
) -> Iterator[Any]:
    try:
        from stages.runtime.cluster import map_on_cluster
    except ModuleNotFoundError as error:
        raise InputError(
            f"{CLUSTER} is set, and {error.name} is not installed: pip install -r requirements-cluster.txt, or unset it"
        ) from None
    return map_on_cluster(os.environ[CLUSTER], task, items, title, total, is_exact)


def _in_order(
    pool: Executor, task: Callable[[Any], Any], items: Iterable[Any], title: str | None, total: int | None, ahead: int
) -> Iterator[Any]:
    """The results in the order of the items, of which ``ahead`` are begun early; at the first failure no more are."""
    rest = iter(items)
    waiting = deque(pool.submit(task, item) for item in islice(rest, ahead))
    try:
        with tqdm(total=total, desc=title, disable=None if title else True) as bar:
            while waiting:
                yield waiting.popleft().result()
                bar.update()
                waiting.extend(pool.submit(task, item) for item in islice(rest, 1))
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
