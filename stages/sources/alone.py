"""One writer of a folder at a time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """Wait until no other process writes the folder ``target``, and keep others from it for the block.

    The lock is a file beside the folder, and ends with the process that holds it, however that ends. DVC keeps its own
    runs apart; this is for stages that are run by hand.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(target.with_name(f".{target.name}.lock"))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        print(f"waiting for another process to finish {target}", file=sys.stderr)
        lock.acquire(poll_interval=0.2)
    try:
        yield
    finally:
        lock.release()
