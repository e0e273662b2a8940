"""How a try at a file can end other than well."""


class Gone(Exception):
    """The server has no such file (404, 410)."""


class Refused(Exception):
    """Trying again is of no use."""


class Failed(Exception):
    """This try failed; a later one can go well.

    ``wait`` is what the server asks for, in seconds; ``server_down`` says that the server is to blame and not the file:
    nobody answered, or nobody who could serve; ``start_over`` that what has come so far is of no use.
    """

    def __init__(self, reason: str, wait: float = 0.0, server_down: bool = False, start_over: bool = False):
        super().__init__(reason)
        self.wait = wait
        self.server_down = server_down
        self.start_over = start_over


class Stopped(Exception):
    """Somebody asked to stop."""
