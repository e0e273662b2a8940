"""One try at downloading one file: go on where the last try was cut off, and say what kind of failure it was."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import requests
import urllib3

from stages.sources.catalogue import Remote

CHUNK = 1 << 16
# Answers after which a later try can go well; any other answer of 400 to 499 is final.
_TRANSIENT_4XX = {408, 425, 429}


class Gone(Exception):
    """The server has no such file (404, 410)."""


class Refused(Exception):
    """Trying again is of no use."""


class Failed(Exception):
    """This try failed; a later one can go well.

    ``wait`` is what the server asks for, in seconds; ``unreachable`` says that no server answered at all.
    """

    def __init__(self, reason: str, wait: float = 0.0, unreachable: bool = False):
        super().__init__(reason)
        self.wait = wait
        self.unreachable = unreachable


class Stopped(Exception):
    """Somebody asked to stop."""


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
        timeout: seconds without a byte after which the try has failed.
        report: is told the number of bytes that ``part`` has gained (less than 0 where it starts anew).

    Raises:
        Gone, Refused, Failed, Stopped: as their names say. ``part`` keeps what has come.
    """
    offset = part.stat().st_size if part.exists() else 0
    if remote.size is not None and offset >= remote.size and part.exists():
        return  # All is there, and only the check is still to be made.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-"} if offset else {})
    try:
        with session.get(url, headers=headers, stream=True, timeout=timeout) as response:
            start = _start(response, offset)
            if start is not None:
                report(start - offset)
                _append(response, remote, part, start, stop, report)
    except requests.TooManyRedirects:
        raise Refused(f"{url} redirects in a circle") from None
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema):
        raise Refused(f"{url} is not a usable address") from None
    except (requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError):
        raise Failed(f"nothing received for {timeout:g} s") from None
    except (requests.exceptions.ChunkedEncodingError, urllib3.exceptions.HTTPError):
        raise Failed("the connection was cut off") from None
    except requests.RequestException as error:
        raise Failed(_no_connection(url, error), unreachable=True) from None


def _start(response: requests.Response, offset: int) -> int | None:
    """Where in the file the answer's body starts; None where the server has nothing behind ``offset``."""
    status = response.status_code
    if status == 200:
        return 0  # The server ignored the range, or none was asked for.
    if status == 206:
        return _start_of_range(response, offset)
    if status == 416 and offset:
        return None  # The part is complete, or wrong and about to be found out.
    answer = f"HTTP {status} {response.reason or ''}".rstrip()
    if status in (404, 410):
        raise Gone(answer)
    if status < 500 and status not in _TRANSIENT_4XX:
        raise Refused(answer)
    wait = retry_after(response.headers.get("Retry-After"), datetime.now(UTC)) if status in (429, 503) else 0.0
    raise Failed(answer, wait)


def _start_of_range(response: requests.Response, offset: int) -> int:
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if found is None or int(found[1]) > offset:
        raise Refused("the server sent another part of the file than the one that was asked for")
    return int(found[1])  # Some servers start earlier than asked, at the beginning of a block.


def _append(
    response: requests.Response, remote: Remote, part: Path, start: int, stop: Event, report: Callable[[int], None]
) -> None:
    # Unbuffered and by read1: whatever has arrived is on disk when the connection, or this process, dies.
    with part.open("r+b" if part.exists() else "wb", buffering=0) as file:
        file.truncate(start)
        file.seek(start)
        length = start
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            file.write(chunk)
            length += len(chunk)
            report(len(chunk))
            if stop.is_set():
                raise Stopped
            if remote.size is not None and length > remote.size:
                return  # Too long already: reading on would only cost time. The check of the size will say so.
    delimited = "Content-Length" in response.headers or "Transfer-Encoding" in response.headers
    if remote.size is not None and length < remote.size and not delimited:
        raise Failed("the connection was cut off")


def retry_after(header: str | None, now: datetime) -> float:
    """Seconds that a ``Retry-After`` header (RFC 9110, 10.2.3) asks for, as a number or a date; 0 for nonsense."""
    if not header:
        return 0.0
    if header.strip().isdecimal():
        return float(header)
    try:
        date = parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())


def _no_connection(url: str, error: requests.RequestException) -> str:
    kind = "no secure connection" if isinstance(error, requests.exceptions.SSLError) else "no connection"
    return f"{kind} to {urlsplit(url).netloc}"
