"""Ablation: each change alone."""

import numpy as np
import pandas as pd
import pytest

from stages.config.params import check_params, read_mapping
from stages.runtime.errors import InputError
from tests.helpers import PROJECT, Pipeline, dnn_variant
from tools.ablation import ablation_table, changed_variants, seed_of

CHANGES = """
plain:
  unchanged: {epochs: 1}
  slower: {lr: 0.0001}
"""


def variant(**changes: object):
    content = read_mapping(PROJECT / "params.yaml")
    content["variants"]["one"] = dnn_variant(**changes)
    return check_params(content, "params.yaml").variant("one")


def test_each_change_is_made_alone_and_on_the_common_budget():
    changes = {"unchanged": {"epochs": 7}, "slow": {"lr": 0.01}, "long": {"epochs": 9}}
    found = {name: (one.lr, one.epochs) for name, one in changed_variants(variant(), changes, "here").items()}
    assert found == {"unchanged": (0.1, 7), "slow": (0.01, 7), "long": (0.1, 9)}
    with pytest.raises(InputError, match=r"here\.slow\.lr: "):
        changed_variants(variant(), {"slow": {"lr": -1}}, "here")
    with pytest.raises(InputError, match="must be a mapping of changes"):
        changed_variants(variant(), None, "here")


def test_every_ablation_that_the_project_names_makes_valid_variants():
    params = check_params(read_mapping(PROJECT / "params.yaml"), "params.yaml")
    for name, changes in read_mapping(PROJECT / "studies/ablations.yaml").items():
        assert len(changed_variants(params.variant(name), changes, name)) > 1


def test_the_table_has_means_deviations_and_gains():
    rows = pd.DataFrame({"change": ["unchanged", "unchanged", "slow", "slow"], "accuracy": [0.8, 0.9, 0.5, 0.7]})
    table = ablation_table(rows)
    assert table["accuracy"].tolist() == pytest.approx([0.85, 0.6])
    assert table["accuracy_std"].tolist() == pytest.approx([np.std([0.8, 0.9], ddof=1), np.std([0.5, 0.7], ddof=1)])
    assert table["accuracy_gain"].tolist() == pytest.approx([0, -0.25]) and table["seeds"].tolist() == [2, 2]
    assert "accuracy_std" not in ablation_table(rows.drop_duplicates("change"))


@pytest.mark.parametrize("text", ["-1", "1.5", "²", "4294967296", "99999999999"])
def test_seeds_are_whole_numbers_of_32_bits(text: str):
    with pytest.raises(Exception, match="is no whole number"):
        seed_of(text)
    assert seed_of("4294967295") == 2**32 - 1


@pytest.mark.slow
def test_an_ablation_of_a_masks_variant_writes_its_table(finished: Pipeline):
    (finished.folder / "studies").mkdir()
    (finished.folder / "studies/ablations.yaml").write_text(CHANGES, encoding="utf-8")
    status, said = finished.python("tools.ablation", "plain", "--seeds", "0")
    assert status == 0, said
    table = pd.read_csv(finished.folder / "docs/results/ablation_plain.csv")
    assert table["change"].tolist() == ["unchanged", "slower"] and table["accuracy"].between(0, 1).all()
    assert finished.python("tools.ablation", "plan")[1].startswith("error: plan: no such variant")
