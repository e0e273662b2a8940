"""One try at downloading one file: go on where the last try was cut off."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import BinaryIO

import requests
import urllib3

from stages.sources.answer import start_of_body
from stages.sources.catalogue import Remote
from stages.sources.outcome import Failed, Refused, Stopped
from stages.sources.pace import Pace
from stages.sources.web import ask
from stages.text import one_line

CHUNK = 1 << 16
# Bytes after which a file of unknown size is given up: no file of the catalogue is nearly as long.
LARGEST = 100_000_000


def transfer(
    session: requests.Session,
    url: str,
    remote: Remote,
    part: Path,
    timeout: float,
    stop: Event,
    report: Callable[[int], None],
) -> None:
    """Append to ``part`` what it lacks of the file at ``url``.

    Args:
        session: from :func:`stages.sources.web.new_session`.
        timeout: seconds without a byte after which the try has failed; twice as many may pass with fewer than
            :data:`stages.sources.pace.LOWEST_PACE` bytes a second.
        report: is told the number of bytes that ``part`` has gained (less than 0 where it starts anew).

    Raises:
        Gone, Refused, Failed, Stopped: as their names say. ``part`` keeps what has come.
    """
    offset = part.stat().st_size if part.exists() else 0
    if remote.size is not None and offset >= remote.size and part.exists():
        return  # All is there, and only the check is still to be made.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-"} if offset else {})
    with Pace(2 * timeout) as pace, ask(session, url, headers, timeout) as response:
        start = start_of_body(response, offset)
        if start is not None:
            report(start - offset)
            with part.open("r+b" if part.exists() else "wb", buffering=0) as file:
                file.truncate(start)
                file.seek(start)
                for chunk in _chunks(response, remote, start, timeout):
                    _write(file, chunk, part)
                    pace.bytes += len(chunk)
                    report(len(chunk))
                    if stop.is_set():
                        raise Stopped


def _chunks(response: requests.Response, remote: Remote, length: int, timeout: float) -> Iterator[bytes]:
    """Yield the body as it arrives, up to where the file, ``length`` bytes of which are there, is too long."""
    try:
        # By read1: whatever has arrived is on disk when the connection, or this process, dies.
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            yield chunk
            length += len(chunk)
            if remote.size is not None and length > remote.size:
                return  # Reading on would only cost time. The check of the size will say so.
            if length > LARGEST:
                raise Refused(f"longer than {LARGEST / 1e6:.0f} MB: not the file that was meant")
    except urllib3.exceptions.ReadTimeoutError:
        raise Failed(f"nothing received for {timeout:g} s", server_down=True) from None
    except urllib3.exceptions.DecodeError as error:
        raise Failed(f"not compressed as the server says ({one_line(error)})") from None
    except urllib3.exceptions.HTTPError:
        raise Failed("the connection was cut off") from None
    delimited = "Content-Length" in response.headers or "Transfer-Encoding" in response.headers
    if remote.size is not None and length < remote.size and not delimited:
        raise Failed("the connection was cut off")


def _write(file: BinaryIO, chunk: bytes, part: Path) -> None:
    """Write all of ``chunk``; an unbuffered file takes a part of it without a word where the disk is nearly full."""
    rest = memoryview(chunk)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        error.filename = str(part)
        raise
