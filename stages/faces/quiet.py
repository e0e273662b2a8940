"""Silence for libraries in C that write to the terminal by themselves."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.Lock()
STDERR = 2


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send what anything in this process writes to standard error nowhere, one thread at a time.

    Python's ``sys.stderr`` is not enough: libraries in C write to the file descriptor.
    """
    with _LOCK:
        kept, nowhere = os.dup(STDERR), os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, STDERR)
            yield
        finally:
            os.dup2(kept, STDERR)
            os.close(kept)
            os.close(nowhere)
