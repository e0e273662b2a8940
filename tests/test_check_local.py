"""What DVC could not take up is found before DVC tries: pipes, devices, links to nothing, names that are no UTF-8."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from stages.errors import InputError
from stages.sources.local_entries import by_form, check_entries

PROJECT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such files or names")


def _socket(path: Path) -> None:
    os.mknod(path, 0o140644)


ODD = {
    "a pipe": (os.mkfifo, "no regular file"),
    "a socket": (_socket, "no regular file"),
    "a link to a device": (lambda path: path.symlink_to("/dev/zero"), "no regular file"),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "a link to a file that is not there"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "a link to a file that is not there"),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_dvc_cannot_take_up_is_named(tmp_path, kind):
    (tmp_path / "images" / "deep").mkdir(parents=True)
    (tmp_path / "images" / "a.jpg").write_bytes(b"a")
    (tmp_path / "images" / "b.jpg").symlink_to("a.jpg")
    (tmp_path / "images" / "round").symlink_to(tmp_path)
    check_entries(tmp_path)
    make, reason = ODD[kind]
    make(tmp_path / "images" / "deep" / "odd.jpg")
    with pytest.raises(InputError, match=rf"deep/odd\.jpg: {reason}; mend it or take it out of"):
        check_entries(tmp_path)


def test_names_that_are_no_utf8_or_have_line_ends(tmp_path):
    (tmp_path / "new\nline.jpg").write_bytes(b"")
    check_entries(tmp_path)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/new\ncaf\xe9.jpg")).write_bytes(b"")
    with pytest.raises(InputError, match="its name is no valid UTF-8") as caught:
        check_entries(tmp_path)
    assert str(caught.value).isprintable()


def test_what_is_not_there_or_a_file_is_left_to_the_stages(tmp_path):
    check_entries(tmp_path / "nowhere")
    (tmp_path / "digits.npz").write_bytes(b"")
    check_entries(tmp_path / "digits.npz")


def test_the_door(tmp_path):
    yaml = YAML()
    params = yaml.load((PROJECT / "params.yaml").read_text(encoding="utf-8"))
    params["faces"]["path"] = "mine"
    with (tmp_path / "params.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(params, file)
    (tmp_path / "mine").mkdir()
    command = [sys.executable, "-m", "stages.check_local"]
    settings = {"cwd": tmp_path, "capture_output": True, "text": True, "env": {"PYTHONPATH": str(PROJECT)}}
    done = subprocess.run(command, **settings, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    os.mkfifo(tmp_path / "mine" / "pipe.jpg")
    done = subprocess.run(command, **settings, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr == "error: mine/pipe.jpg: no regular file; mend it or take it out of mine, all of which DVC reads\n"
    )


def test_names_that_coincide_in_one_form_are_left_out():
    assert by_form(["e\u0301", "\u00e9", "a\u0301", "b"]) == {"\u00e1": "a\u0301", "b": "b"}
