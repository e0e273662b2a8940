"""The door of the stage: what is printed, and the exit status."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def project(tmp_path):
    shutil.copy("params.yaml", tmp_path)
    return tmp_path


def download(project, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "stages.download", *arguments],
        cwd=project,
        env=os.environ | {"PYTHONPATH": os.getcwd(), "PIPELINE_DOWNLOADS": str(project / "cache")},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def edit(project, old, new):
    text = (project / "params.yaml").read_text(encoding="utf-8")
    assert old in text
    (project / "params.yaml").write_text(text.replace(old, new), encoding="utf-8")


def test_digits_arrive_and_are_summed_up(project):
    done = download(project, "digits")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "digits from source sample: 1797 images of 8 x 8 pixels (shipped with scikit-learn) "
        f"in {Path('data/raw/digits')}.\n"
    )
    assert (project / "data" / "raw" / "digits" / "digits.npz").is_file()


def test_bad_input_is_one_line(project):
    edit(project, "source: sample             # sample | medical_masks", "source: local  #")
    done = download(project, "faces")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("error: faces.path: ") and done.stderr.count("\n") == 1


def test_what_is_no_data_set(project):
    assert download(project, "letters").returncode == 2
