"""Changing params.yaml in place: only the lines of what changed, and nothing where a value does not fit."""

import shutil
from pathlib import Path

import pytest

from stages.config.params import load_params
from stages.config.variants import PretrainedVariant
from stages.runtime.errors import InputError
from tests.helpers import PROJECT
from tools.params_edit import overlay_settings, set_values
from tools.switch import real_settings, sample_settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A copy of the project's parameters."""
    return Path(shutil.copy(PROJECT / "params.yaml", tmp_path))


def changed_lines(path: Path) -> list[tuple[str, str]]:
    """Old and new text of the lines that are not those of the project's file."""
    old, new = ((folder / "params.yaml").read_text(encoding="utf-8").splitlines() for folder in (PROJECT, path.parent))
    assert len(old) == len(new)
    return [(one.strip(), other.strip()) for one, other in zip(old, new, strict=True) if one != other]


def test_setting_what_is_there_changes_no_byte(path: Path):
    assert set_values([("crop.side", 28)], path) == []
    assert path.read_bytes() == (PROJECT / "params.yaml").read_bytes()


def test_a_value_changes_one_line_and_keeps_its_comment(path: Path):
    assert set_values([("crop.side", 14)], path) == ["crop.side: 28 -> 14"]
    ((old, new),) = changed_lines(path)
    assert old.startswith("side: 28 ") and new == old.replace("28", "14", 1)


def test_a_list_a_null_and_a_new_key_are_written_as_yaml_reads_them(path: Path):
    set_values([("seeds", [0, 1, 2]), ("download.mirror", "/photos"), ("variants.wide.seeds", [7])], path)
    set_values([("download.mirror", None)], path)
    text = path.read_text(encoding="utf-8")
    assert "mirror: null" in text and dict(overlay_settings(path))["variants.wide.seeds"] == [7]
    assert dict(overlay_settings(path))["seeds"] == [0, 1, 2]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("crop.side", 0, "crop.side"),
        ("crop.sid", 28, "crop.sid: unknown parameter; did you mean side?"),
        ("download.mirror", "a\x85b", "holds control characters"),
    ],
)
def test_what_does_not_fit_leaves_the_file_as_it_was(path: Path, key: str, value: object, said: str):
    with pytest.raises(InputError) as error:
        set_values([("crop.large_side", 64), (key, value)], path)
    assert said in str(error.value)
    assert path.read_bytes() == (PROJECT / "params.yaml").read_bytes()


def test_the_real_data_and_back_are_the_same_file(path: Path):
    said = set_values(real_settings("/photos", "digits.npz"), path)
    assert "faces.source: sample -> medical_masks" in said and "digits.source: sample -> local" in said
    assert len(changed_lines(path)) == 5
    set_values(sample_settings(), path)
    assert path.read_bytes() == (PROJECT / "params.yaml").read_bytes()
    assert dict(real_settings(None, None))["digits.source"] == "tibetan_mnist"


def test_the_study_on_the_real_data_fits_the_parameters(path: Path):
    overlays = [overlay_settings(PROJECT / f"studies/{name}.yaml") for name in ("real", "pretrained")]
    set_values([*real_settings("/photos", None), *overlays[0], *overlays[1]], path)
    assert dict(overlay_settings(path))["seeds"] == [0, 1, 2, 3, 4]
    params = load_params(path)
    assert isinstance(params.variant("pretrained"), PretrainedVariant)
    # The variants of the first overlay are judged too: a list takes the place of a list.
    first, second = (dict(each)["cross_validation.variants"] for each in overlays)
    assert second == [*first, "pretrained"] == params.cross_validation.variants
