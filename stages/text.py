"""Text that others wrote, file names and labels, a server or a library: what of it can be shown in one line."""

import re

# Control characters, line and paragraph separators, byte order marks, and lone surrogates, which stand for bytes that
# are no UTF-8.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")


def is_visible(text: str) -> bool:
    """Whether the text is one line without control characters, which could rule a terminal or break a table."""
    return _UNSEEN.search(text) is None


def visible(text: str, most: int) -> str:
    """The text in one line: what cannot be seen as an escape, the middle left out where it is over ``most`` long."""
    line = _UNSEEN.sub(lambda match: ascii(match[0])[1:-1], text)
    if len(line) <= most:
        return line
    tail = most // 4
    return f"{line[: most - tail - 3]}...{line[-tail:]}"


def one_line(text: object, most: int = 120) -> str:
    """What a server or a library said, quoted: one line of at most ``most`` characters, all of them printable."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
