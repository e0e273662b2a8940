"""How many processes or threads to use, and running one task per seed side by side."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from stages.errors import InputError
from stages.supervision import held_back


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

    The processes are forked where the system can, so large arrays are shared rather than copied. They end with this
    process, however it ends, and at once where a call fails or this process is interrupted.

    Raises:
        InputError: one of the processes was killed.
    """
    count = min(available_workers(), len(arguments))
    if count <= 1:
        return [task(*each) for each in arguments]
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    with ProcessPoolExecutor(count, multiprocessing.get_context(method), _begin_work) as pool:
        try:
            with held_back():
                futures = [pool.submit(task, *each) for each in arguments]
            return [future.result() for future in futures]
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in multiprocessing.active_children():
                worker.kill()
            if isinstance(error, BrokenProcessPool):
                raise InputError(
                    "a worker process was killed, for want of memory perhaps; run it again, with WORKERS=1 to use less"
                ) from None
            raise


def _begin_work() -> None:
    """In a worker: leave Ctrl-C, which a terminal sends to all, to the parent, and end when that ends.

    A worker of a ``ProcessPoolExecutor`` would otherwise outlive a killed parent for ever (python/cpython#111873).
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)
