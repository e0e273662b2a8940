"""Ctrl-C, and SIGTERM, with which CI cancels: one line, and the exit status that shells use: 130 or 143.

Imported before everything else, so it imports next to nothing.
"""

import os
import signal
from collections.abc import Callable

WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


def end(number: int, _: object = None) -> None:
    """End the process at once, with the line and the exit status of the signal ``number``; never returns."""
    # Straight to the file: the stream may be in the middle of a line, and locked. On a terminal, below the "^C".
    start = "\n" if os.isatty(2) else ""
    line = f"{start}{WORDS[signal.Signals(number)]}: no output is half-written; run the same command to go on\n"
    os.write(2, line.encode())
    os._exit(128 + number)


def end_while_importing() -> None:
    """From now on a signal ends the process at once: as long as it only imports, there is nothing to tidy up.

    For the ``__init__`` of a package whose modules are run as commands: importing PyTorch takes seconds, and a
    ``KeyboardInterrupt`` in the middle of it would be a stack trace.
    """
    handle(end)


def handle(handler: Callable[[int, object], None]) -> dict[signal.Signals, object]:
    """Install a handler and return those of before; a signal that is ignored, as by ``nohup``, stays so."""
    heeded = [number for number in WORDS if signal.getsignal(number) is not signal.SIG_IGN]
    return {number: signal.signal(number, handler) for number in heeded}
