"""The one exception that stands for bad input: its message is what the user gets to read."""

import re

MOST_CHARACTERS = 4000
# Control characters, line and paragraph separators, byte order marks, and lone surrogates, which stand for bytes that
# are no UTF-8.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")


class InputError(Exception):
    """Something the user gave cannot be used.

    Each of ``faults`` names the file, row or parameter and says what to do. It is one line, whatever it quotes: control
    characters become escapes, and of a text without end the middle is left out. Commands print the lines after
    ``error:`` and exit with status 1, without a stack trace.
    """

    def __init__(self, *faults: object) -> None:
        super().__init__("\n".join(visible(str(fault)) for fault in faults))


def is_visible(text: str) -> bool:
    """Whether the text is one line without control characters, which could rule a terminal or break a table."""
    return _UNSEEN.search(text) is None


def visible(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text in one line: what cannot be seen as an escape, the middle left out where it is over ``most`` long."""
    line = _UNSEEN.sub(lambda match: ascii(match[0])[1:-1], text)
    if len(line) <= most:
        return line
    tail = most // 4
    return f"{line[: most - tail - 3]}...{line[-tail:]}"


def listed(names: list[str], most: int = 10) -> str:
    """Names in one line: the first ``most`` of them, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(visible(name, 300) for name in names[:most]) + more


def counted(number: int, noun: str) -> str:
    """``1 photo``, ``2 photos``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
