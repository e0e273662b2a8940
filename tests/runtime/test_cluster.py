"""The same pipeline on a Dask cluster: the same bytes, whoever dies."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="pip install -r requirements-cluster.txt")

from stages.runtime import cluster as module
from stages.runtime.errors import InputError
from stages.runtime.parallel import CLUSTER, map_processes, map_threads
from tests.helpers import PROJECT, Pipeline
from tools.cluster_sweep import check_remotes, pushed_commit

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]

# Makes a worker kill a process as it begins a call: "2 1234" in the file `kill` of its folder stands for the second
# call and process 1234, 0 for the worker itself.
KILLER = """
import os
from pathlib import Path
from distributed import WorkerPlugin
ORDER = Path("kill").absolute()

class Killer(WorkerPlugin):
    def transition(self, key, start, finish, **_):
        if finish == "executing" and ORDER.exists():
            count, target = map(int, ORDER.read_text().split())
            if count > 1:
                ORDER.write_text(f"{count - 1} {target}")
                return
            ORDER.unlink()
            os.kill(target or os.getpid(), 9)

async def dask_setup(worker):
    await worker.plugin_add(Killer())
"""


class Cluster:
    """A scheduler and workers, each a process in a folder of its own, none of which has the project on its path."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes = folder, {}
        (folder / "killer.py").write_text(KILLER, encoding="utf-8")
        known = folder / "scheduler.json"
        self.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(known))
        while not known.exists():
            time.sleep(0.05)
        self.address = json.loads(known.read_text(encoding="utf-8"))["address"]

    def start(self, name: str, *options: str) -> None:
        place = self.folder / name
        place.mkdir()
        kind = ["scheduler"] if name == "scheduler" else ["worker", self.address, "--preload", "../killer.py"]
        command = [sys.executable, "-m", "distributed.cli.dask_" + kind[0], *kind[1:], "--no-dashboard", *options]
        with (place / "log").open("w") as log:
            self.processes[name] = subprocess.Popen(command, cwd=place, stdout=log, stderr=log, start_new_session=True)

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    one = Cluster(tmp_path_factory.mktemp("cluster"))
    for name in ("first", "second"):
        one.start(name, "--nthreads", "1")
    yield one
    for name in list(one.processes):
        one.kill(name)


def test_bytes_and_lock_are_those_of_one_machine_though_a_worker_is_killed(cluster: Cluster, finished: Pipeline):
    before, lock, order = finished.outputs(), finished.folder / "dvc.lock", cluster.folder / "first/kill"
    locked = lock.read_bytes()
    for stages in (("crop_faces", "audit@masks"), ("train@plain", "train@simple")):
        for stage in stages:
            assert stage in lock.read_text(encoding="utf-8")
        order.write_text("2 0" if "crop_faces" in stages else "1 0")
        said = finished.dvc("repro", "--force", "--single-item", *stages, DASK_SCHEDULER_ADDRESS=cluster.address)
        assert said.count("Running stage") == 2 and not order.exists(), "a worker was killed"
    assert finished.outputs() == before and lock.read_bytes() == locked


@cache
def content(name: str) -> str:
    return Path(name).read_text(encoding="utf-8")


def fail(row: int) -> int:
    if row == 3:
        raise InputError(f"faces.csv, row {row}: no")
    return row


def test_a_worker_takes_nothing_from_an_earlier_run_and_errors_arrive_as_at_home(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(CLUSTER, cluster.address)
    monkeypatch.chdir(tmp_path)
    for text in ("old", "new"):
        Path("data.txt").write_text(text, encoding="utf-8")
        assert map_processes(content, ["data.txt"] * 3) == [text] * 3
    assert list(map_threads(fail, [9, 8, 7, 1])) == [9, 8, 7, 1] and map_processes(fail, []) == []
    with pytest.raises(InputError, match=r"^faces\.csv, row 3: no$"):
        map_processes(fail, range(5))
    assert not list(tmp_path.glob(".cluster*"))


def test_changed_code_is_what_runs_next_on_the_same_workers(cluster: Cluster, tmp_path: Path):
    shutil.copytree(PROJECT / "stages/runtime", tmp_path / "stages/runtime")
    (tmp_path / "stages/__init__.py").touch()
    run = (
        "from stages.task import task; from stages.runtime import parallel; print(*parallel.map_threads(task, [1, 2]))"
    )
    for add in (10, 200):
        (tmp_path / "stages/task.py").write_text(f"def task(number):\n    return number + {add}\n", encoding="utf-8")
        said = Pipeline(tmp_path).run("python", "-c", run, DASK_SCHEDULER_ADDRESS=cluster.address).stdout
        assert said == f"{1 + add} {2 + add}\n"


def test_a_worker_with_other_packages_is_refused(cluster: Cluster, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(CLUSTER, cluster.address)
    monkeypatch.setattr(module, "fingerprint", lambda is_exact: {"the code": "0", "numpy": "1.0"})
    with pytest.raises(InputError, match=r"worker tcp.*: the code is \w+ there, 0 here, numpy is 2\S* there, 1\.0"):
        map_processes(fail, [1])


def test_a_sweep_on_the_cluster_has_the_figures_of_runs_at_home(cluster, finished: Pipeline, tmp_path, monkeypatch):
    monkeypatch.chdir(finished.folder)
    with pytest.raises(InputError, match="needs a Git remote"):
        check_remotes()
    finished.git("init", "--quiet", "--bare", str(tmp_path / "origin"))
    finished.git("remote", "add", "origin", str(tmp_path / "origin"))
    with pytest.raises(InputError, match="needs a DVC remote"):
        check_remotes()
    finished.dvc("remote", "add", "--local", "--default", "store", str(tmp_path / "store"))
    check_remotes()
    with pytest.raises(InputError, match="the last commit is not at origin"):
        pushed_commit()
    finished.git("push", "--quiet", "origin", "HEAD")
    sweep = ("tools.sweep", "--name", "lr", "-S", "variants.simple.lr=0.2,0.3")
    status, said = finished.python(*sweep, DASK_SCHEDULER_ADDRESS=cluster.address)
    assert status == 0 and "simple (digits): runs by validation.balanced_accuracy, which chose *" in said, said
    file = "metrics/digits/simple/metrics.json"
    refs = [finished.git("for-each-ref", "--format=%(objectname)", f"refs/exps/*/*/lr-{n}").strip() for n in (1, 2)]
    swept = [finished.git("show", f"{ref}:{file}") for ref in refs]
    finished.change(variants__simple__lr=0.3)
    with pytest.raises(InputError, match=r"^params\.yaml: changed since the last commit"):
        pushed_commit()
    finished.dvc("repro", "evaluate@simple")
    assert swept[1] == (finished.folder / file).read_text(encoding="utf-8") != swept[0]


def test_a_stopped_scheduler_is_one_line_and_the_next_run_goes_on(cluster: Cluster, finished: Pipeline):
    before, order = finished.outputs("data/masks", "data/masks_large"), cluster.folder / "second/kill"
    order.write_text(f"2 {cluster.processes['scheduler'].pid}")
    command = ("repro", "--force", "--single-item", "crop_faces")
    said = finished.dvc(*command, check=False, DASK_SCHEDULER_ADDRESS=cluster.address).splitlines()
    assert "error: " + module.LOST in said and not any("Traceback" in line for line in said)
    assert not (finished.folder / "data/masks").exists() and not list(finished.folder.glob("**/*.partial"))
    finished.dvc("repro", "crop_faces")
    assert finished.outputs("data/masks", "data/masks_large") == before


def test_no_scheduler_and_no_worker_are_one_line_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "CONNECT", 1)
    monkeypatch.setattr(module, "DEADLINE", 1)
    monkeypatch.setenv(CLUSTER, "tcp://127.0.0.1:9")
    with pytest.raises(InputError, match=r"^DASK_SCHEDULER_ADDRESS=tcp://127\.0\.0\.1:9: no scheduler answers"):
        map_processes(fail, [1])
    lonely = Cluster(tmp_path)
    try:
        monkeypatch.setenv(CLUSTER, lonely.address)
        monkeypatch.setattr(module, "CONNECT", 10)
        with pytest.raises(InputError, match="no Dask worker for 1 s"):
            map_processes(fail, [1])
        monkeypatch.setattr(module, "DEADLINE", 30)
        lonely.start("threads", "--nthreads", "2")
        with pytest.raises(InputError, match="start it with --nthreads 1"):
            map_processes(fail, [1])
    finally:
        for name in list(lonely.processes):
            lonely.kill(name)
