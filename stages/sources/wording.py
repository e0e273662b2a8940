"""Counts and lists in messages."""

from collections.abc import Iterable, Sized


def count(things: Sized, noun: str) -> str:
    """``1 photo``, ``2 photos``; ``1 try``, ``2 tries``."""
    if len(things) == 1:
        return f"1 {noun}"
    return f"{len(things)} {noun.removesuffix('y')}ies" if noun.endswith("y") else f"{len(things)} {noun}s"


def shown(name: object) -> str:
    """A name as it is, or with its line ends, control characters and bytes that are no UTF-8 written out."""
    return str(name) if str(name).isprintable() else ascii(str(name))


def listed(names: Iterable[str], most: int | None = 10) -> str:
    """Names in one line: the first ``most`` of them, and how many more there are; None for all."""
    names = [shown(name) for name in names]
    more = f" and {len(names) - most} more" if most is not None and len(names) > most else ""
    return ", ".join(names[:most]) + more
