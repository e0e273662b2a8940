"""Hanging up on servers that keep a connection open and bring next to nothing."""

import contextlib
import socket
import threading
import time

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from stages.sources.outcome import Failed

# Bytes a second: below any line that people still use, above what a server sends to keep a client waiting.
LOWEST_PACE = 100
_thread = threading.local()


class Pace:
    """Watches what one try in this thread brings, and hangs up where a window of time brought too little.

    The timeout of a socket is not enough: every byte sets it back. A byte a second, ``100 Continue`` again and again,
    trailers without end or compressed nothing could hold a client for ever.

    Args:
        window: seconds in which at least :data:`LOWEST_PACE` bytes a second must come.

    Raises:
        Failed: on leaving the block, if it was hung up.
    """

    def __init__(self, window: float):
        self.window = window
        self.bytes = 0
        self._before = 0
        self._since = time.monotonic()
        self._socket: socket.socket | None = None
        self._hung_up = False
        self._done = threading.Event()

    def __enter__(self) -> "Pace":
        _thread.pace = self
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._done.set()
        _thread.pace = None
        if self._hung_up and (kind is None or issubclass(kind, Failed)):
            raise Failed(f"fewer than {LOWEST_PACE} bytes a second for {self.window:g} s", server_down=True) from None

    def hold(self, line: socket.socket) -> None:
        """Begin a window with ``line``, on which an answer is awaited."""
        self._socket, self._since, self._before = line, time.monotonic(), self.bytes

    def _watch(self) -> None:
        while not self._done.wait(self.window / 4):
            now = time.monotonic()
            if self._socket is None or now - self._since < self.window:
                continue
            if self.bytes - self._before < LOWEST_PACE * self.window:
                self._hung_up = True
                # The reading thread finds the end of the stream. Not SSLSocket's own shutdown, which would take the
                # encryption away under its hands.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            self._since, self._before = now, self.bytes


class _Watched:
    """Tells the pace of its thread on which socket an answer is awaited."""

    def getresponse(self) -> object:
        _thread.pace.hold(self.sock)
        return super().getresponse()


class _Http(_Watched, HTTPConnection):
    pass


class _Https(_Watched, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


POOLS = {"http": _HttpPool, "https": _HttpsPool}
