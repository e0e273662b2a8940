"""The network's gradients against finite differences, at several depths, and what it says."""

import numpy as np
import pytest
from scipy.special import log_softmax

from stages.dnn.layers import ACTIVATIONS, Dropout
from stages.dnn.loss import cross_entropy_gradient
from stages.dnn.network import EVALUATION_ROWS, Network, in_batches

INPUTS, CLASSES, SAMPLES = 5, 4, 6
DEPTHS = [[], [7], [6, 5], [5, 6, 4], [4, 4, 4, 4]]

pytestmark = pytest.mark.filterwarnings("error")


def batch(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(SAMPLES, INPUTS)), rng.integers(0, CLASSES, SAMPLES)


def same_masks(network: Network) -> None:
    """Let every dropout layer draw next what it drew first."""
    for number, layer in enumerate(network.layers):
        if isinstance(layer, Dropout):
            layer.rng = np.random.default_rng(number)


@pytest.mark.parametrize(("dropout", "smoothing"), [(0, 0), (0.4, 0.2)])
@pytest.mark.parametrize("hidden", DEPTHS, ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_gradient_by_finite_differences(random_network, activation, hidden, dropout, smoothing):
    network, (inputs, labels) = random_network([INPUTS, *hidden, CLASSES], activation, dropout), batch()
    targets = np.eye(CLASSES)[labels] * (1 - smoothing) + smoothing / CLASSES

    def logits() -> np.ndarray:
        same_masks(network)
        return network.forward(inputs, training=True)

    def loss() -> float:
        return -(targets * log_softmax(logits(), axis=1)).sum() / SAMPLES

    gradients = network.backward(cross_entropy_gradient(logits(), labels, smoothing))
    assert list(gradients) == list(network.parameters)
    step = 1e-6
    for name, array in network.parameters.items():
        for place in np.ndindex(array.shape):
            kept = array[place]
            array[place] = kept + step
            above = loss()
            array[place] = kept - step
            below = loss()
            array[place] = kept
            assert gradients[name][place] == pytest.approx((above - below) / (2 * step), rel=1e-5, abs=1e-8)


def test_the_first_layer_alone_leaves_out_the_gradient_of_its_inputs(random_network):
    assert [dense.is_first for dense in random_network([5, 4, 3, 2]).dense] == [True, False, False]


def test_dropout_takes_part_in_training_alone(random_network):
    plain, network = (random_network([INPUTS, 40, CLASSES], dropout=rate) for rate in (0, 0.5))
    inputs, _ = batch()
    assert (network.forward(inputs) == plain.forward(inputs)).all()
    assert (network.features(inputs) == plain.features(inputs)).all()
    assert (network.forward(inputs, training=True) != plain.forward(inputs, training=True)).any()


def test_inputs_and_labels_are_left_alone(random_network):
    network, (inputs, labels) = random_network([INPUTS, 7, CLASSES]), batch()
    logits = network.forward(inputs)
    before = inputs.copy(), labels.copy(), logits.copy()
    network.backward(cross_entropy_gradient(logits, labels))
    for array, kept in zip((inputs, labels, logits), before, strict=True):
        assert (array == kept).all()


def test_many_rows_are_evaluated_in_batches_without_a_seam(random_network):
    network = random_network([INPUTS, 7, CLASSES], "sigmoid")
    inputs = np.random.default_rng(0).normal(size=(2 * EVALUATION_ROWS + 3, INPUTS))
    np.testing.assert_allclose(in_batches(network.forward, inputs), network.forward(inputs), rtol=1e-12)


@pytest.mark.parametrize("hidden", DEPTHS, ids=str)
def test_features_are_what_the_last_layer_sees(random_network, hidden):
    network, (inputs, _) = random_network([INPUTS, *hidden, CLASSES], "tanh"), batch()
    last = f"{len(hidden)}.weights", f"{len(hidden)}.biases"
    weights, biases = (network.parameters[name] for name in last)
    np.testing.assert_allclose(network.features(inputs) @ weights + biases, network.forward(inputs), rtol=1e-12)
