"""Several variants asked about one picture: what they say, where they disagree, and how the page shows it."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stages.masks.boxes import Box
from stages.runtime.errors import InputError
from tests.helpers import Pipeline
from tests.masks.conftest import picture
from tools import app
from tools.prediction.asking import Found
from tools.prediction.faces import _detector
from tools.prediction.side_by_side import Answers, as_html, as_sentence, compare, trained


def answers(*chances: tuple[float, float]) -> Answers:
    """What the variants v0, v1, … say about one face: probabilities of the classes ``<a>`` and ``b``."""
    rows = {f"v{i}": [Found("", Box(2, 2, 9, 9), 1.0, {"<a>": one, "b": two})] for i, (one, two) in enumerate(chances)}
    return Answers("masks", np.zeros((20, 30, 3), np.uint8), np.zeros((1, 28, 28, 3), np.uint8), rows)


def words(content: str) -> str:
    """The text of HTML."""
    return " ".join(re.sub("<[^>]*>", " ", content).split())


def test_variants_that_disagree_are_named_with_their_labels():
    content = as_html(answers((0.9, 0.1), (0.25, 0.75), (0.6, 0.4)))
    assert "Face 1: &lt;a&gt; by v0, v2; b by v1 v0" in words(content)
    assert re.findall(r"width: ([\d.]+)%", content) == ["90.0", "10.0", "25.0", "75.0", "60.0", "40.0"]
    assert "Face 1: b by all" in words(as_html(answers((0.1, 0.9), (0.25, 0.75))))
    assert as_sentence("<b>") == '<p class="note" role="status">&lt;b&gt;</p>'


def test_without_gradio_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(app, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install -r requirements-app.txt"):
        app.main(None)


@pytest.mark.slow
def test_variants_are_asked_side_by_side(finished: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "empty").mkdir()
    finished.change(download__mirror=str(tmp_path / "empty"))
    (finished.folder / "models/digits/latent_2.safetensors").unlink()
    monkeypatch.chdir(finished.folder)
    _detector.cache_clear()
    assert list(trained("masks")) == ["balanced", "plain"] and list(trained("digits")) == ["simple", "residual"]
    Image.fromarray(picture()).save("face.png")
    balanced, natural = (
        compare("face.png", ["plain", "balanced"], "whole", point) for point in ("balanced", "natural")
    )
    assert not balanced.note and balanced.found["plain"] == natural.found["plain"]
    assert balanced.found["balanced"] != natural.found["balanced"]
    assert "could not be downloaded" in (found := compare("face.png", ["plain"])).note and found.without_detector
    assert found.found["plain"] == balanced.found["plain"]
    with pytest.raises(InputError, match="choose at least one variant"):
        compare("face.png", [])
