"""The one exception that stands for bad input: its message is what the user gets to read."""


class InputError(Exception):
    """Something the user gave cannot be used.

    The message is one line that names the file, row or parameter and says what to do.
    Doors print it after ``error:`` and exit with status 1, without a stack trace.
    """
