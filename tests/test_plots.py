"""Every plot of dvc.yaml, as ``dvc plots show`` and the VS Code extension read it: valid, and drawn."""

import copy
import json
from pathlib import Path

import pytest
import vl_convert

from tests.pipeline import Pipeline

pytestmark = pytest.mark.slow
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def shown(finished_once: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What DVC says about all plots; its pictures lie in a folder of their own."""
    folder = tmp_path_factory.mktemp("plots")
    return json.loads(finished_once.run("dvc", "plots", "show", "--json", "--out", str(folder)).stdout)


def drawings(shown: dict) -> dict[str, dict]:
    """The specification of every plot that is drawn from data."""
    return {name: one["content"] for name, parts in shown["data"].items() for one in parts if one["type"] == "vega"}


def test_dvc_finds_no_error_and_every_plot(shown: dict, finished_once: Pipeline) -> None:
    assert not shown.get("errors"), shown.get("errors")
    pictures = {name for name in finished_once.outputs() if name.startswith("metrics/") and name.endswith(".png")}
    assert pictures == {name for name in shown["data"] if name.endswith(".png")}
    assert {"dnn_train_error", "metrics/cnn/plain/confusion.csv", "metrics/dnn/recall.csv"} <= set(drawings(shown))
    empty = {name for name, parts in shown["data"].items() if not parts}
    assert empty == {"metrics/cnn_digits/comparison.csv"}, "one variant has none to be compared with"


def test_every_drawing_shows_its_data(shown: dict) -> None:
    blank = []
    for name, spec in drawings(shown).items():
        assert spec["data"]["values"], name
        empty = copy.deepcopy(spec) | {"data": {"values": []}}
        picture = vl_convert.vegalite_to_png(spec, vl_version="v5.20")
        assert picture.startswith(PNG), name
        # Axes are drawn around nothing too: only the marks tell a drawing from a blank.
        if marks(spec) <= marks(empty):
            blank.append(name)
    assert blank == []


def marks(spec: dict) -> int:
    """How many bars, lines, points and parts of axes are drawn."""
    return vl_convert.vegalite_to_svg(spec, vl_version="v5.20").count('aria-roledescription="')


def test_every_picture_is_there(shown: dict) -> None:
    pictures = {name: one for name, parts in shown["data"].items() for one in parts if one["type"] == "image"}
    assert {"metrics/dnn/latent_2/latent.png", "metrics/faces/contact_sheet.png"} <= set(pictures)
    for name, one in pictures.items():
        assert Path(one["url"]).read_bytes().startswith(PNG), name


def test_no_confusion_matrix_merges_several_sources(shown: dict) -> None:
    confusions = {name: spec for name, spec in drawings(shown).items() if name.endswith("confusion.csv")}
    assert len(confusions) == 6, "one a variant"
    for name, parts in shown["data"].items():
        if name in confusions:
            assert len(parts) == 1, name
    for spec in confusions.values():
        rows = spec["data"]["values"]
        # DVC puts the file's name beside rows that it merges from several.
        assert {key for row in rows for key in row} == {"actual", "predicted", "rev"}
    # A plot at the top level of dvc.yaml is where several files could meet.
    others = {name: spec for name, spec in drawings(shown).items() if name not in confusions}
    assert [name for name, spec in others.items() if "predicted" in spec["data"]["values"][0]] == []
