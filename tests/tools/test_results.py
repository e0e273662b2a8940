"""What `show` says about the workspace: figures of the same test samples alone, and which are out of date."""

import json

import pytest

from tests.helpers import Pipeline

pytestmark = pytest.mark.slow


def test_variants_out_of_date_or_measured_on_other_samples_are_told_and_not_starred(finished: Pipeline):
    status, said = finished.python("tools.show")
    assert status == 0 and "OUT OF DATE" not in said and said.count("\n  ") >= 5 and "make report" in said
    details = finished.folder / "metrics/digits/latent_2/details.json"
    content = json.loads(details.read_text(encoding="utf-8"))
    content["data"] |= {"test_sha256": "0" * 64, "source": "tibetan_mnist"}
    details.write_text(json.dumps(content), encoding="utf-8")
    (finished.folder / "metrics/masks/plain/details.json").unlink()
    finished.change(variants__simple__lr=0.3)
    status, said = finished.python("tools.show")
    assert status == 0
    assert "simple, OUT OF DATE: run `dvc repro`" in said
    assert "latent_2: measured on other test samples (tibetan_mnist); run `dvc repro`" in said
    assert "plain: not evaluated yet; run `dvc repro`" in said
    assert "residual, OUT OF DATE" not in said


def test_curves_are_drawn_in_the_terminal(finished: Pipeline):
    status, said = finished.python("tools.show", "--curves", "digits")
    assert status == 0 and "digits: test accuracy" in said and "latent_2" in said


def test_a_study_that_fails_does_not_stop_the_other_and_is_named(finished: Pipeline):
    finished.change(digits__source="local")
    status, said = finished.python("tools.repro")
    assert status == 1 and said.splitlines()[-1] == "error: digits: the run failed; its reason stands above"
    assert "digits | error: digits.path: " in said and "masks  | Data and pipelines are up to date." in said
