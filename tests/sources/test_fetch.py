"""Downloads: checked by hash, kept, retried, never half-written; against a server on this machine."""

import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from stages.config.data import Download
from stages.runtime.errors import InputError
from stages.sources.catalogue import MASK_TABLES, TIBETAN_MNIST, Remote, mask_photos
from stages.sources.fetch import cache_folder, fetch

CONTENT = {f"/{name}": name.encode() * 1000 for name in "abcdef"}


class Server(ThreadingHTTPServer):
    """Serves :data:`CONTENT`; ``answers`` are the statuses to give first for a path; ``asked`` counts requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, list[int]] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status = (self.server.answers.get(self.path) or [200 if self.path in CONTENT else 404]).pop(0)
        body = CONTENT.get(self.path, b"")
        self.send_response(200 if status == -1 else status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:10] if status == -1 else body if status == 200 else b"")
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("PIPELINE_DOWNLOADS", str(tmp_path / "kept"))
    monkeypatch.setattr("time.sleep", lambda _: None)  # pooch waits longer before every try
    with Server() as one:
        Thread(target=one.serve_forever, daemon=True).start()
        yield one
        one.shutdown()


def remote(server: Server, name: str, content: bytes | None = None, **changes: object) -> Remote:
    digest = hashlib.sha256(content or CONTENT[f"/{name}"]).hexdigest()
    return Remote(name, f"{server.url}/{name}", name, digest, **changes)


def settings(**changes: object) -> Download:
    return Download(**({"mirror": None, "connections": 2, "attempts": 3, "timeout": 5.0} | changes))


def test_files_come_by_their_digest_and_are_fetched_once(server: Server, tmp_path: Path):
    remotes = [remote(server, name) for name in "abc"]
    paths, gone = fetch(remotes, settings())
    assert gone == [] and {paths[one.digest].read_bytes() for one in remotes} == {CONTENT[f"/{n}"] for n in "abc"}
    assert sorted(server.asked) == ["/a", "/b", "/c"]
    assert fetch(remotes, settings()) == (paths, [])
    assert len(server.asked) == 3, "kept files are not asked for again"
    assert all(path.is_relative_to(tmp_path / "kept") for path in paths.values())


def test_a_kept_file_that_was_damaged_is_fetched_again(server: Server):
    one = remote(server, "a")
    path = fetch([one], settings())[0][one.digest]
    path.write_bytes(b"damaged")
    assert fetch([one], settings())[0][one.digest].read_bytes() == CONTENT["/a"]


def test_the_same_bytes_under_two_names_are_fetched_once(server: Server):
    first, second = remote(server, "a"), Remote("z", f"{server.url}/a", "z", remote(server, "a").digest)
    assert len(fetch([first, second], settings())[0]) == 1 and server.asked == ["/a"]


@pytest.mark.parametrize("answers", [[500], [503, 429], [-1], [-1, 500]])
def test_what_goes_wrong_once_is_tried_again(server: Server, answers: list[int]):
    server.answers["/a"] = [*answers, 200]
    one = remote(server, "a")
    assert fetch([one], settings())[0][one.digest].read_bytes() == CONTENT["/a"]
    assert len(server.asked) == len(answers) + 1


@pytest.mark.parametrize("status", [404, 410])
def test_a_file_that_is_gone_is_told_and_asked_for_once(server: Server, status: int):
    server.answers["/a"] = [status]
    one, other = remote(server, "a"), remote(server, "b")
    paths, gone = fetch([one, other], settings())
    assert gone == [one] and list(paths) == [other.digest] and server.asked.count("/a") == 1


def test_wrong_content_is_an_error_that_names_the_file_and_keeps_the_others(server: Server, tmp_path: Path):
    wrong, right = remote(server, "a", b"something else"), remote(server, "b")
    with pytest.raises(InputError, match=r"download: 1 file failed: a: .*hash.*; 1 of 2 have come and are kept"):
        fetch([wrong, right], settings())
    kept = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [right.digest]


def test_a_git_blob_is_checked_by_its_id(server: Server):
    content = CONTENT["/a"]
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    good = Remote("a", f"{server.url}/a", "a", blob, git_blob=True)
    assert fetch([good], settings())[0][blob].read_bytes() == content
    bad = Remote("b", f"{server.url}/b", "b", "0" * 40, git_blob=True)
    with pytest.raises(InputError, match=r"b: wrong content \(hash .* instead of 000000000000…\)"):
        fetch([bad], settings())
    assert not (cache_folder() / bad.digest).exists()


def test_nobody_who_answers_is_one_clear_line_after_the_first_file(server: Server):
    remotes = [Remote(f"f{i}", f"http://127.0.0.1:1/{i}", "f", f"{i:064}") for i in range(50)]
    with pytest.raises(InputError, match=r"download: 1 file failed: f0: ") as error:
        fetch(remotes, settings(attempts=1))
    assert "Traceback" not in str(error.value) and len(str(error.value).splitlines()) == 1


def test_a_mirror_may_be_an_address(server: Server):
    one = Remote("a", "http://127.0.0.1:1/nowhere", "a", remote(server, "a").digest)
    assert fetch([one], settings(mirror=server.url + "/"))[0][one.digest].read_bytes() == CONTENT["/a"]


def test_a_mirror_may_be_a_folder_whose_files_are_checked_and_not_copied(server: Server, tmp_path: Path):
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "a").write_bytes(CONTENT["/a"])
    one, other = remote(server, "a"), remote(server, "b")
    paths, gone = fetch([one, other], settings(mirror=str(mirror)))
    assert paths == {one.digest: mirror / "a"} and gone == [other] and server.asked == []
    (mirror / "a").write_bytes(b"another")
    with pytest.raises(InputError, match="a: wrong content"):
        fetch([one], settings(mirror=str(mirror)))
    with pytest.raises(InputError, match=r"download\.mirror: .*: no such folder"):
        fetch([one], settings(mirror=str(tmp_path / "none")))


def test_every_public_file_has_an_address_and_a_hash():
    remotes = [TIBETAN_MNIST, *MASK_TABLES, *mask_photos()]
    assert len(mask_photos()) == 676
    for one in remotes:
        assert one.url.startswith("https://") and len(one.digest) == (40 if one.git_blob else 64)
        int(one.digest, 16)


def test_the_real_files_are_those_that_are_meant(shared_data: Path):
    download = settings(mirror=str(shared_data))
    paths, gone = fetch([*MASK_TABLES, *mask_photos()], download)
    assert gone == [] and len(paths) == 2 + len({one.digest for one in mask_photos()})
