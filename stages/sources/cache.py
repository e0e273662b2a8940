"""The download cache: files by their hash, outside the stages' outputs.

DVC deletes a stage's outputs before it runs the stage, so what an interrupted download had fetched has to lie
elsewhere. ``<hash>`` is a checked file, ``<hash>.part`` one that is still on its way.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import platformdirs
from filelock import FileLock, Timeout

from stages.errors import InputError
from stages.sources.transfer import Stopped

VARIABLE = "PIPELINE_DOWNLOADS"


def cache_folder() -> Path:
    """The cache: environment variable ``PIPELINE_DOWNLOADS``, else ``vision-pipeline`` in the user's cache folder."""
    return Path(os.environ.get(VARIABLE) or platformdirs.user_cache_path("vision-pipeline", appauthor=False))


def make_cache(folder: Path) -> None:
    """Make the cache folder.

    Raises:
        InputError: it cannot be made or written to.
    """
    try:
        (folder / "locks").mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        raise InputError(f"{folder}: cannot keep downloads here; set {VARIABLE} to a folder that can be written to")


@contextmanager
def locked(folder: Path, digest: str, stop: Event) -> Iterator[None]:
    """Hold the file ``digest`` of the cache against other processes and threads; give up when ``stop`` is set."""
    lock = FileLock(folder / "locks" / f"{digest}.lock", thread_local=False)
    try:
        lock.acquire(poll_interval=0.1, cancel_check=stop.is_set)
    except Timeout:
        raise Stopped from None
    try:
        yield
    finally:
        lock.release()
