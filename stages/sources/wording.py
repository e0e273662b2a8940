"""Counts and lists in messages."""

from collections.abc import Iterable, Sized


def count(things: Sized, noun: str) -> str:
    """``1 photo``, ``2 photos``; ``1 try``, ``2 tries``."""
    if len(things) == 1:
        return f"1 {noun}"
    return f"{len(things)} {noun.removesuffix('y')}ies" if noun.endswith("y") else f"{len(things)} {noun}s"


def listed(names: Iterable[str], most: int | None = 10) -> str:
    """Names in one line: the first ``most`` of them, and how many more there are; None for all."""
    names = [name if name.isprintable() else ascii(name) for name in names]
    more = f" and {len(names) - most} more" if most is not None and len(names) > most else ""
    return ", ".join(names[:most]) + more
