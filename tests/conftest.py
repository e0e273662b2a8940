"""Fixtures that several files share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.clones import finished_pipeline
from tests.fuzzing import TIMES
from tests.pipeline import Pipeline
from tests.stub_server import StubServer

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@pytest.fixture
def shared_data() -> Path:
    """The folder of the real data, which lies beside the project; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the real data are not there: no ../shared/data beside the project")
    return SHARED


# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("project", deadline=None, max_examples=100 * TIMES)
settings.load_profile("project")


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A finished tiny pipeline to clone; nobody changes it, so that one run serves every test."""
    return finished_pipeline(tmp_path_factory.mktemp("finished-once"))


@pytest.fixture
def server() -> Iterator[StubServer]:
    """A web server on localhost that misbehaves as told."""
    with StubServer() as running:
        yield running


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A download cache of the test's own, and no proxy between it and the stub server."""
    monkeypatch.setenv("PIPELINE_DOWNLOADS", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost,::1")
    return tmp_path / "cache"
