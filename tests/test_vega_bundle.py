"""The drawing library is bundled once and then read."""

import subprocess
from pathlib import Path

import pytest

from stages.pages.vega_bundle import vega_bundle


def test_the_bundle_is_kept_where_dvc_has_a_folder_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bundle = vega_bundle()
    assert "vegaEmbed" in bundle and not list(tmp_path.iterdir()), "no folder of DVC's, nothing written"
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    assert vega_bundle() == bundle
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("bundled again"))
    assert vega_bundle() == bundle
