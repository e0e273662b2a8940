"""A small campaign of random damage; `make fuzz-photos` runs a large one."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stages.faces.decode import Photo
from tests import photo_fuzz

PROJECT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is limited by Linux's means")


def test_random_damage_is_read_or_refused_and_nothing_else():
    command = [sys.executable, "-m", "tests.photo_fuzz", "--cases", "2000", "--seed", "20261125"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("2,000 cases\n")
    counts = re.findall(r"^(\w+) +read +([\d,]+)  refused +([\d,]+)$", done.stdout, re.MULTILINE)
    assert {kind for kind, *_ in counts} == set(photo_fuzz.FORMATS)
    assert all(int(read) > 0 and int(refused) > 0 for _, read, refused in counts), "damage that changes nothing, or all"


def _random(*_):
    return Photo(np.random.default_rng().integers(0, 256, (4, 4, 3), dtype=np.uint8), 1)


def _large(*_):
    return Photo(np.zeros((1000, 1000, 3), np.uint8), 1)


def _forgotten(*_):
    raise KeyError("a fault that nobody thought of")


@pytest.mark.parametrize("fault", [_random, _large, _forgotten])
def test_the_campaign_sees_faults(tmp_path, monkeypatch, fault):
    monkeypatch.setattr(photo_fuzz, "decode_photo", fault)
    with pytest.raises((AssertionError, KeyError)):
        photo_fuzz.outcome(tmp_path / "photo")


def test_a_case_is_the_same_each_time():
    files = photo_fuzz.seeds()
    assert photo_fuzz.damaged(files, 1, 5) == photo_fuzz.damaged(files, 1, 5) != photo_fuzz.damaged(files, 2, 5)
