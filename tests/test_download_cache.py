"""What may lie in the download cache, and must neither be taken for a file nor stop the next run without a word."""

import os
from pathlib import Path

import pytest

from stages.errors import InputError
from stages.sources.fetch import fetch
from tests import stub_server as stub
from tests.downloads import CONTENT, Waits, get, ranges, remote, settings

pytestmark = pytest.mark.usefixtures("cache")


def lay(cache: Path, name: str, what: str) -> None:
    """Put something in the place of a file of the cache."""
    path = cache / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "link to a file":
        path.symlink_to(cache.parent / "precious")
    elif what == "link to nothing":
        path.symlink_to(cache.parent / "nothing")
    else:
        path.write_bytes(
            {"nothing": b"", "garbage": b"?" * 5000, "too much": CONTENT * 2, "wrong": bytes(200_000)}[what]
        )


@pytest.mark.parametrize("size", [True, False])
@pytest.mark.parametrize("what", ["nothing", "garbage", "too much", "wrong"])
@pytest.mark.parametrize("place", ["", ".part"])
def test_wrong_bytes_in_the_cache_cost_no_try(server, cache, place, what, size):
    one = remote(server, size=size)
    lay(cache, f"{one.digest}{place}", what)
    waits = Waits()
    assert get(one, waits, attempts=1) == CONTENT and waits == []
    assert get(one) == CONTENT and len(server.log) <= 2


@pytest.mark.parametrize("what", ["folder", "pipe", "link to a file", "link to nothing"])
@pytest.mark.parametrize("place", ["{}", "{}.part", "locks/{}.lock"])
def test_what_is_no_file_is_named_or_replaced(server, cache, place, what):
    if what == "pipe" and (not hasattr(os, "mkfifo") or place.endswith("lock")):
        pytest.skip("no pipes here, or one that serves as a lock")
    (cache.parent / "precious").write_text("precious", encoding="utf-8")
    one = remote(server, size=False)
    name = place.format(one.digest)
    lay(cache, name, what)
    if place == "{}" and what.startswith("link"):
        assert get(one) == CONTENT and not (cache / name).is_symlink()
    else:
        with pytest.raises(InputError, match=f"{name}: .*remove it") as caught:
            get(one)
        assert str(caught.value).isprintable()
    assert (cache.parent / "precious").read_text(encoding="utf-8") == "precious"
    assert not (cache.parent / "nothing").exists()


def test_a_link_to_the_right_file_will_do(server, cache):
    one = remote(server)
    cache.mkdir()
    (cache.parent / "kept elsewhere").write_bytes(CONTENT)
    (cache / one.digest).symlink_to(cache.parent / "kept elsewhere")
    assert get(one) == CONTENT and server.log == []


@pytest.mark.parametrize("place", ["/proc/nothing", "/dev/null", "x" * 300])
def test_a_cache_that_cannot_be_made(server, monkeypatch, place):
    monkeypatch.setenv("PIPELINE_DOWNLOADS", place)
    with pytest.raises(InputError, match="cannot keep downloads here; set PIPELINE_DOWNLOADS"):
        get(remote(server))


@pytest.mark.parametrize(
    ("place", "mode"),
    [("", 0o500), ("locks", 0o500), ("{}", 0o000), ("{}.part", 0o000), ("{}.part", 0o400), ("locks/{}.lock", 0o000)],
)
def test_what_may_not_be_read_or_written_is_named(server, cache, place, mode):
    one = remote(server)
    name = place.format(one.digest)
    (cache / "locks").mkdir(parents=True)
    if name not in ("", "locks"):
        (cache / name).write_bytes(CONTENT[:1000])
    (cache / name).chmod(mode)
    if os.access(cache / name, os.R_OK | os.W_OK):
        pytest.skip("root may read and write all")
    try:
        with pytest.raises(InputError, match="set PIPELINE_DOWNLOADS to") as caught:
            get(one)
    finally:
        (cache / name).chmod(0o700)
    assert str(caught.value).startswith(str(cache / name)) and str(caught.value).isprintable()


def test_the_others_are_kept_where_one_cannot_be(server, cache):
    remotes = [remote(server, f"{number}.bin", bytes([number])) for number in range(5)]
    fetch(remotes[:4], settings())
    lay(cache, remotes[4].digest, "folder")
    with pytest.raises(InputError, match="remove it"):
        fetch(remotes, settings())
    (cache / remotes[4].digest).rmdir()
    assert len(fetch(remotes, settings()).paths) == 5 and len(server.log) == 5


def test_a_part_is_gone_on_with_after_a_cut_and_a_new_start(server, cache):
    one = remote(server)
    server.otherwise["/a.bin"] = stub.cut(70_000)
    with pytest.raises(InputError, match="cut off"):
        get(one, attempts=1)
    assert (cache / f"{one.digest}.part").read_bytes() == CONTENT[:70_000]
    server.otherwise.clear()
    assert get(one, attempts=1) == CONTENT
    assert ranges(server) == [None, "bytes=70000-"]
    assert sorted(path.name for path in cache.iterdir()) == [one.digest, "locks"]
