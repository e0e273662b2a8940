"""Jobs in several threads, each with a web session of its own, that an interrupt ends at once."""

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import requests

from stages.sources.catalogue import Remote
from stages.sources.web import new_session


def run_all(
    task: Callable[[requests.Session, list[Remote]], Path],
    jobs: dict[str, list[Remote]],
    connections: int,
    stop: threading.Event,
) -> Iterator[tuple[str, Path | BaseException]]:
    """Yield each job's digest with its path or the exception it ended in, as they come.

    Daemon threads, not an executor: a thread that waits for a silent server must not keep an interrupted process
    alive. Setting ``stop`` keeps them from beginning another job.
    """
    todo: queue.SimpleQueue = queue.SimpleQueue()
    done: queue.SimpleQueue = queue.SimpleQueue()
    for job in jobs.items():
        todo.put(job)

    def work() -> None:
        with new_session() as session:
            while not stop.is_set():
                try:
                    digest, remotes = todo.get_nowait()
                except queue.Empty:
                    return
                try:
                    outcome: Path | BaseException = task(session, remotes)
                except BaseException as error:  # Raised again by the main thread.
                    outcome = error
                done.put((digest, outcome))

    for _ in range(min(connections, len(jobs))):
        threading.Thread(target=work, daemon=True).start()
    for _ in jobs:
        yield _next(done)


def _next(done: queue.SimpleQueue) -> tuple[str, Path | BaseException]:
    while True:
        try:
            return done.get(timeout=0.2)  # In short waits: Windows delivers Ctrl-C between them only.
        except queue.Empty:
            continue
