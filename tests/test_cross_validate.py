"""Cross-validation over all faces: no network judges a photo, or a copy of one, that it has seen."""

import numpy as np
import pandas as pd
import pytest

from stages.config.params import check_params, read_mapping
from stages.cross_validate import groups_of_copies, parts_of
from stages.runtime.errors import InputError
from stages.storage.dataset import TEST, Dataset, Form, Samples
from stages.storage.files import read_json
from stages.storage.predictions import cross_validation_path, load_predictions
from tests.helpers import PROJECT, Pipeline


def test_copies_of_copies_are_one_group():
    files = np.array(["d.jpg", "a.jpg", "c.jpg", "a.jpg", "b.jpg", "e.jpg"])
    pairs = pd.DataFrame({"photo": ["d.jpg", "c.jpg"], "other": ["c.jpg", "b.jpg"]})
    assert groups_of_copies(files, pairs).tolist() == ["b.jpg", "a.jpg", "b.jpg", "a.jpg", "b.jpg", "e.jpg"]
    assert groups_of_copies(files, pairs.iloc[:0]).tolist() == files.tolist()


def test_each_sample_is_held_out_once_with_its_whole_group_and_each_seed_divides_anew():
    labels, groups = np.tile(np.arange(3), 20), np.repeat(np.arange(20), 3).astype(str)
    train = Samples(np.zeros((60, 4, 4), np.uint8), labels, groups, np.arange(60).astype(str))
    dataset = Dataset(train, train, np.zeros(60, bool), Form((4, 4), ("a", "b", "c")))
    parts = parts_of(dataset, 5, 0)
    np.testing.assert_array_equal(np.sum(parts, axis=0), np.ones(60))
    assert all(set(groups[held]).isdisjoint(groups[~held]) for held in parts)
    assert not np.array_equal(parts, parts_of(dataset, 5, 1))


@pytest.mark.parametrize("name", ["wide", "nobody"])
def test_only_networks_for_masks_can_be_named(name: str):
    content = read_mapping(PROJECT / "params.yaml")
    content["cross_validation"]["variants"] = [name]
    with pytest.raises(InputError, match=f"cross_validation.variants: {name} is no variant of masks"):
        check_params(content, "params.yaml")


@pytest.mark.slow
def test_the_stage_judges_every_face_of_both_sides_with_every_seed(finished: Pipeline):
    finished.change(cross_validation__variants=["balanced"], cross_validation__folds=3, cross_validation__seeds=[0, 1])
    assert finished.repro() == {"cross_validate@balanced"}
    index = pd.read_csv(finished.folder / "data/masks/index.csv")
    said = load_predictions(finished.folder / cross_validation_path("balanced"), [TEST])
    assert sorted(said.names) == sorted(index["crop"].dropna()) and said.logits[TEST].shape[:2] == (2, len(index))
    found = read_json(finished.folder / "metrics/masks/balanced/cross_validation.json")
    assert found["accuracy"] == pytest.approx(np.mean(said.predicted(TEST) == said.labels[TEST]))
    assert found["interval"]["accuracy"]["low"] <= found["accuracy"] <= found["interval"]["accuracy"]["high"]
    finished.change(cross_validation__folds=2)
    assert finished.repro() == {"cross_validate@balanced"}
