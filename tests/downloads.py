"""What the tests of downloads share: a file on the stub server, and fetching it without waiting between tries."""

import hashlib
from typing import Any

import numpy as np

from stages.params_data import Download
from stages.sources.catalogue import Remote
from stages.sources.fetch import fetch
from tests.stub_server import StubServer

CONTENT = np.random.default_rng(0).bytes(200_000)


class Waits(list):
    """Stands for time.sleep: notes how long, and doesn't wait."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def remote(
    server: StubServer, name: str = "a.bin", content: bytes = CONTENT, size: bool = True, **changes: Any
) -> Remote:
    """Put ``content`` on the server and say where it is and how to know it; ``size``: its length is known."""
    server.files[f"/{name}"] = content
    known = {"size": len(content)} if size else {}
    known |= {"algorithm": "sha256", "digest": hashlib.sha256(content).hexdigest()} | changes
    return Remote(name, f"{server.address}/{name}", f"set/{name}", **known)


def settings(**changes: Any) -> Download:
    """The block ``download`` of params.yaml."""
    return Download(**{"mirror": None, "connections": 4, "attempts": 4, "timeout": 5.0} | changes)


def get(one: Remote, waits: Waits | None = None, **changes: Any) -> bytes:
    """Fetch one file and return its bytes."""
    fetched = fetch([one], settings(**changes), Waits() if waits is None else waits)
    return fetched.paths[one.digest].read_bytes()


def ranges(server: StubServer, path: str = "/a.bin") -> list[str | None]:
    """The Range of each request for a path."""
    return [asked for at, asked in server.log if at == path]
