"""What a killed DVC leaves half-written is mended, and nothing else is touched."""

import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from dvc.lock import make_lock

from stages.commands import environment
from stages.dvc_files import GUARDS, LOCK, RWLOCK, _accepted, mend
from tests.pipeline import PROJECT

ENTRY = re.compile(r"^  (\S.*):\n", re.MULTILINE)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / RWLOCK.parent).mkdir(parents=True)
    (tmp_path / ".dvc" / "config").write_text("[core]\n    no_scm = true\n")
    return tmp_path


@pytest.fixture(scope="module")
def whole() -> str:
    """The first three stages of the project's dvc.lock."""
    text = (PROJECT / LOCK).read_text(encoding="utf-8")
    return text[: [found.start() for found in ENTRY.finditer(text)][3]]


def test_a_lock_cut_off_anywhere_can_be_read_and_keeps_its_whole_stages(whole: str, project: Path) -> None:
    starts = [found.start() for found in ENTRY.finditer(whole)]
    refused = 0
    for length in [*range(60), *range(60, len(whole), 41), *starts]:
        text = whole[:length]
        (project / LOCK).write_text(text, encoding="utf-8")
        said = mend(project)
        assert len(said) == (not _accepted(text)), length
        refused += len(said)
        left = (project / LOCK).read_text(encoding="utf-8") if (project / LOCK).exists() else ""
        assert text.startswith(left)
        assert not left or _accepted(left), length
        assert len(ENTRY.findall(left)) >= sum(start <= length for start in starts) - 2, "only the last may be lost"
        assert mend(project) == []
    assert refused > 50, "DVC refuses many of them"


def test_a_whole_lock_and_none_stay(whole: str, project: Path) -> None:
    assert mend(project) == []
    (project / LOCK).write_text(whole, encoding="utf-8")
    assert mend(project) == []
    assert (project / LOCK).read_text(encoding="utf-8") == whole


@pytest.mark.parametrize("broken", ["<<<<<<< HEAD\n", "just words\n", "stages: [1\n"])
def test_a_lock_that_is_broken_in_another_way_is_left_to_dvc(broken: str, whole: str, project: Path) -> None:
    text = whole.replace("  download_faces:\n", f"  download_faces:\n{broken}")
    assert text != whole
    for each in (text, broken):
        (project / LOCK).write_text(each, encoding="utf-8")
        assert mend(project) == []
        assert (project / LOCK).read_text(encoding="utf-8") == each


@pytest.mark.parametrize("left", ["", '{"write": {"/a'])
def test_a_half_written_rwlock_is_removed(left: str, project: Path) -> None:
    (project / RWLOCK).write_text(left)
    assert mend(project) == [f"{project / RWLOCK}: half-written by a killed DVC, removed"]
    assert not (project / RWLOCK).exists()


def test_a_whole_rwlock_stays(project: Path) -> None:
    content = json.dumps({"write": {"/a": {"pid": 1, "cmd": "dvc repro"}}, "read": {}})
    (project / RWLOCK).write_text(content)
    assert mend(project) == []
    assert (project / RWLOCK).read_text() == content


@pytest.mark.parametrize("cache", [None, "elsewhere"])
def test_an_empty_entry_of_the_run_cache_is_removed(cache: str | None, project: Path) -> None:
    if cache:
        (project / ".dvc" / "config.local").write_text(f"[cache]\n    dir = {project / cache}\n")
    runs = (project / cache if cache else project / ".dvc" / "cache") / "runs"
    for name in ("ab/abc", "cd/cde"):
        (runs / name).mkdir(parents=True)
    (runs / "cd" / "cde" / "run").write_text("cmd: true\n")
    assert mend(project) == [f"{runs / 'ab' / 'abc'}: made by a killed DVC and left empty, removed"]
    assert [path.relative_to(runs).as_posix() for path in runs.glob("*/*/*")] == ["cd/cde/run"]
    assert not (runs / "ab" / "abc").exists()


@pytest.mark.parametrize("guard", GUARDS, ids=str)
def test_nothing_is_touched_while_a_dvc_is_at_work(guard: Path, project: Path) -> None:
    (project / RWLOCK).write_text("")
    (project / LOCK).write_text("schema: '2.0'\nsta")
    with make_lock(str(project / guard)):
        assert mend(project) == []
    assert (project / RWLOCK).exists() and (project / LOCK).exists()
    assert len(mend(project)) == 2


def test_a_folder_without_dvc(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text("schema: '2.0'\nsta")
    assert mend(tmp_path) == []


@pytest.mark.slow
def test_dvc_refuses_what_it_left_and_goes_on_once_it_is_mended(tmp_path: Path) -> None:
    def run(*command: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", *command], cwd=tmp_path, env=environment() | {"PYTHONPATH": str(PROJECT)},
            capture_output=True, text=True,
        )  # fmt: skip

    run("dvc", "init", "--no-scm")
    names = ["input", "one", "two"]
    stages = "".join(f"  {b}: {{cmd: cp {a} {b}, deps: [{a}], outs: [{b}]}}\n" for a, b in pairwise(names))
    (tmp_path / "input").write_text("input")
    (tmp_path / "dvc.yaml").write_text(f"stages:\n{stages}")
    assert run("dvc", "repro").returncode == 0
    whole = (tmp_path / LOCK).read_bytes()
    for length in (0, len(whole) - len("ze: 5\n")):
        (tmp_path / LOCK).write_bytes(whole[:length])
        (tmp_path / RWLOCK).write_bytes(b'{"read"')
        done = run("dvc", "repro")
        assert done.returncode != 0
        assert re.search("validation failed|is invalid|is corrupted", done.stderr)
        done = run("stages.mend")
        assert (done.returncode, done.stderr) == (0, "")
        assert str(RWLOCK) in done.stdout
        done = run("dvc", "repro")
        assert done.returncode == 0, done.stderr
        assert "Running stage" not in done.stdout, "the run cache has it"
        assert (tmp_path / LOCK).read_bytes() == whole
    (tmp_path / LOCK).unlink()
    for entry in (tmp_path / ".dvc" / "cache" / "runs").glob("*/*/*"):
        entry.unlink()
    assert "NoneType" in run("dvc", "repro").stderr
    assert run("stages.mend").stdout.count("left empty, removed") == 2
    assert run("dvc", "repro").returncode == 0
    assert (tmp_path / LOCK).read_bytes() == whole
