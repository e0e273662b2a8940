"""A reader finds the old content or the new, never half of it."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stages.files import PARTIAL, atomic_file, atomic_folder, write_bytes, write_json, write_text


def leftovers(folder: Path) -> list[Path]:
    return list(folder.rglob(f"*{PARTIAL}"))


def test_a_file_takes_its_name_at_the_end_of_the_block(tmp_path):
    path = tmp_path / "a" / "b" / "file.txt"
    with atomic_file(path) as partial:
        partial.write_text("new")
        assert not path.exists()
        assert partial.parent == path.parent  # a rename within one file system
    assert path.read_text() == "new"
    assert leftovers(tmp_path) == []


def fail_half_way(manager, write: Callable[[Path], None], error: type[BaseException]) -> None:
    with manager as partial:
        write(partial)
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failure_leaves_the_old_file_and_nothing_else(error, tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(error):
        fail_half_way(atomic_file(path), lambda partial: partial.write_text("half"), error)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_before_anything_was_written_is_the_failure_that_is_seen(tmp_path):
    with pytest.raises(ValueError, match="mine"), atomic_file(tmp_path / "file.txt"):
        raise ValueError("mine")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_takes_its_name_at_the_end_of_the_block(tmp_path):
    path = tmp_path / "a" / "faces"
    path.mkdir(parents=True)
    (path / "old.png").write_text("old")
    with atomic_folder(path) as partial:
        (partial / "sub").mkdir()
        (partial / "sub" / "new.png").write_text("new")
        assert (path / "old.png").exists()
    assert [p.relative_to(path).as_posix() for p in path.rglob("*.png")] == ["sub/new.png"]
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_folder_and_nothing_else(error, tmp_path):
    path = tmp_path / "faces"
    path.mkdir()
    (path / "old.png").write_text("old")
    with pytest.raises(error):
        fail_half_way(atomic_folder(path), lambda partial: (partial / "half.png").write_text("half"), error)
    assert [p.name for p in path.iterdir()] == ["old.png"]
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_cleared_away(tmp_path):
    with atomic_folder(tmp_path / "faces") as partial:
        left = partial
    left.mkdir()
    (left / "stale.png").write_text("of a killed run")
    with atomic_folder(tmp_path / "faces") as partial:
        (partial / "new.png").write_text("new")
    assert [p.name for p in (tmp_path / "faces").iterdir()] == ["new.png"]
    with atomic_file(tmp_path / "file") as partial:
        pass_on = partial
        partial.write_text("x")
    pass_on.write_text("stale and longer")
    write_text(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "new"
    assert leftovers(tmp_path) == []


def test_a_file_or_a_link_may_stand_where_the_folder_goes(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "file").write_text("")
    for name in ("link", "file"):
        with atomic_folder(tmp_path / name) as partial:
            (partial / "new").write_text("new")
        assert (tmp_path / name / "new").exists()
        assert not (tmp_path / name).is_symlink()
    assert (tmp_path / "elsewhere" / "kept").exists()


def test_text_is_utf_8_with_unix_line_ends(tmp_path):
    write_text(tmp_path / "text", "é\n→\n")
    assert (tmp_path / "text").read_bytes() == b"\xc3\xa9\n\xe2\x86\x92\n"
    write_bytes(tmp_path / "bytes", b"\r\n")
    assert (tmp_path / "bytes").read_bytes() == b"\r\n"


def test_json_takes_numpy_and_rounds(tmp_path):
    value = {
        "a": np.float32(0.1), "b": np.int64(3), "c": [np.bool_(True), False], "d": np.array([1 / 3, 2e-9]),
        5: (None, "é"), "e": 1 - 1e-9,
    }  # fmt: skip
    write_json(tmp_path / "a.json", value)
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == {
        "a": 0.1, "b": 3, "c": [True, False], "d": [0.333333, 0.0], "5": [None, "é"], "e": 1.0
    }  # fmt: skip
    assert text.startswith('{\n  "a": 0.1,\n')
    assert text.endswith("}\n")


@pytest.mark.parametrize("number", [float("nan"), np.float32("inf"), np.array([1, -np.inf])])
def test_json_refuses_what_it_cannot_hold_and_keeps_the_old_file(number, tmp_path):
    write_json(tmp_path / "a.json", {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"a": {"b": number}})
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": 1}
    assert leftovers(tmp_path) == []
