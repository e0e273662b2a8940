"""Within two seconds of Ctrl-C or SIGTERM a command has ended, whatever it is doing; and a stage ends with its DVC."""

import _thread
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from stages.interrupts import WORDS, end, handle

GRACE = 1.3  # seconds to tidy up before the process is ended all the same
LOOK = 0.5  # seconds between two looks at the parent
AGAIN = 0.01  # seconds until a signal is raised again that Python dropped
STARTED_BY_DVC = "DVC_STAGE"  # DVC sets it for the commands of its stages


class Interrupted(KeyboardInterrupt):
    """A signal asked the process to end; ``number`` is which."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def supervised() -> Iterator[None]:
    """Raise :class:`Interrupted` at the first signal, so that the block can tidy up; further signals do nothing.

    Where that takes longer than ``GRACE``, in the midst of a library's long computation say, the process is ended all
    the same. In a command that DVC started it ends without a word once DVC is gone: otherwise it would write its
    outputs beside those of the next run.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    parent = os.getppid() if STARTED_BY_DVC in os.environ else None
    threading.Thread(target=_watch, args=(reader, parent), daemon=True).start()
    handlers = handle(_raise)
    hook = sys.unraisablehook
    sys.unraisablehook = partial(_raise_again, hook)
    try:
        yield
    finally:
        sys.unraisablehook = hook
        _restore(handlers)
        signal.set_wakeup_fd(before)
        writer.close()


@contextmanager
def held_back() -> Iterator[None]:
    """Let a signal wait for the end of the block: for forking, where Python drops what a handler raises.

    A process forked in the block inherits handlers that do nothing.
    """
    came: list[int] = []
    handlers = handle(lambda number, _: came.append(number))
    try:
        yield
    finally:
        _restore(handlers)
    for number in came:
        signal.raise_signal(number)


def _restore(handlers: dict[signal.Signals, object]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _raise(number: int, _: object) -> None:
    for each in WORDS:
        signal.signal(each, signal.SIG_IGN)
    raise Interrupted(number)


def _raise_again(hook: Callable[[Any], object], dropped: Any) -> None:
    """Raise a signal again that came in a finalizer or in a weak reference's callback, where Python drops it.

    Matplotlib makes thousands of such callbacks.
    """
    if not isinstance(dropped.exc_value, Interrupted):
        hook(dropped)
        return
    number = dropped.exc_value.number
    signal.signal(number, _raise)
    again = threading.Timer(AGAIN, _signal_main_thread, (number,))
    again.daemon = True
    again.start()


def _signal_main_thread(number: int) -> None:
    if hasattr(signal, "pthread_kill"):  # also wakes it up
        signal.pthread_kill(threading.main_thread().ident, number)
    else:
        _thread.interrupt_main(number)


def _watch(reader: socket.socket, parent: int | None) -> None:
    """Wait in a thread for a signal, which Python writes to the socket, or for the end of the parent."""
    reader.settimeout(None if parent is None else LOOK)
    with reader:
        while True:
            try:
                number = reader.recv(1)
            except TimeoutError:
                if os.getppid() != parent:
                    os._exit(1)
                continue
            if not number:
                return  # The block is over.
            if number[0] in WORDS:
                time.sleep(GRACE)
                end(number[0])
