"""What every door shares: arguments, and one clear line instead of a stack trace."""

import argparse
import atexit
import contextlib
import errno
import os
import signal
import sys
from collections.abc import Callable

from stages import interrupts, supervision
from stages.errors import InputError


def run(main: Callable[[argparse.Namespace], None], parser: argparse.ArgumentParser) -> None:
    """Parse the arguments, call ``main`` and turn bad input into one line and an exit status.

    Exit statuses: 0 done; 1 bad input, a full disk or too little memory; 2 wrong arguments; 130 interrupted (Ctrl-C),
    143 terminated.
    Anything else is a fault of ours and keeps its stack trace.
    """
    # All is done by then; Python would die of a signal while it takes itself down, and the stage count as failed.
    atexit.register(interrupts.handle, signal.SIG_IGN)
    arguments = parser.parse_args()
    # What a terminal's encoding cannot say, a label in Chinese on Windows say, is shown as an escape.
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with supervision.supervised():
            main(arguments)
    except InputError as error:
        sys.exit(f"error: {error}")
    except supervision.Interrupted as interrupt:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        interrupts.end(interrupt.number)
    except BrokenPipeError:
        # Whoever read our output (head, say) has seen enough. Python would complain once more as it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        name = error.filename2 or error.filename  # of a copy, the second
        place = f" while writing {name}" if name else ""
        sys.exit(f"error: the disk is full{place}; make room and run the same command again")
    except (MemoryError, RuntimeError) as error:
        if not _is_want_of_memory(error):
            raise
        sys.exit(
            "error: the memory does not suffice; make the network, its batches or the pictures smaller, or set "
            "WORKERS=1 to do one thing at a time"
        )


def _is_want_of_memory(error: Exception) -> bool:
    """PyTorch has no class of its own for it on a processor, and one that is no MemoryError on a GPU."""
    return isinstance(error, MemoryError) or "allocate memory" in str(error) or "out of memory" in str(error)
