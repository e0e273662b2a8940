"""The stage as its users run it, from a server that fails: by DVC and by hand, twice at once, killed, and again."""

import time

import pytest

from tests import stub_server as stub
from tests.mask_project import BASE, MaskProject

pytestmark = pytest.mark.slow


@pytest.fixture
def project(server, cache, tmp_path):
    return MaskProject(server, tmp_path / "project", cache)


def wait_until(what, seconds=30):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def repro(project, check=True):
    return project.dvc("repro", "download_faces", check=check, **project.variables)


def test_faults_of_every_kind_end_with_the_right_photos(server, project):
    names = list(project.photos)
    steps = [
        stub.cut(1000),
        stub.status(503),
        stub.status(429, Retry_After=1),
        stub.raw(b"garbage"),
        stub.other(b"<html>"),
        stub.stall(500, 5),
        stub.no_range_cut(700),
        stub.redirect(f"{BASE}/images/{names[0]}"),
        stub.raw(b""),
        stub.cut_without_length(900),
        stub.cut_chunked(800),
        stub.status(500),
    ]
    for name, step in zip(names, steps, strict=True):
        server.script[f"{BASE}/images/{name}"] = [step]
    repro(project)
    assert project.stored() == project.photos and project.left_over() == []
    asked = len(server.log)
    assert "didn't change" in repro(project) and len(server.log) == asked


def test_a_server_that_dies_half_way_and_comes_back(server, project):
    project.change(download__attempts=1, download__connections=1)
    names = sorted(project.photos, key=list(project.photos).index)
    for name in names[5:]:
        server.script[f"{BASE}/images/{name}"] = [stub.cut(1000)]
        server.otherwise[f"{BASE}/images/{name}"] = stub.status(503)
    said = repro(project, check=False)
    errors = [line for line in said.splitlines() if line.startswith("error:")]
    assert len(errors) == 1 and f"{names[5]}: " in errors[0] and "Traceback" not in said
    assert not (project.folder / "data/raw/faces").exists() and project.left_over() == []
    server.otherwise.clear()
    server.script.clear()
    server.log.clear()
    repro(project)
    assert project.stored() == project.photos
    assert sorted(path for path, _ in server.log) == sorted(f"{BASE}/images/{name}" for name in names[5:])
    assert {asked for _, asked in server.log} == {"bytes=1000-"}


def test_wrong_bytes_for_ever_are_named_and_nothing_is_written(server, project):
    bad = list(project.photos)[3]
    server.otherwise[f"{BASE}/images/{bad}"] = stub.other(project.photos[bad][:-1] + b"?")
    project.change(download__attempts=2)
    output, errors = project.download().communicate(timeout=60)
    last = errors.splitlines()[-1]
    assert output == "" and last.startswith(f"error: download: 1 of {len(project.photos)} files failed: {bad}: wrong ")
    assert not (project.folder / "data/raw/faces").exists() and project.left_over() == []


@pytest.mark.parametrize("killed", [False, True])
def test_two_at_once_into_one_folder(server, project, killed):
    held = list(project.photos)[7]
    server.script[f"{BASE}/images/{held}"] = [stub.stall(1000, 2)]
    project.change(download__timeout=5.0)
    first = project.download()
    wait_until(lambda: any(path.endswith(f"/{held}") for path, _ in server.log))
    second = project.download()
    assert "waiting for another process to finish data" in second.stderr.readline()
    if killed:
        first.kill()
        assert first.wait(timeout=10) != 0
    else:
        assert first.communicate(timeout=60)[0].startswith("faces from source medical_masks: 12 photos")
    output, errors = second.communicate(timeout=60)
    assert output.startswith("faces from source medical_masks: 12 photos"), errors
    assert project.stored() == project.photos and project.left_over() == []
    asked = [one for path, one in server.log if path.endswith(f"/{held}")]
    assert asked == [None, "bytes=1000-"]
