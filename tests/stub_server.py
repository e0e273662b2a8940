"""A web server on localhost that misbehaves as told, and keeps a log of what it was asked."""

import gzip
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


class Handler(BaseHTTPRequestHandler):
    """Answers a request as the next step of the path's script says, or well where the script has ended."""

    protocol_version = "HTTP/1.1"
    server: "StubServer"

    def do_GET(self) -> None:
        path = unquote(self.path)
        self.server.log.append((path, self.headers.get("Range")))
        steps = self.server.script[path]
        step = steps.pop(0) if steps else self.server.otherwise.get(path, well)
        step(self, self.server.files.get(path))

    def start(self, status: int, headers: dict[str, object]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()

    def range(self, content: bytes) -> tuple[int, int, bytes]:
        """Status, start and body of the answer to the Range that was asked for."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        start = int(found[1]) if found else 0
        if start >= len(content) > 0:
            return 416, start, b""
        return (206 if found else 200), start, content[start:]

    def answer(self, content: bytes, send: int | None = None, length: int | None = None) -> None:
        """Send the body as asked for; only its first ``send`` bytes, or under a wrong ``length``."""
        status, start, body = self.range(content)
        headers: dict[str, object] = {"Content-Length": len(body) if length is None else length}
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self.start(status, headers)
        self.wfile.write(body[:send])

    def log_message(self, *arguments: object) -> None:
        """Keep quiet: the tests read ``log``."""


class StubServer(ThreadingHTTPServer):
    """Serves ``files`` by path; ``script`` lists the steps for the next requests, ``otherwise`` what follows them."""

    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__((host, 0), Handler)
        self.files: dict[str, bytes] = {}
        self.script: dict[str, list[Step]] = defaultdict(list)
        self.otherwise: dict[str, Step] = {}
        self.log: list[tuple[str, str | None]] = []
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the play."""

    def __enter__(self) -> "StubServer":
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


Step = Callable[[Handler, bytes | None], None]


def well(handler: Handler, content: bytes | None) -> None:
    """The right answer: 200, 206, 416 or 404."""
    if content is None:
        handler.start(404, {"Content-Length": 0})
    else:
        handler.answer(content)


def cut(count: int) -> Step:
    """Close the connection after ``count`` bytes of the body."""

    def step(handler: Handler, content: bytes | None) -> None:
        handler.answer(content, send=count)
        handler.close_connection = True

    return step


def cut_without_length(count: int) -> Step:
    """Announce no length, and close the connection after ``count`` bytes."""

    def step(handler: Handler, content: bytes | None) -> None:
        handler.start(200, {"Connection": "close"})
        handler.wfile.write(content[:count])
        handler.close_connection = True

    return step


def cut_chunked(count: int) -> Step:
    """Send the body in chunks, and close the connection within the second."""

    def step(handler: Handler, content: bytes | None) -> None:
        handler.start(200, {"Transfer-Encoding": "chunked"})
        handler.wfile.write(b"%x\r\n%s\r\n%x\r\n" % (count, content[:count], len(content)))
        handler.close_connection = True

    return step


def status(code: int, **headers: object) -> Step:
    """Answer with a status and nothing else."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, content: handler.start(code, {"Content-Length": 0} | named)


def other(content: bytes) -> Step:
    """Serve other bytes than those of the file, all by the rules."""
    return lambda handler, _: handler.answer(content)


def no_range(handler: Handler, content: bytes | None) -> None:
    """Ignore the range and send everything."""
    handler.start(200, {"Content-Length": len(content)})
    handler.wfile.write(content)


def no_range_cut(count: int) -> Step:
    """Ignore the range, and close the connection after ``count`` bytes."""

    def step(handler: Handler, content: bytes | None) -> None:
        handler.start(200, {"Content-Length": len(content)})
        handler.wfile.write(content[:count])
        handler.close_connection = True

    return step


def partial(start: int, headers: dict[str, object]) -> Step:
    """Answer 206 with everything from ``start`` on, whatever was asked for."""

    def step(handler: Handler, content: bytes | None) -> None:
        handler.start(206, {"Content-Length": len(content) - start} | headers)
        handler.wfile.write(content[start:])

    return step


def stall(count: int, seconds: float) -> Step:
    """Send ``count`` bytes, then nothing for so long."""

    def step(handler: Handler, content: bytes | None) -> None:
        handler.answer(content, send=count)
        handler.wfile.flush()
        time.sleep(seconds)
        handler.close_connection = True

    return step


def redirect(to: str) -> Step:
    """Point to another address."""
    return status(302, Location=to)


def raw(content: bytes, seconds: float = 0) -> Step:
    """Send these bytes, whether they are HTTP or not, wait for so long, and close the connection."""

    def step(handler: Handler, _: bytes | None) -> None:
        handler.wfile.write(content)
        handler.wfile.flush()
        time.sleep(seconds)
        handler.close_connection = True

    return step


# Seconds after which a server that would go on for ever gives up: a client at fault must not hold the tests for ever.
FOR_EVER = 12


def endless(start: bytes, more: bytes, pause: float) -> Step:
    """Send ``start``, then ``more`` again and again until the client hangs up."""

    def step(handler: Handler, _: bytes | None) -> None:
        handler.close_connection = True
        handler.wfile.write(start)
        end = time.monotonic() + FOR_EVER
        while time.monotonic() < end:
            handler.wfile.write(more)
            handler.wfile.flush()
            time.sleep(pause)

    return step


def trickle(pause: float) -> Step:
    """Send the body as asked for, a byte at a time."""

    def step(handler: Handler, content: bytes | None) -> None:
        handler.close_connection = True
        handler.answer(content, send=0)
        end = time.monotonic() + FOR_EVER
        for byte in handler.range(content)[2]:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(pause)
            if time.monotonic() > end:
                return

    return step


def compressed(handler: Handler, content: bytes | None) -> None:
    """Send the file compressed by gzip though nobody asked for it, or the part of that which was asked for."""
    packed = gzip.compress(content, mtime=0)
    status, start, body = handler.range(packed)
    headers: dict[str, object] = {"Content-Length": len(body), "Content-Encoding": "gzip"}
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{len(packed) - 1}/{len(packed)}"
    handler.start(status, headers)
    handler.wfile.write(body)
