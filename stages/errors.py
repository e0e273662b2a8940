"""The one exception that stands for bad input: its message is what the user gets to read."""

from stages.text import visible

MOST_CHARACTERS = 4000


class InputError(Exception):
    """Something the user gave cannot be used.

    The message names the file, row or parameter and says what to do. It is one line, whatever it quotes: control
    characters become escapes, and of a text without end the middle is left out.
    Doors print it after ``error:`` and exit with status 1, without a stack trace.
    """

    def __init__(self, message: object) -> None:
        super().__init__(visible(str(message), MOST_CHARACTERS))
