"""What every door shares: arguments, and one clear line instead of a stack trace."""

import argparse
import errno
import os
import sys
from collections.abc import Callable

from stages.errors import InputError


def run(main: Callable[[argparse.Namespace], None], parser: argparse.ArgumentParser) -> None:
    """Parse the arguments, call ``main`` and turn bad input into one line and an exit status.

    Exit statuses: 0 done; 1 bad input or a full disk; 2 wrong arguments; 130 interrupted (Ctrl-C).
    Anything else is a fault of ours and keeps its stack trace.
    """
    arguments = parser.parse_args()
    try:
        main(arguments)
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        print("interrupted: nothing half-written is left; run the same command to go on", file=sys.stderr)
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
