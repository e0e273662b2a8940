"""What every command shares: arguments, and one clear line instead of a stack trace."""

import argparse
import errno
import os
import signal
import sys
from collections.abc import Callable

from stages.runtime.errors import InputError

MEMORY = "the memory does not suffice; make the network, its batches or the pictures smaller, or set WORKERS=1"


def run(main: Callable[[argparse.Namespace], None], parser: argparse.ArgumentParser) -> None:
    """Parse the arguments, call ``main`` and turn bad input into a line and an exit status.

    Exit statuses: 0 done; 1 bad input, a full disk or too little memory; 2 wrong arguments; 130 interrupted (Ctrl-C),
    143 terminated. Anything else is a fault of ours and keeps its stack trace.
    """
    arguments = parser.parse_args()
    # What a terminal's encoding cannot say, a label in Chinese on Windows say, is shown as an escape.
    sys.stdout.reconfigure(errors="backslashreplace")
    # CI cancels by SIGTERM: what is half-written goes as it does at Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main(arguments)
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        print("interrupted: no output is half-written; run the same command to go on", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output (head, say) has seen enough. Python would complain once more as it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        place = f" while writing {error.filename}" if error.filename else ""
        sys.exit(f"error: the disk is full{place}; make room and run the same command again")
    except MemoryError:
        sys.exit(f"error: {MEMORY}")
    except RuntimeError as error:
        # PyTorch has no class of its own for it.
        if "allocate memory" not in str(error) and "out of memory" not in str(error):
            raise
        sys.exit(f"error: {MEMORY}")
