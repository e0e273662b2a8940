"""The one exception that stands for bad input: its message is what the user gets to read, in one line."""


class InputError(Exception):
    """Something the user gave cannot be used.

    The message is one line that names the file, row or parameter and says what to do.
    Doors print it after ``error:`` and exit with status 1, without a stack trace.
    """


def one_line(text: object, most: int = 120) -> str:
    """What a server or a library said: one line of at most ``most`` characters, all of them printable."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
