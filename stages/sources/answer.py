"""What the status and the header of an answer say about its body."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

from stages.sources.outcome import Failed, Gone, Refused
from stages.text import one_line

# Answers after which a later try can go well; any other answer of 400 to 499 is final.
_TRANSIENT_4XX = {408, 425, 429}
_A_YEAR = 366 * 86400.0


def start_of_body(response: requests.Response, offset: int) -> int | None:
    """Where in the file the answer's body starts; None where the server has nothing behind ``offset``.

    Raises:
        Gone, Refused, Failed: there is no body of use.
    """
    status = response.status_code
    if status == 200:
        return 0  # The server ignored the range, or none was asked for.
    if status == 206:
        return _start_of_range(response, offset)
    if status == 416 and offset:
        return None  # The part is complete, or wrong and about to be found out.
    answer = one_line(f"HTTP {status} {response.reason or ''}")
    if status in (404, 410):
        raise Gone(answer)
    if status < 500 and status not in _TRANSIENT_4XX:
        raise Refused(answer)
    wait = retry_after(response.headers.get("Retry-After"), datetime.now(UTC)) if status in (429, 503) else 0.0
    raise Failed(answer, wait, server_down=True)


def _start_of_range(response: requests.Response, offset: int) -> int:
    found = re.match(r"bytes (\d{1,18})-", response.headers.get("Content-Range", ""))
    if found is None or int(found[1]) > offset:
        raise Failed("the server sent another part of the file than the one that was asked for", start_over=True)
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        # A part of the compressed file cannot be unpacked, and is no part of the file.
        raise Failed("the server sent a part of a compressed form of the file", start_over=True)
    return int(found[1])  # Some servers start earlier than asked, at the beginning of a block.


def retry_after(header: str | None, now: datetime) -> float:
    """Seconds that a ``Retry-After`` header (RFC 9110, 10.2.3) asks for, a year at most; 0 for nonsense.

    Both forms are read: a whole number of seconds, and a date.
    """
    header = (header or "").strip()
    if re.fullmatch("[0-9]+", header):
        return min(float(header), _A_YEAR)
    try:
        date = parsedate_to_datetime(header)
        return min(max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds()), _A_YEAR)
    except (ValueError, OverflowError):
        return 0.0
