"""The command that strikes the pipeline: its slow mirror, how it sets a project back, and a small campaign."""

import argparse
import random
import re
from pathlib import Path

import pytest
import requests
from ruamel.yaml import YAML

from ci import slow_mirror as mirror
from ci.faults import FAULTS, KILLS
from ci.kill_check import _plan, main, print_table
from ci.struck_project import Outcome, Reference, set_back
from stages.errors import InputError
from tests.clones import Clone
from tests.pipeline import Pipeline


def test_the_mirror_serves_files_slowly_whole_and_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(mirror, "SECONDS", 0.2)
    content = bytes(range(256)) * 10
    (tmp_path / "a b.bin").write_bytes(content)
    with mirror.slow_mirror(tmp_path) as address:
        whole = requests.get(f"{address}/a%20b.bin", timeout=5)
        assert (whole.status_code, whole.content) == (200, content)
        assert whole.elapsed.total_seconds() < 5
        part = requests.get(f"{address}/a%20b.bin", headers={"Range": "bytes=1000-"}, timeout=5)
        assert (part.status_code, part.content) == (206, content[1000:])
        assert part.headers["Content-Range"] == f"bytes 1000-{len(content) - 1}/{len(content)}"
        assert requests.get(f"{address}/other", timeout=5).status_code == 404


def test_a_project_is_set_back_to_before_a_stage(tmp_path: Path) -> None:
    project = tmp_path / "reference"
    stages = {name: {"cmd": f"run {name}", "outs": [{"path": f"data/{name}"}]} for name in ("one", "two", "three")}
    (project / "data" / "two").mkdir(parents=True)
    for name in ("one", "two/file", "three"):
        (project / "data" / name).write_text(name)
    for name in stages:
        entry = project / ".dvc" / "cache" / "runs" / name[:2] / name
        entry.mkdir(parents=True)
        (entry / "value").write_text(f"cmd: run {name}\n")
    YAML().dump({"schema": "2.0", "stages": stages}, project / "dvc.lock")
    set_back(Reference(project, [], {}), tmp_path / "back", "two")
    files = {str(path.relative_to(tmp_path / "back")) for path in (tmp_path / "back").rglob("*") if path.is_file()}
    assert files == {"dvc.lock", "data/one", ".dvc/cache/runs/on/one/value", ".dvc/cache/runs/th/three/value"}
    assert list(YAML(typ="safe").load(tmp_path / "back" / "dvc.lock")["stages"]) == ["one"]
    assert not (tmp_path / "back" / ".dvc" / "cache" / "runs" / "tw" / "two").exists(), "an empty entry stops DVC"
    set_back(Reference(project, [], {}), tmp_path / "nothing", "one")
    assert not (tmp_path / "nothing" / "dvc.lock").exists()


def test_kills_go_round_all_stages_in_ways_drawn_by_seed() -> None:
    reference = Reference(
        Path(), [], dict.fromkeys(["download_digits", "train_dnn@a", "train_dnn@b", "compare_dnn"], 1.0)
    )

    def plan(kills: int | None, seed: int, fault: list[str] | None = None) -> list[tuple[str, list[str]]]:
        return _plan(reference, argparse.Namespace(kills=kills, fault=fault), random.Random(seed))

    drawn = plan(31, 0)
    assert [stages[0] for _, stages in drawn] == [
        *["download_digits", "train_dnn@a", "compare_dnn"] * 10,
        "download_digits",
    ]
    assert all(stages == ["train_dnn@a", "train_dnn@b"] for _, stages in drawn[1::3]), "one of them is drawn later"
    assert {fault for fault, _ in drawn[1::3]} <= set(KILLS)
    assert {fault for fault, _ in drawn[::3] + drawn[2::3]} == set(KILLS) - {"kill worker"}
    assert drawn == plan(31, 0) != plan(31, 1)
    assert [fault for fault, _ in plan(None, 0, ["ctrl-c"])] == ["ctrl-c"] * 3
    assert len(plan(None, 0)) == 3 * len(FAULTS) - 2, "only training has workers"


@pytest.mark.parametrize("kills", [0, -3])
def test_less_than_one_strike_is_refused(kills: int) -> None:
    with pytest.raises(InputError, match=f"^--kills: {kills} is less than one strike$"):
        main(argparse.Namespace(kills=kills))


def test_the_table_counts_what_was_survived(capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = Outcome("train_dnn@best", seconds=0.5), Outcome("train_dnn@wide", ["a.csv: differs"], 1.25)
    print_table([("kill all", good), ("kill all", bad), ("ctrl-c", Outcome("", mended=True))])
    header, *rows, _, summary, mended = capsys.readouterr().out.strip().splitlines()
    assert header.split() == ["survived", "of", "struck", "kill", "all", "ctrl-c"]
    cells = [re.split(r"  +", row) for row in rows]
    assert cells == [["train_dnn", "1 of 2", "–"], ["between stages", "–", "1 of 1"], ["all", "1 of 2", "1 of 1"]]
    assert summary == "2 of 3 survived; the stage's processes were gone after at most 1.2 s;"
    assert mended == "what DVC had left half-written was mended 1 times"


@pytest.mark.slow
def test_a_struck_download_is_survived_and_a_fault_is_found(finished_once: Pipeline, tmp_path: Path) -> None:
    clone = Clone(finished_once, tmp_path / "clone")
    (tmp_path / "scratch").mkdir()
    scratch = {"TMPDIR": str(tmp_path / "scratch")}
    command = ("ci.kill_check", "download_digits", "--seed", "3", "--fault")
    _, output = clone.python(*command, "kill all", "--fault", "ctrl-c", **scratch)
    assert re.search(r"^(\d+) of \1 survived; ", output, re.MULTILINE)
    assert re.search(r"^download_digits +1 of 1 +1 of 1$", output, re.MULTILINE)
    assert list((tmp_path / "scratch").iterdir()) == []

    # The deliberate fault: something that a run leaves beside its outputs.
    door = clone.folder / "stages" / "download.py"
    stray = "Path('data').mkdir(exist_ok=True); Path(f'data/{os.getpid()}').touch()"
    door.write_text(door.read_text().replace("    params = load_params()\n", f"    params = load_params(); {stray}\n"))
    door.write_text(
        door.read_text().replace("import argparse\n", "import argparse\nimport os\nfrom pathlib import Path\n")
    )
    status, output = clone.python(*command, "kill stage", check=False, **scratch)
    assert status == 1
    assert re.search(r"^    data/\d+: only in the second run$", output, re.MULTILINE)
    assert re.search(r"^error: (\d+) of \1 faults were not survived", output, re.MULTILINE)
