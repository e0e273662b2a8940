"""Learning curves, divergence, and features in two dimensions."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from stages.runtime.errors import InputError
from stages.training.history import PATIENCE, History
from stages.training.latent import project


def history(epochs: int = 50) -> History:
    return History(classes=10, epochs=epochs, lr=0.5, seed=3)


def test_rows_are_numbered_and_progress_is_told():
    calls = []
    one = History(3, 2, 0.1, 0, lambda rows: calls.append(len(rows)))
    one.add(train_loss=1.0, test_accuracy=0.5)
    one.add(train_loss=0.5, test_accuracy=0.6)
    assert [row["epoch"] for row in one.rows] == [1, 2] and calls == [1, 2]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("key", ["train_loss", "test_loss"])
def test_a_figure_that_is_no_number_is_divergence(key: str, value: float):
    one = history()
    one.add(train_loss=1.0, test_loss=1.0)
    with pytest.raises(InputError, match=r"^lr: training diverged in epoch 2 \(seed 3\); lower it from 0.5"):
        one.add(**{"train_loss": 1.0, "test_loss": 1.0, key: value})


def test_a_loss_far_above_guessing_for_long_is_divergence_and_its_beginning_is_named():
    one = history()
    one.add(train_loss=2.0)
    with pytest.raises(InputError, match="diverged in epoch 2 "):
        for _ in range(PATIENCE):
            one.add(train_loss=10 * np.log(10) + 1)


def test_a_network_that_stumbles_or_learns_nothing_goes_on():
    one = history()
    for epoch in range(40):
        one.add(train_loss=1e3 if epoch % PATIENCE else 2.3)
    assert len(one.rows) == 40
    one = history()
    for _ in range(40):
        one.add(train_loss=2.5)


def test_projection_is_that_of_principal_components_up_to_the_sign():
    features = np.random.default_rng(0).normal(size=(60, 7)) * [9, 5, 2, 1, 1, 1, 1]
    points, axes = project(features)
    expected = PCA(2).fit_transform(features)
    signs = np.sign((points * expected).sum(axis=0))
    np.testing.assert_allclose(points, expected * signs, rtol=1e-4, atol=1e-4)
    assert axes == ("principal component 1", "principal component 2")


def test_the_sign_of_a_projection_does_not_depend_on_the_library():
    features = np.random.default_rng(1).normal(size=(40, 5))
    points, _ = project(features)
    centred = features - features.mean(axis=0)
    directions = np.linalg.lstsq(centred, points, rcond=None)[0]
    assert (directions[np.abs(directions).argmax(axis=0), [0, 1]] > 0).all()


def test_two_nodes_are_the_coordinates_and_one_lies_on_a_line():
    features = np.random.default_rng(2).normal(size=(5, 2))
    np.testing.assert_array_equal(project(features)[0], features.astype(np.float32))
    points, axes = project(features[:, :1])
    assert (points[:, 1] == 0).all() and axes == ("node 1", "node 2")
