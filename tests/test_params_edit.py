"""Editing params.yaml in place, and overlays of it."""

import shutil
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stages.errors import InputError
from stages.params import load_params, parse_mapping
from stages.params_edit import overlay_settings, set_values
from tests.fuzzing import attempt, examples
from tests.schema_values import TEXTS

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(shutil.copy(PROJECT / "params.yaml", tmp_path))


def overlay(tmp_path: Path, text: str) -> list:
    file = tmp_path / "overlay.yaml"
    file.write_text(text)
    return overlay_settings(file)


def test_an_overlay_changes_its_keys_and_leaves_the_rest(path: Path, tmp_path: Path) -> None:
    before, old = path.read_text(), load_params(path)
    settings = overlay(tmp_path, "seeds: [0, 1, 2]\ndnn: {variants: {deep: {epochs: 7}}}\n")
    said = set_values(settings, path)
    assert said == [f"seeds: {list(old.seeds)} -> [0, 1, 2]", "dnn.variants.deep.epochs: 100 -> 7"]
    new = load_params(path)
    assert (new.seeds, new.dnn.variants["deep"].epochs) == ([0, 1, 2], 7)
    assert new.dnn.variants["deep"].hidden == old.dnn.variants["deep"].hidden
    lines = zip(before.splitlines(), path.read_text().splitlines(), strict=True)
    changed = [new.split("#")[0].strip() for old, new in lines if old != new]
    assert changed == ["seeds: [0, 1, 2]", "epochs: 7"], "comments and all other lines stay"
    assert set_values(settings, path) == []


def test_an_overlay_may_bring_a_new_variant(path: Path, tmp_path: Path) -> None:
    text = "dnn: {variants: {mine: {hidden: [3], activation: relu, init: zero, lr: 1, batch_size: 2, epochs: 1}}}"
    set_values(overlay(tmp_path, text), path)
    assert load_params(path).dnn.variants["mine"].hidden == [3]


def test_what_does_not_fit_leaves_the_file_as_it_was(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"dnn\.variants\.deep\.epochz: unknown parameter"):
        set_values(overlay(tmp_path, "dnn: {variants: {deep: {epochz: 7}}}"), path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["", "- 1", "3"])
def test_an_overlay_that_is_no_mapping_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="overlay.yaml: must be a mapping"):
        overlay(tmp_path, text)


@examples(25)
@given(TEXTS | st.text(max_size=12))
@example("${faces.path}")
@example("a: b # c")
@example("\u2028")
@example("\x85")
def test_any_text_is_set_as_it_is_or_refused(tmp_path_factory, text):
    path = Path(shutil.copy(PROJECT / "params.yaml", tmp_path_factory.mktemp("edit")))
    before = path.read_bytes()
    _, said = attempt(lambda: set_values([(("download", "mirror"), text)], path))
    if said:
        assert path.read_bytes() == before
    else:
        assert load_params(path).download.mirror == text
        assert parse_mapping(path.read_text("utf-8"), path)["download"]["mirror"] == text
