"""DVC remotes: a second machine gets finished runs without training."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ci.outcomes import read_outcomes
from tests.clones import Clone
from tests.pipeline import Pipeline

pytestmark = pytest.mark.slow

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
RUN = "shared"


@pytest.fixture(scope="module")
def first_machine(finished_once: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A clone that has run another learning rate as an experiment, which is no commit of a branch."""
    clone = Clone(finished_once, tmp_path_factory.mktemp("first") / "machine")
    clone.dvc("checkout")
    log = clone.dvc("exp", "run", "--name", RUN, "-S", "cnn.variants.plain.lr=0.004")
    assert "Running stage 'train_cnn@plain'" in log
    return clone


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Address of an S3 server in this process, with the bucket ``runs``."""
    boto3 = pytest.importorskip("boto3", reason="dvc-s3 is not installed")
    server = pytest.importorskip("moto.server", reason="moto[server] is not installed").ThreadedMotoServer(
        ip_address="127.0.0.1", port=0, verbose=False
    )
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    client.create_bucket(Bucket="runs")
    yield address
    server.stop()


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_a_second_machine_gets_finished_runs(
    kind: str, finished_once: Pipeline, first_machine: Pipeline, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    second = Clone(finished_once, tmp_path / "second", cache=False)
    second.run("git", "clone", "--quiet", "--bare", str(finished_once.folder), str(tmp_path / "hub.git"))
    for machine in (first_machine, second):
        machine.git("remote", "set-url", "origin", str(tmp_path / "hub.git"))
        url = str(tmp_path / "store") if kind == "folder" else "s3://runs/store"
        machine.dvc("remote", "add", "--local", "--default", "--force", "store", url)
        if kind == "s3":
            machine.dvc("remote", "modify", "--local", "store", "endpointurl", request.getfixturevalue("s3"))
    first_machine.dvc("push", "--run-cache", "--all-branches", **KEYS)
    first_machine.dvc("exp", "push", "origin", RUN, **KEYS)

    second.dvc("pull", "--run-cache", **KEYS)
    assert_nothing_runs(second)
    assert second.outputs() == finished_once.outputs()
    assert second.git("status", "--porcelain") == ""

    second.dvc("exp", "pull", "origin", RUN, **KEYS)
    second.dvc("exp", "apply", RUN)
    assert_nothing_runs(second)
    assert second.outputs() == first_machine.outputs()
    assert second.outputs() != finished_once.outputs()


def assert_nothing_runs(machine: Pipeline) -> None:
    """Make sure that ``dvc repro`` finds every stage up to date."""
    output = machine.dvc("repro")
    assert set(read_outcomes(output).values()) == {"unchanged"}
    assert "up to date" in output
