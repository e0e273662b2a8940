"""Answers that are no HTTP, lead nowhere, never end, or say one thing and do another."""

import gzip
import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from stages.errors import InputError
from stages.sources import transfer
from stages.sources.answer import retry_after
from stages.sources.fetch import fetch
from tests import stub_server as stub
from tests.downloads import CONTENT, Waits, get, ranges, remote, settings

pytestmark = pytest.mark.usefixtures("cache")
OK = b"HTTP/1.1 200 OK\r\n"
LONG = OK + b"Content-Length: 200000\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
NO_HTTP = "no valid HTTP answer"
SLOW = "fewer than 100 bytes a second for 0.6 s"
LOGIN = b" \n<!DOCTYPE HTML><title>Welcome to our network</title>" + b"x" * 300_000

# A step of the server, and what the user reads where it never does better.
TRANSIENT = {
    "no byte": (stub.raw(b""), "the connection was cut off"),
    "half a status line": (stub.raw(b"HTTP/1."), NO_HTTP),
    "half a header": (stub.raw(LONG), "the connection was cut off"),
    "garbage": (stub.raw(b"\x00\xff\x13garbage\r\n\r\n"), NO_HTTP),
    "HTTP/0.9": (stub.raw(b"<html>hello</html>"), NO_HTTP),
    "another protocol": (stub.raw(b"SSH-2.0-OpenSSH_9.6\r\n"), NO_HTTP),
    "no status": (stub.raw(b"HTTP/1.1 abc OK\r\n\r\n"), NO_HTTP),
    "5,000 headers": (stub.raw(OK + b"X: y\r\n" * 5000 + b"\r\n"), NO_HTTP),
    "a header of 100 kB": (stub.raw(OK + b"X: " + b"y" * 100_000 + b"\r\n\r\n"), NO_HTTP),
    "two lengths": (stub.raw(OK + b"Content-Length: 7\r\nContent-Length: 8\r\n\r\n"), NO_HTTP),
    "no chunk": (stub.raw(CHUNKED + b"zz\r\n" + CONTENT), "the connection was cut off"),
    "a length too small": (stub.raw(OK + b"Content-Length: 1000\r\n\r\n" + CONTENT), "wrong length: 1000 bytes"),
    "an unknown coding": (stub.raw(LONG + b"Content-Encoding: gzip\r\n\r\n" + CONTENT), "not compressed as the server"),
    "50 codings": (
        stub.raw(LONG + b"Content-Encoding: " + b"gzip," * 50 + b"gzip\r\n\r\n" + CONTENT),
        "not compressed",
    ),
    "a bomb": (
        stub.raw(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(50_000_000))),
        "wrong length: 262144 bytes",
    ),
    "a login page": (stub.other(LOGIN), "wrong length: .* it is a web page: does the server or this network ask for"),
    "another range": (stub.partial(5, {"Content-Range": "bytes 5-199999/200000"}), "another part of the file"),
    "a status of its own": (stub.status(799), "HTTP 799"),
    "425": (stub.status(425), "HTTP 425"),
    "408": (stub.status(408), "HTTP 408"),
    "a closed port": (stub.redirect("http://127.0.0.1:9/"), "no connection to 127.0.0.1:9 "),
    "a host that isn't there": (stub.redirect("http://nowhere.invalid/"), "no connection to nowhere.invalid "),
    "a header that stops": (stub.raw(b"HTTP/1.1 200", seconds=1), "nothing received for 0.3 s"),
    "a header at a trickle": (stub.endless(OK, b"X", 0.05), SLOW),
    "continue for ever": (stub.endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01), SLOW),
    "a body at a trickle": (stub.trickle(0.05), SLOW),
    "a chunk at a trickle": (stub.endless(CHUNKED + b"5;", b"x", 0.05), SLOW),
    "trailers for ever": (stub.endless(CHUNKED + b"0\r\n", b"X: y\r\n", 0.01), SLOW),
}

FINAL = {
    "a circle": (stub.redirect("/a.bin"), "redirects in a circle"),
    "a file": (stub.redirect("file:///etc/passwd"), "cannot ask .*file:///etc/passwd"),
    "ftp": (stub.redirect("ftp://127.0.0.1/"), "cannot ask .*ftp://"),
    "no port": (stub.redirect("http://127.0.0.1:99999/"), "cannot ask .*[Pp]ort"),
    "half an IPv6 address": (stub.redirect("http://[::1/"), "cannot ask .*IPv6"),
    "no UTF-8": (stub.raw(b"HTTP/1.1 302 Found\r\nLocation: /\xff\r\nContent-Length: 0\r\n\r\n"), "cannot ask .*utf-8"),
    "a redirect to nowhere": (stub.status(302), "HTTP 302"),
    "no content": (stub.status(204), "HTTP 204"),
    "a range that wasn't asked for": (stub.status(416), "HTTP 416"),
    "signs of a terminal": (stub.raw(b"HTTP/1.1 403 \x1b[31mred\rfoo\x07" + b"y" * 300 + b"\r\n\r\n"), "HTTP 403"),
}


def refusal(server, step, **changes):
    """The one line that the user reads where the server takes this step for ever."""
    server.otherwise["/a.bin"] = step
    with pytest.raises(InputError) as caught:
        get(remote(server), **changes)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 500
    return str(caught.value)


@pytest.mark.parametrize("name", TRANSIENT)
def test_a_bad_answer_once_costs_another_try(server, name):
    server.script["/a.bin"] = [TRANSIENT[name][0]]
    waits, before = Waits(), time.monotonic()
    assert get(remote(server), waits, timeout=0.3) == CONTENT
    assert len(ranges(server)) in (2, 3) and waits[0] == 1.0
    assert time.monotonic() - before < stub.FOR_EVER / 2


@pytest.mark.parametrize("name", TRANSIENT)
def test_a_bad_answer_for_ever_is_one_line(server, cache, name):
    step, message = TRANSIENT[name]
    before = time.monotonic()
    assert re.search(message, refusal(server, step, attempts=2, timeout=0.3))
    assert time.monotonic() - before < stub.FOR_EVER
    assert not list(cache.glob("?" * 64))


@pytest.mark.parametrize("name", FINAL)
def test_a_final_answer_is_one_line_and_not_asked_for_again(server, name):
    step, message = FINAL[name]
    assert re.search(message, refusal(server, step))
    assert len(server.log) == (11 if name == "a circle" else 1)


@pytest.mark.parametrize(
    "place", ["b.bin", "/b.bin", "//{host}/b.bin", "http://{host}/b.bin", "http://localhost:{port}/b.bin"]
)
def test_redirects_lead_to_any_place_and_keep_the_range(server, cache, place):
    one = remote(server)
    server.files["/b.bin"] = CONTENT
    host = server.address.removeprefix("http://")
    server.otherwise["/a.bin"] = stub.redirect(place.format(host=host, port=server.server_port))
    server.script["/b.bin"] = [stub.cut(70_000)]
    assert get(one) == CONTENT
    assert ranges(server, "/b.bin") == [None, "bytes=70000-"]


def test_what_comes_with_a_redirect_is_not_read(server):
    server.files["/b.bin"] = CONTENT
    server.otherwise["/a.bin"] = stub.endless(b"HTTP/1.1 302 Found\r\nLocation: /b.bin\r\n\r\n", b"x" * 100_000, 0.01)
    before = time.monotonic()
    assert get(remote(server)) == CONTENT
    assert time.monotonic() - before < stub.FOR_EVER / 2


@pytest.mark.parametrize("size", [True, False])
def test_a_compressed_answer_is_unpacked_and_its_parts_are_not_mixed_up(server, size):
    text = b"a,b,c\n" * 30_000
    server.otherwise["/a.bin"] = stub.compressed
    server.script["/a.bin"] = [stub.cut(50)]
    assert get(remote(server, content=text, size=size)) == text
    assert ranges(server) == [None, "bytes=50-", None]


def test_a_body_without_end_is_not_read_to_the_end(server, cache, monkeypatch):
    monkeypatch.setattr(transfer, "LARGEST", 1_000_000)
    server.otherwise["/a.bin"] = stub.endless(OK + b"\r\n", b"x" * 10_000, 0.001)
    with pytest.raises(InputError, match="a.bin: longer than 1 MB: not the file that was meant"):
        get(remote(server, size=False))
    assert len(server.log) == 1


@pytest.mark.parametrize(
    ("step", "reason"),
    [(stub.status(503, Retry_After=1), "HTTP 503"), (stub.raw(b"", seconds=1), "nothing received for 0.1 s")],
)
def test_a_server_that_is_down_is_not_asked_for_everything(server, step, reason):
    remotes = [remote(server, f"{number}.bin", bytes([number])) for number in range(30)]
    server.otherwise = {f"/{number}.bin": step for number in range(30)}
    with pytest.raises(InputError, match=f"6 of 30 files failed: .*{reason}.*; 24 others not tried"):
        fetch(remotes, settings(attempts=2, timeout=0.1), Waits())
    assert len(server.log) <= 2 * (6 + 4)


def test_a_server_that_comes_back_is_asked_for_the_rest(server):
    remotes = [remote(server, f"{number}.bin", bytes([number]) * 1000) for number in range(20)]
    for number in range(7, 13):
        server.script[f"/{number}.bin"] = [stub.raw(b""), stub.cut(500), stub.status(503)]
    fetched = fetch(remotes, settings(), Waits())
    assert [fetched.paths[one.digest].read_bytes()[:1] for one in remotes] == [bytes([n]) for n in range(20)]


def test_a_long_wait_is_announced(server, capsys):
    server.script["/a.bin"] = [stub.status(429, Retry_After=300)]
    get(remote(server))
    assert "a.bin: HTTP 429 Too Many Requests; the next try is in 300 s" in capsys.readouterr().err


NOW = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (" 12 ", 12),
        ("9" * 400, 366 * 86400),
        ("Mon, 01 Jan 2024 00:01:30 GMT", 90),
        ("Mon, 01 Jan 2024 01:01:30 +0100", 90),
        ("Sun, 31 Dec 9999 23:59:59 GMT", 366 * 86400),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 0),
        ("Mon, 01 Jan 2024 00:01:30 +99999999999", 0),
        ("1.5", 0),
        ("-1", 0),
        ("\N{SUPERSCRIPT TWO}", 0),
        ("1e9", 0),
        ("inf", 0),
        ("", 0),
    ],
)
def test_retry_after_in_every_form(header, seconds):
    assert retry_after(header, NOW) == seconds


@settings_of_hypothesis(max_examples=50)
@given(st.text(max_size=60) | st.from_regex(r"\w{3}, \d{1,30} \w{3} \d{1,30} \d+:\d+:\d+ ([+-]\d{1,30}|GMT)"))
def test_retry_after_is_a_number_whatever_the_server_says(header):
    assert 0 <= retry_after(header, NOW) <= 366 * 86400


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://user:secret@127.0.0.1:9/", "no connection to 127.0.0.1:9 "),
        ("http://user:secret@127.0.0.1:99999/", "cannot ask http://127.0.0.1:99999/set/a.bin"),
        ("https://user:p@ss@127.0.0.1:9/", "no connection to 127.0.0.1:9 "),
    ],
)
def test_the_password_of_a_mirror_is_not_told(server, capsys, address, message):
    with pytest.raises(InputError, match=message) as caught:
        get(remote(server), mirror=address, attempts=1)
    for text in (str(caught.value), capsys.readouterr().err):
        assert "secret" not in text and "ss@" not in text
