"""Fixtures that all tests share, and hypothesis without chance."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from hypothesis import settings

from tests.helpers import Pipeline, tiny_pipeline

if TYPE_CHECKING:
    import s3fs

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"

# The same examples every time; `make fuzz` draws new ones, and more. How long one takes says how busy the machine is.
settings.register_profile("project", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("fuzz", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))


@pytest.fixture
def shared_data() -> Path:
    """The folder of the real data, which lies beside the project; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the real data are not there: no ../shared/data beside the project")
    return SHARED


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Pipeline:
    """A finished tiny pipeline to copy; nobody changes it, so that one run serves every test of all processes."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "finished"
    with FileLock(f"{shared}.lock"):
        if shared.exists():
            return Pipeline(shared)
        pipeline = tiny_pipeline(base / "finished once")
        pipeline.commit("parameters")
        pipeline.run("python", "-m", "tools.repro")
        pipeline.commit("results")
        pipeline.folder.rename(shared)  # where it failed, the next process tries again
        return Pipeline(shared)


@pytest.fixture
def finished(finished_once: Pipeline, tmp_path: Path) -> Pipeline:
    """A copy of the finished tiny pipeline to change at will."""
    return finished_once.copy(tmp_path / "copy")


@pytest.fixture(scope="session")
def browser() -> str:
    """Headless Chromium; the tests are skipped where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no Chromium on this machine: the pages cannot be opened")
    return found


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator["s3fs.S3FileSystem"]:
    """Files on an S3 server of this test's own, with an empty bucket called ``bucket``; commands find it too."""
    import requests  # here, since only two tests need a server
    import s3fs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    requests.post(f"http://{host}:{port}/moto-api/reset", timeout=60)  # its servers in one process share their content
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()  # they would ask the server of the test before
    files = s3fs.S3FileSystem()
    files.mkdir("bucket")
    yield files
    server.stop()
