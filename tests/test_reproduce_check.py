"""Two runs from nothing, compared byte for byte."""

from pathlib import Path

import pytest

from ci.folders import differences
from tests.clones import Clone
from tests.pipeline import Pipeline


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    """Two equal folders."""
    for name in ("first", "second"):
        (tmp_path / name / "out").mkdir(parents=True)
        (tmp_path / name / "out" / "table.csv").write_text("epoch,loss\n1,0.5\n2,0.25\n")
        (tmp_path / name / "weights.bin").write_bytes(b"\x00\xff\x00")
    return tmp_path / "first", tmp_path / "second"


def test_equal_folders_have_no_difference(runs: tuple[Path, Path]) -> None:
    assert differences(*runs, ["out", "weights.bin"]) == []


def test_a_text_that_differs_is_named_with_the_line(runs: tuple[Path, Path]) -> None:
    (runs[1] / "out" / "table.csv").write_text("epoch,loss\n1,0.5\n2,0.26\n")
    (line,) = differences(*runs, ["out", "weights.bin"])
    assert line == "out/table.csv: differs from byte 22 on (24 and 24 bytes); line 3: '2,0.25' and '2,0.26'"


def test_a_text_that_was_cut_is_named(runs: tuple[Path, Path]) -> None:
    (runs[1] / "out" / "table.csv").write_text("epoch,loss\n1,0.5\n")
    (line,) = differences(*runs, ["out"])
    assert line == "out/table.csv: differs from byte 17 on (24 and 17 bytes); line 3: '2,0.25' and '(no such line)'"


def test_binary_files_and_missing_files_are_named(runs: tuple[Path, Path]) -> None:
    (runs[1] / "weights.bin").write_bytes(b"\x00\xff\x01")
    (runs[0] / "out" / "extra.png").write_bytes(b"")
    (runs[1] / "out" / "table.csv").unlink()
    assert differences(*runs, ["out", "weights.bin"]) == [
        "out/extra.png: only in the first run",
        "out/table.csv: only in the first run",
        "weights.bin: differs from byte 2 on (3 and 3 bytes)",
    ]


@pytest.mark.slow
def test_two_runs_from_nothing_are_the_same_and_a_random_stage_is_found(
    finished_once: Pipeline, tmp_path: Path
) -> None:
    clone = Clone(finished_once, tmp_path / "clone")
    (tmp_path / "scratch").mkdir()
    scratch = {"TMPDIR": str(tmp_path / "scratch")}
    _, output = clone.python("ci.reproduce_check", "evaluate_dnn@plain", **scratch)
    assert "skipping run" not in output, "nothing may come from a cache"
    assert output.count("Running stage 'train_dnn@plain'") == 2
    assert "are the same, byte for byte, in both runs." in output
    assert "not those of the committed dvc.lock" not in output
    assert list((tmp_path / "scratch").iterdir()) == []

    # The deliberate fault: weights from a generator that nobody seeded.
    code = clone.folder / "stages" / "dnn" / "train.py"
    text = code.read_text()
    assert "np.random.default_rng(seed)" in text
    code.write_text(text.replace("np.random.default_rng(seed)", "np.random.default_rng()"))
    status, output = clone.python("ci.reproduce_check", "evaluate_dnn@plain", check=False, **scratch)
    assert status == 1
    named = {line.partition(": ")[0] for line in output.splitlines() if ": differs from byte" in line}
    assert {"models/dnn/plain.safetensors", "metrics/dnn/plain/history.csv"} <= named
    assert not {"data/digits.npz", "data/raw/digits/digits.npz"} & named
    assert output.splitlines()[-1].startswith(f"error: {len(named)} files differ between the two runs")
