"""A full disk: one line that names the file, what was there stays, and it goes on once there is room."""

import errno
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from stages.digits.dataset import Digits, save_digits
from stages.faces.boxes import Box
from stages.faces.crop import Form, crop_all
from stages.faces.face import Face
from stages.faces.photos import Located
from stages.files import atomic_file, atomic_folder, write_bytes, write_json
from stages.history import write_table
from stages.leaks import write_names
from stages.params import load_params
from stages.params_data import Download
from stages.params_edit import set_values
from stages.predictions import Predictions, save_predictions
from stages.results.pictures import save_figure
from stages.sources.catalogue import Remote
from stages.sources.fetch import fetch
from stages.sources.photos import PhotoFolder
from stages.sources.transfer import _write
from stages.weights import save_weights
from tests.pipeline import PROJECT, Pipeline
from tests.stub_server import StubServer

DIGITS = Digits(np.zeros((200, 28, 28), np.uint8), np.zeros(200, np.uint8), *[np.zeros((1, 28, 28), np.uint8)] * 2)
SPLITS = {"train": np.zeros((1, 500, 10), np.float32), "test": np.zeros((1, 500, 10), np.float32)}
PREDICTIONS = Predictions(np.array(["a"]), np.array([0]), SPLITS, SPLITS, SPLITS)
# How each kind of output is written: 20 kB or more of each.
WRITERS: dict[str, Callable[[Path], object]] = {
    "digits.npz": lambda path: save_digits(DIGITS, path),
    "a.predictions.npz": lambda path: save_predictions(path, PREDICTIONS),
    "a.safetensors": lambda path: save_weights(path, {0: {"w": np.zeros(9000, np.float32)}}, {}),
    "metrics.json": lambda path: write_json(path, {"values": list(range(5000))}),
    "history.csv": lambda path: write_table(path, pd.DataFrame({"value": range(5000)})),
    "left_out.csv": lambda path: write_names(path, "photo", map(str, range(5000))),
    "confusion.png": lambda path: save_figure(_noise(), path),
}


def _noise() -> Figure:
    figure = Figure()
    figure.subplots().imshow(np.random.default_rng(0).random((99, 99)))
    return figure


@pytest.fixture
def disk(tmp_path: Path) -> Iterator["Disk"]:
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no small disk can be mounted here, which needs root: {done.stderr.strip()}")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", folder], check=True)


class Disk:
    """A small disk of memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ballast = folder / "ballast"

    def fill(self, free: int) -> None:
        """Leave so many bytes, whole blocks of 4096."""
        state = os.statvfs(self.folder)
        self.ballast.write_bytes(bytes(state.f_bavail * state.f_frsize - free))

    def make_room(self) -> None:
        self.ballast.unlink()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_file_is_named_and_keeps_its_content(name, tmp_path):
    """Where the temporary file is a link to /dev/full, every write finds the disk full: for that no root is needed."""
    path = tmp_path / name
    path.write_text("old")
    with atomic_file(path) as partial:
        link = partial
        partial.write_text("old")
    link.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        WRITERS[name](path)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(path))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("free", [0, 4096, 12288])
@pytest.mark.parametrize("name", WRITERS)
def test_on_a_small_disk(name, free, disk):
    path = disk.folder / "models" / name
    path.parent.mkdir()
    disk.fill(free)
    with pytest.raises(OSError, match="No space left") as caught:
        WRITERS[name](path)
    assert caught.value.filename == str(path)
    assert list(path.parent.iterdir()) == []
    disk.make_room()
    WRITERS[name](path)
    assert path.stat().st_size > 16384


def test_a_folder_names_the_file_and_keeps_the_old_folder(disk):
    faces = disk.folder / "faces"
    write_bytes(faces / "old.png", b"old")
    disk.fill(8192)
    with pytest.raises(OSError, match="No space left") as caught:
        _write_crops(faces)
    assert caught.value.filename == str(faces / "train" / "2.png")
    assert [path.relative_to(faces).as_posix() for path in faces.rglob("*")] == ["old.png"]
    assert sorted(path.name for path in disk.folder.iterdir()) == ["ballast", "faces"]


def _write_crops(target: Path) -> None:
    with atomic_folder(target) as folder:
        for number in range(4):
            write_bytes(folder / "train" / f"{number}.png", bytes(4096))


def test_a_copy_is_named_by_where_it_goes(disk, tmp_path):
    (tmp_path / "source").write_bytes(bytes(9999))
    disk.fill(4096)
    with pytest.raises(OSError, match="No space left") as caught, atomic_folder(disk.folder / "results") as folder:
        shutil.copyfile(tmp_path / "source", folder / "copy")
    assert caught.value.filename == str(disk.folder / "results" / "copy")


def test_crops(disk, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8))
    faces = [Located(Face("a.png", "good", Box(5, 5, 80, 80), "train.csv", row, "train"), "a.png") for row in range(9)]
    settings = load_params(PROJECT / "params.yaml").crop
    disk.fill(5 * 4096)
    with pytest.raises(OSError, match="No space left") as caught, atomic_folder(disk.folder / "faces") as folder:
        crop_all(faces, tmp_path, {folder: Form(28)}, settings)
    assert caught.value.filename == str(disk.folder / "faces" / "train" / "good" / "a.png_006.png")


def test_photos_and_their_index(disk):
    disk.fill(8192)
    with pytest.raises(OSError, match="No space left") as caught:
        _gather(disk.folder / "raw")
    assert caught.value.filename == str(disk.folder / "raw" / "images" / "b.jpg")


def _gather(target: Path) -> None:
    with atomic_folder(target) as folder:
        photos = PhotoFolder(folder)
        photos.add("ä.jpg", bytes(4096))
        photos.add("b.jpg", bytes(9999))


def test_params_stay_as_they_were(disk, monkeypatch):
    monkeypatch.chdir(disk.folder)
    before = (PROJECT / "params.yaml").read_bytes()
    Path("params.yaml").write_bytes(before)
    disk.fill(0)
    with pytest.raises(OSError, match="No space left") as caught:
        set_values([(("seeds",), [7])])
    assert caught.value.filename == "params.yaml"
    assert Path("params.yaml").read_bytes() == before


CONTENT = np.random.default_rng(0).bytes(200_000)


@pytest.mark.parametrize("known", [True, False], ids=["of known size", "of unknown size"])
@pytest.mark.parametrize("blocks", [0, 1, 20, 48])  # of the 49 that the file needs
def test_a_full_download_cache_is_named_and_the_download_goes_on(blocks, known, disk, monkeypatch):
    monkeypatch.setenv("PIPELINE_DOWNLOADS", str(disk.folder / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    settings = Download(mirror=None, connections=1, attempts=2, timeout=5.0)
    digest = hashlib.sha256(CONTENT).hexdigest()
    with StubServer() as server:
        server.files["/a"] = CONTENT
        remote = Remote("a", f"{server.address}/a", "a", "sha256", digest, len(CONTENT) if known else None)
        (disk.folder / "cache" / "locks").mkdir(parents=True)
        disk.fill(blocks * 4096)
        with pytest.raises(OSError, match="No space left") as caught:
            fetch([remote], settings)
        assert caught.value.filename == str(disk.folder / "cache" / f"{digest}.part")
        disk.make_room()
        assert fetch([remote], settings).paths[digest].read_bytes() == CONTENT
        assert server.log[-1] == ("/a", f"bytes={blocks * 4096}-" if blocks else None), "it went on where it was"


def test_a_write_that_takes_only_a_part_is_continued(tmp_path):
    """As the last write before a disk is full: the system says how much it took, and nothing else."""

    class Reluctant:
        content = b""

        def write(self, piece: memoryview) -> int:
            self.content += bytes(piece[:3])
            return min(3, len(piece))

    file = Reluctant()
    _write(file, b"0123456789", tmp_path)
    assert file.content == b"0123456789"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("crop_faces", "data/faces"),
        ("train_dnn plain", "models/dnn/plain.safetensors"),
        ("report", "report.html"),
        ("switch real", "params.yaml"),
    ],
)
def test_commands_say_one_line_and_go_on_once_there_is_room(command, named, disk, finished_once: Pipeline):
    project = disk.folder / "project"
    for top in ("stages", "data", "models", "metrics", "params.yaml", "dvc.yaml"):
        source = finished_once.folder / top
        copy = shutil.copytree if source.is_dir() else shutil.copy
        project.mkdir(exist_ok=True)
        copy(source, project / top)
    before = _files(project)
    disk.fill(0)
    done = _run(project, command)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"error: the disk is full while writing {named}"), done.stderr
    assert _files(project) == before
    disk.make_room()
    assert _run(project, command).returncode == 0
    if command not in ("report", "switch real"):
        assert _files(project) == before


def _run(project: Path, command: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", *f"stages.{command}".split()],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
    )


def _files(project: Path) -> dict[str, bytes]:
    """Everything in the project, what a process may have left included."""
    return {str(path.relative_to(project)): path.read_bytes() for path in project.rglob("*") if path.is_file()}
