"""A small share of the campaign of randomly changed files; `make fuzz-archives` runs it whole."""

import pytest

from tests.archive_campaign import KINDS, run_case


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_file_is_refused_or_read_as_it_was(tmp_path, kind):
    ends = [run_case(kind, seed=7, number=number, folder=tmp_path) for number in range(100)]
    assert ends.count("refused") > 50
