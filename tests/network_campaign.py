"""Downloads from a server that misbehaves at random, hundreds of times: ``python -m tests.network_campaign``.

Every case draws files, what an earlier run left in the cache, and what the server does to each file before it does
well. Whatever it does: the download ends within a time limit, with the right bytes or one line; nothing wrong lies
under a final name; with tries enough it succeeds, and once the server does well, it succeeds anyhow.
"""

import argparse
import contextlib
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from stages.errors import InputError
from stages.params_data import Download
from stages.sources.catalogue import Remote
from stages.sources.digests import file_digest
from stages.sources.fetch import fetch
from tests import stub_server as stub
from tests.stub_server import Step, StubServer

TIMEOUT = 0.25  # of the client, in seconds
LIMIT = 60.0  # seconds in which a case must end: far more than the most tries take
LENGTHS = (0, 1, 1000, 65_536, 65_537, 150_000)


def _mangled(rng: np.random.Generator, content: bytes) -> Step:
    """A right answer in which a few bytes of the header are changed, missing or too many."""
    answer = bytearray(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(content))
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(len(answer)))
        answer[at : at + int(rng.integers(2))] = rng.bytes(int(rng.integers(3)))
    return stub.raw(bytes(answer) + content)


def _mangled_chunks(rng: np.random.Generator, content: bytes) -> Step:
    """A right answer in chunks, one byte of which is changed."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (content[:50], content[50:]) if part) + b"0\r\n\r\n"
    answer = bytearray(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
    answer[int(rng.integers(40, len(answer)))] = int(rng.integers(256))
    return stub.raw(bytes(answer))


# What the server may do to a request, by name: each draws its particulars.
FAULTS: dict[str, Callable[[np.random.Generator, bytes], Step]] = {
    "cut": lambda rng, c: stub.cut(int(rng.integers(len(c) + 1))),
    "cut without length": lambda rng, c: stub.cut_without_length(int(rng.integers(len(c) + 1))),
    "cut in a chunk": lambda rng, c: stub.cut_chunked(int(rng.integers(1, len(c) + 2))),
    "cut, ranges ignored": lambda rng, c: stub.no_range_cut(int(rng.integers(len(c) + 1))),
    "ranges ignored": lambda rng, c: stub.no_range,
    "another range": lambda rng, c: stub.partial(
        int(rng.integers(len(c) + 1)), {"Content-Range": f"bytes {rng.integers(len(c) + 10)}-{len(c)}/{len(c)}"}
    ),
    "status": lambda rng, c: stub.status(int(rng.choice([408, 425, 500, 502, 504, 507, 799]))),
    "retry after": lambda rng, c: stub.status(
        int(rng.choice([429, 503])), Retry_After=str(rng.choice(["0", "7", "600", "-1", "soon", "1e3", "٣"]).encode())
    ),
    "wrong bytes": lambda rng, c: stub.other(rng.bytes(len(c))),
    "too short": lambda rng, c: stub.other(c[: int(rng.integers(len(c) + 1))]),
    "too long": lambda rng, c: stub.other(c + rng.bytes(int(rng.integers(1, 10**6)))),
    "a web page": lambda rng, c: stub.other(b"<!doctype html>" + rng.bytes(int(rng.integers(10**5)))),
    "compressed": lambda rng, c: stub.compressed,
    "garbage": lambda rng, c: stub.raw(rng.bytes(int(rng.integers(3000)))),
    "mangled header": _mangled,
    "mangled chunks": _mangled_chunks,
    "closed port": lambda rng, c: stub.redirect("http://127.0.0.1:9/"),
    "stall": lambda rng, c: stub.stall(int(rng.integers(len(c) + 1)), 4 * TIMEOUT),
    "stall in the header": lambda rng, c: stub.raw(b"HTTP/1.1 200 OK\r\nX"[: rng.integers(18)], 4 * TIMEOUT),
    "trickle": lambda rng, c: stub.trickle(0.02),
    "endless header": lambda rng, c: stub.endless(b"HTTP/1.1 200 OK\r\n", b"X", 0.02),
    "endless trailers": lambda rng, c: stub.endless(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n", 0.01
    ),
}
SLOW = {"stall", "stall in the header", "trickle", "endless header", "endless trailers"}
# What ends a file at once; the last of them only where no range was asked for.
FINAL = {
    "gone": stub.status(404),
    "forbidden": stub.status(403),
    "circle": stub.redirect("/0"),
    "no address": stub.redirect("file:///etc/passwd"),
    "hours": stub.status(429, Retry_After=7200),
    "no such range": stub.status(416),
}


@dataclass
class Case:
    """One drawn case: files on a server, its faults by path, and how the client is set."""

    remotes: list[Remote] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    final: bool = False
    most_faults: int = 0
    attempts: int = 1
    connections: int = 1
    twins: bool = False


def draw(rng: np.random.Generator, server: StubServer, cache: Path) -> Case:
    """Draw a case; put its files and faults on ``server``, and what an earlier run left into ``cache``."""
    case = Case(attempts=int(rng.integers(1, 12)), connections=int(rng.integers(1, 5)), twins=rng.random() < 0.2)
    usual = [name for name in FAULTS if name not in SLOW]
    for number in range(int(rng.integers(1, 4))):
        content = rng.bytes(int(rng.choice(LENGTHS)))
        path = f"/{number}"
        git = rng.random() < 0.3
        digest = hashlib.sha1(b"blob %d\0" % len(content) + content) if git else hashlib.sha256(content)
        size = len(content) if rng.random() < 0.6 else None
        one = Remote(str(number), server.address + path, "", "git-blob" if git else "sha256", digest.hexdigest(), size)
        case.remotes.append(one)
        if one.digest not in case.contents:  # Two may be empty, and then are one in the cache.
            _leave(rng, cache, one.digest, content)
        case.contents[one.digest] = server.files[path] = content
        names = [str(name) for name in rng.choice(usual, int(rng.integers(5)))]
        if rng.random() < 0.15:
            names.append(str(rng.choice(sorted(SLOW))))
        server.script[path] = [FAULTS[name](rng, content) for name in names]
        if rng.random() < 0.08:
            name = str(rng.choice(list(FINAL)))
            server.script[path].append(FINAL[name])
            names.append(name)
            case.final = True
        case.faults += names
        case.most_faults = max(case.most_faults, len(names))
    return case


def _leave(rng: np.random.Generator, cache: Path, digest: str, content: bytes) -> None:
    """What an earlier run may have left of a file: a beginning, too much, something else, a spoilt file."""
    left = [content[: int(rng.integers(len(content) + 1))], content + b"more", rng.bytes(1000), bytes(len(content))]
    suffix = rng.choice(["", ".part", None], p=[0.1, 0.3, 0.6])
    if suffix is not None:
        (cache / f"{digest}{suffix}").write_bytes(left[rng.integers(len(left))])


def download(case: Case) -> str:
    """Fetch the case's files; say how it ended.

    Raises:
        AssertionError: with wrong bytes.
    """
    settings = Download(mirror=None, connections=case.connections, attempts=case.attempts, timeout=TIMEOUT)
    try:
        fetched = fetch(case.remotes, settings, lambda seconds: None)
    except InputError as error:
        return "one line" if str(error).isprintable() and len(str(error)) < 2000 else f"no clear line: {error!r}"
    for one in case.remotes:
        if one not in fetched.gone:
            assert fetched.paths[one.digest].read_bytes() == case.contents[one.digest], f"wrong bytes of {one.name}"
    return "gone" if fetched.gone else "right"


def _within(limit: float, tasks: list[Callable[[], str]]) -> list[str]:
    """Run tasks side by side, each of which must end in ``limit`` seconds; return how they ended."""
    ended: list[str | BaseException] = []

    def run(task: Callable[[], str]) -> None:
        try:
            ended.append(task())
        except BaseException as error:
            ended.append(error)

    threads = [threading.Thread(target=run, args=(task,), daemon=True) for task in tasks]
    deadline = time.monotonic() + limit
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    assert len(ended) == len(tasks), f"still running after {limit:g} s"
    for one in ended:
        if isinstance(one, BaseException):
            raise one
    return [str(one) for one in ended]


def check_names(cache: Path, case: Case) -> None:
    """Raise AssertionError where a file under a final name is not what the name says."""
    for one in case.remotes:
        path = cache / one.digest
        if path.exists():
            assert file_digest(path, one.algorithm) == one.digest, f"wrong bytes under the final name of {one.name}"


def run_case(seed: int, number: int, folder: Path, kill: bool = False) -> tuple[Case, list[str]]:
    """Draw and run one case in ``folder``; with ``kill``, a process that downloads is killed first.

    Raises:
        AssertionError: the download did what it must never do.
    """
    rng = np.random.default_rng([seed, number])
    cache = folder / str(number)
    cache.mkdir()
    os.environ["PIPELINE_DOWNLOADS"] = str(cache)
    with StubServer() as server, contextlib.redirect_stderr(io.StringIO()):
        case = draw(rng, server, cache)
        spoilt = {path.name for path in cache.iterdir() if not path.suffix}
        if kill:
            _kill_one(rng, case)
        ends = _within(LIMIT, [lambda: download(case)] * (2 if case.twins else 1))
        assert set(ends) <= {"right", "gone", "one line"}, ends
        if "right" in ends or not spoilt:
            check_names(cache, case)
        if not case.final and not case.twins and case.attempts > 2 * case.most_faults:
            assert ends == ["right"], f"failed with tries enough: {ends}"
        server.script.clear()
        assert _within(LIMIT, [lambda: download(case)]) == ["right"], "failed though the server does well"
        check_names(cache, case)
        assert sorted(path.name for path in cache.iterdir()) == sorted({"locks", *case.contents}), (
            f"left over: {sorted(cache.iterdir())}"
        )
    shutil.rmtree(cache)
    return case, ends


_CHILD = """
import sys, json
from stages.params_data import Download
from stages.sources.catalogue import Remote
from stages.sources.fetch import fetch
print("ready", flush=True)
remotes = [Remote(*fields) for fields in json.loads(sys.argv[1])]
fetch(remotes, Download(mirror=None, connections=2, attempts=20, timeout=0.25), lambda seconds: None)
"""


def _kill_one(rng: np.random.Generator, case: Case) -> None:
    """Start a process that downloads the case's files, and kill it at a moment of its first 0.15 seconds."""
    fields = [
        [getattr(one, name) for name in ("name", "url", "mirror_path", "algorithm", "digest", "size")]
        for one in case.remotes
    ]
    command = [sys.executable, "-c", _CHILD, json.dumps(fields)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        process.stdout.readline()
        time.sleep(float(rng.uniform(0, 0.15)))
        process.send_signal(signal.SIGKILL)


def main() -> None:
    """Run the campaign and count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--kills", type=int, default=50, help="cases in which a process is killed first")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    os.environ["NO_PROXY"] = "127.0.0.1"
    faults, ends, bad, before = Counter(), Counter(), 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.cases + arguments.kills):
            try:
                case, ended = run_case(arguments.seed, number, Path(folder), kill=number >= arguments.cases)
            except Exception as error:
                bad += 1
                print(f"case {number} of seed {arguments.seed}: {type(error).__name__}: {error}", flush=True)
            else:
                faults.update(case.faults)
                ends.update(ended)
    print(f"{arguments.cases} cases and {arguments.kills} with a kill in {time.monotonic() - before:.0f} s; {bad} bad")
    print("faults:", ", ".join(f"{name} {count}" for name, count in sorted(faults.items())))
    print("ends:", ", ".join(f"{name} {count}" for name, count in sorted(ends.items())))
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
