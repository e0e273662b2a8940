"""The download cache: files by their hash, outside the stages' outputs.

DVC deletes a stage's outputs before it runs the stage, so what an interrupted download had fetched has to lie
elsewhere. ``<hash>`` is a checked file, ``<hash>.part`` one that is still on its way.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import platformdirs
from filelock import FileLock, Timeout

from stages.errors import InputError
from stages.sources.outcome import Stopped

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


def refuse_irregular(path: Path, links: bool) -> None:
    """Refuse a folder, a pipe or the like in the place of a file; ``links`` to files may be let through.

    Raises:
        InputError: there is something, and it is no file.
    """
    if (path.exists() and not path.is_file()) or (path.is_symlink() and not links):
        raise InputError(f"{path}: lies in the download cache and is no regular file; remove it")


@contextmanager
def cache_faults(path: Path) -> Iterator[None]:
    """Turn what the system says about a file of the cache into one line; a full disk is passed on.

    Raises:
        InputError: the file, ``path`` where the system names none, cannot be read, written or locked.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise InputError(
            f"{error.filename or path}: {error.strerror or error}; remove it from the download cache, "
            f"or set {VARIABLE} to another folder"
        ) from None


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
