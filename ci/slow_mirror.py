"""A mirror on this machine that takes its time over every file, so that a download can be struck in its middle."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

PIECES = 20
SECONDS = 1.0  # that a file takes, however large it is


@contextmanager
def slow_mirror(folder: Path) -> Iterator[str]:
    """Serve the files below ``folder`` by plain GET, in parts where asked for (``Range: bytes=N-``); yield the URL."""
    handler = type("Handler", (_Handler,), {"folder": folder})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    folder: Path

    def do_GET(self) -> None:
        file = self.folder / unquote(self.path).lstrip("/")
        if not file.is_file():
            self.send_error(404)
            return
        content = file.read_bytes()
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = min(int(asked[1]), len(content)) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        piece = len(content) // PIECES + 1
        for place in range(start, len(content), piece):
            try:
                self.wfile.write(content[place : place + piece])
            except OSError:
                return  # The other end was killed.
            time.sleep(SECONDS / PIECES)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
