"""studies/ablation_cnn.yaml and studies/real.cnn.yaml fit the parameters that they change."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from stages.params import load_params
from stages.params_residual import FacesResidualVariant

PROJECT = Path(__file__).resolve().parent.parent
BEST = load_params(PROJECT / "params.yaml").cnn.variants["best"]


def read(name: str) -> dict:
    return YAML(typ="safe", pure=True).load((PROJECT / "studies" / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "changes"), read("ablation_cnn.yaml").items())
def test_every_run_is_a_valid_variant_unlike_the_full_one(name, changes):
    made = FacesResidualVariant.model_validate(BEST.model_dump() | changes)
    assert (made == BEST) == (name == "full")


def test_the_real_settings_name_parameters_that_there_are():
    given = YAML(typ="safe", pure=True).load((PROJECT / "params.yaml").read_text(encoding="utf-8"))

    def check(overlay: dict, block: dict) -> None:
        for key, value in overlay.items():
            assert key in block
            check(value, block[key]) if isinstance(value, dict) else None

    check(read("real.cnn.yaml"), given)
