"""What files are opened and what connections made, as Python tells its auditors (PEP 578)."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

FILES = ("open", "os.remove", "os.rename", "os.mkdir", "os.link")
_WATCHERS: list[list[tuple[str, str]]] = []


@contextmanager
def watched() -> Iterator[list[tuple[str, str]]]:
    """Note, as long as the block runs, each event and the name of the file or the address."""
    seen: list[tuple[str, str]] = []
    _WATCHERS.append(seen)
    try:
        yield seen
    finally:
        _WATCHERS.remove(seen)


def _note(event: str, arguments: tuple) -> None:
    for seen in _WATCHERS:
        if event in FILES:
            seen.append((event, str(arguments[0])))
        elif event.startswith("socket."):
            seen.append((event, str(arguments)))


sys.addaudithook(_note)  # for good: Python has no way to remove one
