"""Downloads against a server that fails in every way that servers fail."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from stages.errors import InputError
from stages.sources.answer import retry_after
from stages.sources.catalogue import Remote
from stages.sources.fetch import fetch
from tests import stub_server as stub
from tests.downloads import CONTENT, Waits, get, ranges, remote, settings
from tests.stub_server import StubServer

pytestmark = pytest.mark.usefixtures("cache")


@pytest.mark.parametrize("size", [True, False])
def test_a_file_is_fetched_once(server, size):
    one = remote(server, size=size)
    assert get(one) == get(one) == CONTENT
    assert ranges(server) == [None]


def test_same_bytes_under_two_names_are_fetched_once(server):
    first, second = remote(server), remote(server, "b.bin")
    fetch([first, second], settings())
    assert len(server.log) == 1


@pytest.mark.parametrize("lost", ["a", "b"])
def test_one_of_two_addresses_is_enough(server, lost):
    first, second = remote(server), remote(server, "b.bin")
    server.otherwise[f"/{lost}.bin"] = stub.status(404)
    fetched = fetch([first, second], settings())
    assert fetched.gone == [] and fetched.paths[second.digest].read_bytes() == CONTENT


def test_an_empty_file_and_odd_sizes(server):
    for content in (b"", b"x", CONTENT[: 1 << 16], CONTENT[: (1 << 16) + 1]):
        assert get(remote(server, f"{len(content)}.bin", content)) == content


def test_git_blob_id(server):
    # `printf 'hello\n' | git hash-object --stdin`
    digest = "ce013625030ba8dba906f756967f9e9ca394464a"
    assert get(remote(server, content=b"hello\n", algorithm="git-blob", digest=digest, size=False)) == b"hello\n"


@pytest.mark.parametrize("size", [True, False])
@pytest.mark.parametrize("tenth", range(10))
def test_a_cut_at_any_tenth_is_resumed(server, tenth, size):
    at, waits = len(CONTENT) * tenth // 10, Waits()
    server.script["/a.bin"] = [stub.cut(at)]
    assert get(remote(server, size=size), waits) == CONTENT
    assert ranges(server) == [None, f"bytes={at}-" if at else None]
    assert waits == [1.0]


def test_cuts_at_every_tenth_of_one_file_are_not_failures_while_it_grows(server):
    waits = Waits()
    server.script["/a.bin"] = [stub.cut(len(CONTENT) // 10) for _ in range(9)]
    assert get(remote(server), waits, attempts=2) == CONTENT
    assert ranges(server)[1:] == [f"bytes={len(CONTENT) * tenth // 10}-" for tenth in range(1, 10)]
    assert waits == [1.0] * 9


def test_cuts_that_bring_nothing_are_failures(server):
    server.otherwise["/a.bin"] = stub.cut(0)
    waits = Waits()
    with pytest.raises(InputError, match="a.bin: the connection was cut off .tries: 4."):
        get(remote(server), waits)
    assert waits == [1.0, 2.0, 4.0]


def test_without_ranges_a_cut_at_the_same_place_ends(server):
    server.otherwise["/a.bin"] = stub.no_range_cut(50_000)
    with pytest.raises(InputError, match="cut off"):
        get(remote(server))
    assert len(server.log) == 4


@pytest.mark.parametrize("step", [stub.cut_without_length(70_000), stub.cut_chunked(70_000)])
def test_a_cut_without_a_length_is_resumed(server, step):
    server.script["/a.bin"] = [step]
    assert get(remote(server)) == CONTENT
    assert ranges(server) == [None, "bytes=70000-"]


def test_server_errors_are_tried_again_with_growing_waits(server):
    waits = Waits()
    server.script["/a.bin"] = [stub.status(500), stub.status(502), stub.status(504)]
    assert get(remote(server), waits) == CONTENT
    assert waits == [1.0, 2.0, 4.0]


def test_waits_are_bounded(server):
    waits = Waits()
    server.script["/a.bin"] = [stub.status(500)] * 9
    get(remote(server), waits, attempts=10)
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


@pytest.mark.parametrize("code", [429, 503])
def test_the_server_says_how_long_to_wait(server, code):
    waits = Waits()
    server.script["/a.bin"] = [stub.status(code, Retry_After=17), stub.status(code, Retry_After=0)]
    assert get(remote(server), waits) == CONTENT
    assert waits == [17.0, 2.0]


def test_a_server_that_asks_for_hours_is_refused(server):
    server.otherwise["/a.bin"] = stub.status(429, Retry_After=7200)
    with pytest.raises(InputError, match="HTTP 429 .*come back in 7200 s"):
        get(remote(server))
    assert len(server.log) == 1


def test_retry_after_as_a_date_and_as_nonsense():
    now = datetime(2024, 1, 1, tzinfo=UTC)
    assert retry_after(format_datetime(now + timedelta(seconds=90), usegmt=True), now) == 90
    assert retry_after(format_datetime(now - timedelta(seconds=90), usegmt=True), now) == 0
    assert [retry_after(text, now) for text in (None, "", "soon", "-3", "12")] == [0, 0, 0, 0, 12]


@pytest.mark.parametrize("code", [400, 401, 403, 451])
def test_final_answers_are_not_tried_again(server, code):
    server.otherwise["/a.bin"] = stub.status(code)
    with pytest.raises(InputError, match=f"a.bin: HTTP {code}"):
        get(remote(server))
    assert len(server.log) == 1


@pytest.mark.parametrize("code", [404, 410])
def test_what_is_gone_is_told_apart(server, code):
    server.otherwise["/a.bin"] = stub.status(code)
    one, two = remote(server), remote(server, "b.bin", b"b")
    fetched = fetch([one, two], settings(), Waits())
    assert fetched.gone == [one] and list(fetched.paths) == [two.digest]
    assert len(ranges(server)) == 1


@pytest.mark.parametrize("wrong", [CONTENT[:-1] + b"!", CONTENT + b"!", CONTENT[:-1], b"", b"<html>"])
@pytest.mark.parametrize("size", [True, False])
def test_wrong_bytes_once(server, wrong, size):
    server.script["/a.bin"] = [stub.other(wrong)]
    waits = Waits()
    assert get(remote(server, size=size), waits) == CONTENT
    assert ranges(server) == [None, None] and waits == [1.0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (CONTENT[:-1] + b"!", "wrong content: sha256 .*ask the authors"),
        (CONTENT[:-1], "wrong length: 199999 bytes instead of 200000; ask the authors"),
        (CONTENT * 3, "wrong length"),
    ],
)
def test_wrong_bytes_for_ever(server, cache, wrong, message):
    server.otherwise["/a.bin"] = stub.other(wrong)
    waits = Waits()
    with pytest.raises(InputError, match=f"a.bin: {message}"):
        get(remote(server, hint="ask the authors"), waits)
    assert waits == [1.0, 2.0, 4.0] and len(server.log) == 4
    assert [path.name for path in cache.iterdir()] == ["locks"]


def test_too_many_bytes_are_not_read_to_the_end(server, cache):
    server.otherwise["/a.bin"] = stub.other(CONTENT * 200)
    before = time.monotonic()
    with pytest.raises(InputError, match="wrong length: 2[0-9]{5} bytes"):
        get(remote(server), attempts=1)
    assert time.monotonic() - before < 5


@pytest.mark.parametrize("size", [True, False])
def test_a_server_that_ignores_ranges_is_read_from_the_start(server, size):
    server.script["/a.bin"] = [stub.cut(70_000), stub.no_range]
    assert get(remote(server, size=size)) == CONTENT
    assert ranges(server) == [None, "bytes=70000-"]


@pytest.mark.parametrize(("left", "asked"), [(CONTENT, ["bytes=200000-"]), (CONTENT + b"!", ["bytes=200001-", None])])
def test_a_part_that_is_complete_or_too_long(server, cache, left, asked):
    one = remote(server, size=False)
    cache.mkdir()
    (cache / f"{one.digest}.part").write_bytes(left)
    assert get(one) == CONTENT
    assert ranges(server) == asked


def test_a_complete_part_is_not_asked_for_where_the_size_is_known(server, cache):
    one = remote(server)
    cache.mkdir()
    (cache / f"{one.digest}.part").write_bytes(CONTENT)
    assert get(one) == CONTENT and server.log == []


def test_a_part_with_wrong_bytes_is_thrown_away(server, cache):
    one = remote(server)
    cache.mkdir()
    (cache / f"{one.digest}.part").write_bytes(b"?" * 1000)
    assert get(one) == CONTENT
    assert ranges(server) == ["bytes=1000-", None]


@pytest.mark.parametrize("start", [90_000, 100_001, None])
def test_a_range_from_another_place_is_used_if_nothing_lies_between(server, cache, start):
    one = remote(server)
    cache.mkdir()
    (cache / f"{one.digest}.part").write_bytes(CONTENT[:100_000])
    headers = {} if start is None else {"Content-Range": f"bytes {start}-199999/200000"}
    server.script["/a.bin"] = [stub.partial(start or 0, headers)]
    assert get(one) == CONTENT
    assert ranges(server) == ["bytes=100000-"] + ([] if start == 90_000 else [None])


def test_a_range_from_another_place_for_ever(server, cache):
    server.otherwise["/a.bin"] = stub.partial(5, {"Content-Range": "bytes 5-199999/200000"})
    with pytest.raises(InputError, match="another part of the file"):
        get(remote(server))
    assert [path.name for path in cache.iterdir()] == ["locks"]


def test_a_restart_forgets_the_wrong_bytes_of_a_longer_part(server, cache):
    one = remote(server)
    cache.mkdir()
    (cache / f"{one.digest}.part").write_bytes(b"?" * 100_000)
    server.script["/a.bin"] = [stub.no_range_cut(50_000)]
    assert get(one) == CONTENT
    assert ranges(server) == ["bytes=100000-", "bytes=50000-"]


def test_a_spoilt_file_in_the_cache_is_fetched_again(server, cache):
    one = remote(server)
    get(one)
    (cache / one.digest).write_bytes(CONTENT[:-1] + b"!")
    assert get(one) == CONTENT and len(server.log) == 2


def test_a_stall_is_cut_off_and_resumed(server):
    server.script["/a.bin"] = [stub.stall(70_001, 5)]
    assert get(remote(server), timeout=0.2) == CONTENT
    assert ranges(server) == [None, "bytes=70001-"]


def test_a_stall_for_ever(server):
    server.otherwise["/a.bin"] = stub.stall(0, 5)
    with pytest.raises(InputError, match="nothing received for 0.1 s"):
        get(remote(server), timeout=0.1, attempts=2)


def test_redirects_are_followed_but_not_for_ever(server):
    one = remote(server)
    server.script["/a.bin"] = [stub.redirect("/c.bin")]
    server.files["/c.bin"] = CONTENT
    assert get(one) == CONTENT
    two = remote(server, "b.bin", b"b")
    server.otherwise["/b.bin"] = stub.redirect("/b.bin")
    with pytest.raises(InputError, match="redirects in a circle"):
        get(two)
    assert len(ranges(server, "/b.bin")) <= 11


def test_the_summary_names_all_that_failed_and_keeps_the_rest(server, cache, capsys):
    remotes = [remote(server, f"{number}.bin", bytes([number])) for number in range(9)]
    for number in range(7):
        server.otherwise[f"/{number}.bin"] = stub.status(403)
    with pytest.raises(InputError, match="7 of 9 files failed: .*HTTP 403.*; and 2 more, listed above"):
        fetch(remotes, settings(), Waits())
    assert capsys.readouterr().err.count("failed: ") == 7
    assert (cache / remotes[8].digest).read_bytes() == b"\x08"


def test_without_a_network_it_gives_up_soon(server, free_port):
    remotes = [
        Remote(f"{n}.bin", f"http://127.0.0.1:{free_port}/{n}", "x", "sha256", f"{n:064x}", 1) for n in range(50)
    ]
    with pytest.raises(InputError, match=r"no connection to 127.0.0.1:\d+ .*; 44 others not tried"):
        fetch(remotes, settings(attempts=2), Waits())


@pytest.fixture
def free_port():
    with StubServer() as closed:
        return closed.server_port


def test_no_more_connections_than_allowed(server):
    remotes = [remote(server, f"{number}.bin", bytes([number]) * 10) for number in range(12)]
    busy, most, guard = 0, 0, threading.Lock()

    def counted(handler, content):
        nonlocal busy, most
        with guard:
            busy += 1
            most = max(most, busy)
        time.sleep(0.03)
        with guard:
            busy -= 1
        stub.well(handler, content)

    server.otherwise = {f"/{number}.bin": counted for number in range(12)}
    fetch(remotes, settings(connections=3))
    assert most == 3


def test_a_mirror_folder_serves_instead(server, tmp_path):
    one = remote(server)
    (tmp_path / "set").mkdir()
    assert fetch([one], settings(mirror=str(tmp_path))).gone == [one]
    (tmp_path / "set" / "a.bin").write_bytes(CONTENT)
    assert get(one, mirror=str(tmp_path)) == CONTENT
    (tmp_path / "set" / "a.bin").write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(InputError, match="a.bin: .*wrong content"):
        get(one, mirror=str(tmp_path))
    assert server.log == []


def test_a_mirror_address_serves_instead_and_names_are_quoted(server):
    name = "-a (2) & b=c%20+#?é.bin"
    one = Remote(name, "http://public.invalid/x", f"set/{name}", "sha256", hashlib.sha256(CONTENT).hexdigest())
    server.files[f"/base/set/{name}"] = CONTENT
    assert get(one, mirror=f"{server.address}/base/") == CONTENT


@pytest.mark.parametrize(
    ("mirror", "message"),
    [("nowhere", "nowhere: no such folder"), (" ", "no such folder"), ("ftp://x", "must be a folder or start")],
)
def test_a_mirror_that_cannot_be(server, mirror, message):
    with pytest.raises(InputError, match=f"download.mirror: .*{message}"):
        get(remote(server), mirror=mirror)


def test_a_cache_that_cannot_be_written_to(server, cache):
    cache.write_text("a file in its place", encoding="utf-8")
    with pytest.raises(InputError, match="cache: .*set PIPELINE_DOWNLOADS"):
        get(remote(server))


def test_a_fault_within_a_thread_comes_through(server, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("stages.sources.obtain.transfer", full)
    with pytest.raises(OSError, match="No space left"):
        get(remote(server))


FETCH = """
import sys
from stages.params_data import Download
from stages.sources.catalogue import Remote
from stages.sources.fetch import fetch
url, digest, size = sys.argv[1:]
remote = Remote("a.bin", url, "x", "sha256", digest, int(size))
print(fetch([remote], Download(mirror=None, connections=2, attempts=2, timeout=30.0)).paths)
"""


def start_process(one):
    return subprocess.Popen(
        [sys.executable, "-c", FETCH, one.url, one.digest, str(one.size)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.getcwd()},
    )


def test_two_processes_fetch_a_file_once(server):
    one = remote(server)
    both_run = threading.Event()

    def held(handler, content):
        both_run.wait(20)
        time.sleep(0.2)
        stub.well(handler, content)

    server.otherwise["/a.bin"] = held
    processes = [start_process(one), start_process(one)]
    for process in processes:
        assert b"fetching 1 file" in process.stderr.readline()
    both_run.set()
    for process in processes:
        output, errors = process.communicate(timeout=30)
        assert one.digest.encode() in output, errors
    assert ranges(server) == [None]


@pytest.mark.parametrize("sent", [0, 70_000])
def test_ctrl_c_ends_it_at_once_and_the_next_run_goes_on(server, cache, sent):
    one = remote(server)
    server.script["/a.bin"] = [stub.stall(sent, 20)]
    process = start_process(one)
    part = cache / f"{one.digest}.part"
    deadline = time.monotonic() + 20
    while not server.log or (sent and not (part.exists() and part.stat().st_size == sent)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    before = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert time.monotonic() - before < 2
    assert process.returncode != 0
    assert get(one) == CONTENT
    assert ranges(server) == [None, f"bytes={sent}-" if sent else None]
