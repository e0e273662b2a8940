"""A small share of the campaign against a server that misbehaves at random; `make fuzz-network` runs it whole."""

import pytest

from tests.network_campaign import run_case

pytestmark = pytest.mark.usefixtures("cache")


@pytest.mark.parametrize("number", range(25))
def test_a_download_ends_with_the_right_bytes_or_one_line(tmp_path, monkeypatch, number):
    monkeypatch.setenv("PIPELINE_DOWNLOADS", "")  # So that what the case sets is undone.
    run_case(seed=20, number=number, folder=tmp_path)


@pytest.mark.parametrize("number", range(3))
def test_a_process_that_is_killed_leaves_the_next_one_what_it_can_use(tmp_path, monkeypatch, number):
    monkeypatch.setenv("PIPELINE_DOWNLOADS", "")
    run_case(seed=21, number=number, folder=tmp_path, kill=True)
