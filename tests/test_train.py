"""The stage that trains: its learning curve can be seen as it grows, and an interrupted one leaves none behind."""

import argparse
from itertools import count

import pandas as pd
import pytest

from stages import train
from stages.train import Job, history_path, run_job
from tests.helpers import Pipeline

pytestmark = pytest.mark.slow


def test_the_first_seeds_curve_can_be_seen_while_it_trains(finished: Pipeline, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(finished.folder)
    path, seconds = history_path("masks", "plain"), count()
    path.unlink()
    rows = []
    monkeypatch.setattr(train.time, "monotonic", lambda: next(seconds))
    monkeypatch.setattr(train, "write_table", lambda to, table: rows.append((to, len(table))))
    run = run_job(Job("plain", 0, is_shown=True))
    assert rows == [(path, 1), (path, 2)] and len(run.trained.history) == 2
    run_job(Job("plain", 0))
    assert len(rows) == 2, "nobody else writes there"
    status, said = finished.python("tools.show", "--curves", "balanced")
    assert status == 0 and "balanced: test accuracy" in said and "epoch" in said


def test_an_interrupted_training_leaves_no_curve(finished: Pipeline, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(finished.folder)

    def interrupted(*_: object) -> None:
        assert pd.read_csv(history_path("masks", "plain")).shape[0] == 2
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "map_processes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train.main(argparse.Namespace(variant="plain"))
    assert not history_path("masks", "plain").exists()
