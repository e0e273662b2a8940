"""Fixtures that several files share."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@pytest.fixture
def shared_data() -> Path:
    """The folder of the real data, which lies beside the project; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the real data are not there: no ../shared/data beside the project")
    return SHARED
