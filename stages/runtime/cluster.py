"""The map over processors on a Dask cluster, whose workers see the project's folder through a shared file system.

Nothing of the project has to be installed there: workers import its code from that folder, anew for each run, so that
neither code nor data that a worker read for an earlier run lives on. Workers return results; the caller alone writes.
"""

import hashlib
import importlib
import io
import os
import pickle
import platform
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from functools import cache
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Event
from typing import Any

import dask
from threadpoolctl import threadpool_info, threadpool_limits
from tqdm import tqdm

from stages.runtime.errors import InputError, listed

CONNECT, DEADLINE = 10, 60  # seconds to reach the scheduler, and without any worker
BATCH = 1  # seconds that a call should take
QUEUED = 2  # calls a worker that wait or run
LOST = "the connection to the Dask scheduler was lost; run it again once there is one"
Returned = tuple[str, bytes, float]  # a problem or nothing, the results pickled, the seconds that they took
CODE = Path(__file__).resolve().parents[2]
PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "opencv-python-headless", "pillow", "imagehash", "torch")
PACKAGES += ("torchvision", "threadpoolctl", "distributed")

dask.config.set({"logging": {"distributed": "critical", "distributed.client": "critical"}})  # one line of ours is said

from distributed import Client, Future, KilledWorker, get_worker  # noqa: E402


def map_on_cluster(
    address: str,
    task: Callable[[Any], Any],
    items: Iterable[Any],
    title: str | None,
    total: int | None,
    is_exact: bool,
) -> Iterator[Any]:
    """Yield ``task(item)`` for each item in their order, computed by the workers in batches of about a second.

    What a killed worker had begun, Dask gives to another.

    Args:
        address: of the scheduler.
        task: of a module of this project; it may use relative paths.
        items: its arguments.
        title, total: of the progress bar.
        is_exact: whether the bytes depend on the processor's instruction sets, which then must be the same everywhere.

    Raises:
        InputError: of a task; there is no scheduler, or no worker for a minute; or a worker has other code, packages
            or instruction sets.
    """
    try:
        client = Client(address, timeout=CONNECT, set_as_default=False, direct_to_workers=True)
    except (OSError, ValueError) as error:
        raise InputError(
            f"DASK_SCHEDULER_ADDRESS={address}: no scheduler answers there ({error}); start one (docs/scale.md), or "
            "unset the variable to work on this machine"
        ) from None
    # A worker that sees this file sees this folder, and no other one of the same name.
    with client, NamedTemporaryFile(prefix=".cluster-", suffix=".partial", dir=".") as proof:
        call = _call_in(Path(proof.name).resolve(), fingerprint(is_exact), is_exact)
        with tqdm(total=total, desc=title, disable=None) as bar:
            for results in _batches(client, call, task, items):
                yield from results
                bar.update(len(results))


def _batches(client: Client, call: Callable[[bytes], Any], task: Callable, items: Iterable[Any]) -> Iterator[list[Any]]:
    rest, waiting, size = iter(items), deque(), 1
    while True:
        most = QUEUED * max(1, _workers(client))
        while len(waiting) < 4 * most and sum(not future.done() for future in waiting) < most:
            if not (batch := list(islice(rest, size))):
                break
            waiting.append(client.submit(call, pickle.dumps((task, batch)), pure=False))
        if not waiting:
            return
        problem, results, seconds = _result(client, waiting.popleft())
        if problem:
            raise InputError(problem)
        yield (done := pickle.loads(results))
        size = max(1, min(2 * size, round(len(done) * BATCH / max(seconds, 1e-6))))


def _result(client: Client, future: Future) -> Returned:
    """Wait for a call, but not for ever."""
    done, last_seen = Event(), time.monotonic()
    future.add_done_callback(lambda _: done.set())
    while not done.wait(timeout=1):
        if _workers(client):
            last_seen = time.monotonic()
        elif time.monotonic() - last_seen > DEADLINE:
            raise InputError(f"no Dask worker for {DEADLINE} s; start some (docs/scale.md), and run it again")
    try:
        return future.result()
    except KilledWorker as error:
        raise InputError(f"{error.allowed_failures + 1} Dask workers died, for want of memory perhaps") from None
    except CancelledError:
        raise InputError(LOST) from None


def _workers(client: Client) -> int:
    try:
        return len(client.nthreads())
    except OSError:
        raise InputError(LOST) from None


def _call_in(proof: Path, expected: dict[str, str], is_exact: bool) -> Callable[[bytes], Returned]:
    """The function that workers call. It is a local one so that it travels by value: neither scheduler nor workers need
    the project on their path."""
    main = getattr(sys.modules["__main__"].__spec__, "name", None)
    code, packages = str(CODE), ("stages", "tools", "studies", "benchmarks", "tests")

    def call(payload: bytes) -> Returned:
        if not proof.exists():
            return f"worker {get_worker().address} does not see {proof.parent}: share the folder", b"", 0
        if getattr(sys.modules.get("stages"), "run", None) != proof:
            for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
                del sys.modules[name]
            os.chdir(proof.parent)
            sys.path[:] = [code, *(path for path in sys.path if path != code)]
            importlib.invalidate_caches()
            importlib.import_module("stages").run = proof
        return importlib.import_module("stages.runtime.cluster").run_batch(payload, main, expected, is_exact)

    return call


def run_batch(payload: bytes, main: str | None, expected: dict[str, str], is_exact: bool) -> Returned:
    """On a worker: a problem, or the results of a pickled task and its items.

    They are pickled at once: a run beside this one may import its classes anew before they are fetched.

    Args:
        payload: of the task and its items.
        main: the module that is ``__main__`` at the caller's.
        expected: the caller's fingerprint.
        is_exact: see :func:`map_on_cluster`.
    """
    worker, own = get_worker(), fingerprint(is_exact)
    problems = [f"{name} is {own[name]} there, {value} here" for name, value in expected.items() if own[name] != value]
    if worker.state.nthreads != 1:
        problems.append("start it with --nthreads 1 and --nworkers as many as it has processors")
    if problems:
        return f"Dask worker {worker.address}: {listed(problems)}", b"", 0
    task, items = _Unpickler(io.BytesIO(payload), main).load()
    with threadpool_limits(1):
        if torch := sys.modules.get("torch"):
            torch.set_num_threads(1)
        start = time.perf_counter()
        results = [task(item) for item in items]
        return "", pickle.dumps(results), time.perf_counter() - start


class _Unpickler(pickle.Unpickler):
    """Finds what the caller's ``__main__`` defines in the module that it was."""

    def __init__(self, file: io.BytesIO, main: str | None) -> None:
        super().__init__(file)
        self._main = main

    def find_class(self, module: str, name: str) -> Any:
        return super().find_class(self._main if module == "__main__" else module, name)


@cache
def fingerprint(is_exact: bool) -> dict[str, str]:
    """What results depend on besides their inputs: code, versions and, where asked for, instruction sets."""
    digest = hashlib.sha256()
    for path in sorted(path for top in ("stages", "tools") for path in (CODE / top).rglob("*.py")):
        digest.update(path.relative_to(CODE).as_posix().encode() + path.read_bytes())
    found = {"the code": digest.hexdigest()[:12], "Python": platform.python_version()}
    found |= {name: version(name) for name in PACKAGES}
    if is_exact:
        import numpy as np
        import torch

        simd = np.show_config(mode="dicts")["SIMD Extensions"]
        kernels = [one["architecture"] for one in threadpool_info() if "numpy" in one["filepath"]]
        found |= {
            "the processor": f"{platform.machine()} {' '.join(simd['found'])}",
            "torch's instruction set": torch.backends.cpu.get_cpu_capability(),
            "OpenBLAS's instruction set": " ".join(kernels),
            "ONEDNN_MAX_CPU_ISA": os.environ.get("ONEDNN_MAX_CPU_ISA", "unset"),
            "a GPU": str(torch.cuda.is_available()),
        }
    return found
