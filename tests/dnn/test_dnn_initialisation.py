"""How the weights start, and what can and cannot be learned from zero."""

from copy import deepcopy

import numpy as np
import pytest

from stages.dnn.initialisation import initial_parameters
from stages.dnn.layers import ACTIVATIONS
from stages.dnn.loss import cross_entropy_gradient
from stages.dnn.network import Network
from stages.dnn.optimizers import Sgd

FEATURES, CLASSES, SAMPLES = 6, 3, 90


def problem() -> tuple[np.ndarray, np.ndarray]:
    """Three clusters that a line separates."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, SAMPLES)
    return (np.eye(FEATURES)[labels] * 2 + rng.normal(0, 0.3, (SAMPLES, FEATURES))).astype(np.float32), labels


def learn(network: Network, steps: int, lr: float = 0.5) -> None:
    inputs, labels = problem()
    optimizer = Sgd(network.parameters)
    for _ in range(steps):
        optimizer.step(network.backward(cross_entropy_gradient(network.forward(inputs), labels)), lr)


def moved(network: Network, before: dict[str, np.ndarray]) -> set[str]:
    return {name for name, array in network.parameters.items() if (array != before[name]).any()}


def zero_network(activation: str, hidden: list[int], zero_biases: bool = False) -> Network:
    parameters = initial_parameters([FEATURES, *hidden, CLASSES], activation, "zero", np.random.default_rng(0))
    if zero_biases:
        parameters = {name: np.zeros_like(array) for name, array in parameters.items()}
    return Network(parameters, activation)


@pytest.mark.parametrize(
    ("activation", "variance"),
    [("relu", 2 / 400), ("leaky_relu", 2 / 400), ("tanh", 2 / 700), ("sigmoid", 2 / 700)],
)
def test_random_weights_have_the_scale_of_their_activation(activation, variance):
    parameters = initial_parameters([400, 300], activation, "random", np.random.default_rng(0))
    weights, biases = parameters["0.weights"], parameters["0.biases"]
    assert weights.shape == (400, 300)
    assert weights.mean() == pytest.approx(0, abs=4 * np.sqrt(variance / weights.size))
    assert weights.var() == pytest.approx(variance, rel=0.02)
    assert (biases == 0).all()
    assert weights.dtype == biases.dtype == np.float32


def test_zero_init_has_zero_weights_and_standard_normal_biases():
    parameters = initial_parameters([50, 4000], "relu", "zero", np.random.default_rng(0))
    assert not parameters["0.weights"].any()
    assert parameters["0.biases"].mean() == pytest.approx(0, abs=0.06)
    assert parameters["0.biases"].std() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("hidden", [[5], [5, 4]], ids=str)
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_zero_weights_and_zero_biases_learn_nothing_but_the_last_biases(activation, hidden):
    network = zero_network(activation, hidden, zero_biases=True)
    before = deepcopy(network.parameters)
    learn(network, 50)
    assert moved(network, before) == {f"{len(hidden)}.biases"}


def test_behind_sigmoid_zero_weights_and_biases_keep_all_nodes_alike():
    network = zero_network("sigmoid", [5, 4], zero_biases=True)
    learn(network, 50)
    assert network.parameters["1.weights"].any()
    for name in ("0.weights", "1.weights"):  # every node of a layer has the same incoming weights
        weights = network.parameters[name]
        assert (weights == weights[:, :1]).all()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_zero_weights_learn_with_random_biases(activation):
    inputs, labels = problem()
    network = zero_network(activation, [12])
    learn(network, 300)
    assert (network.forward(inputs).argmax(axis=1) == labels).mean() > 0.95


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_from_zero_weights_the_layers_wake_one_a_step_from_the_last(activation):
    network = zero_network(activation, [8, 8, 8])
    before, awake = deepcopy(network.parameters), []
    for _ in range(4):
        learn(network, 1)
        awake.append(sorted({int(name[0]) for name in moved(network, before)}))
    assert awake == [[3], [2, 3], [1, 2, 3], [0, 1, 2, 3]]


def test_the_first_step_from_zero_weights_sees_no_more_than_the_class_frequencies():
    network = zero_network("relu", [8])
    inputs, labels = problem()
    gradients = network.backward(cross_entropy_gradient(network.forward(inputs), labels))
    hidden = network.features(inputs)
    assert (hidden == hidden[0]).all()  # the same for every sample
    frequencies = np.bincount(labels, minlength=CLASSES) / SAMPLES
    biases = network.parameters["1.biases"].astype(float)
    probabilities = np.exp(biases) / np.exp(biases).sum()
    np.testing.assert_allclose(gradients["1.weights"], np.outer(hidden[0], probabilities - frequencies), atol=1e-6)


@pytest.mark.parametrize("hidden", [[40], [30, 20]], ids=str)
def test_relu_nodes_with_zero_weights_and_a_negative_bias_are_dead_for_ever(hidden):
    network = zero_network("relu", hidden)
    before = deepcopy(network.parameters)
    learn(network, 200, lr=0.1)
    after = network.parameters
    for i in range(len(hidden)):
        dead = before[f"{i}.biases"] < 0
        assert 0.3 < dead.mean() < 0.7
        assert (after[f"{i}.biases"][dead] == before[f"{i}.biases"][dead]).all()
        assert not after[f"{i}.weights"][:, dead].any()
        assert not after[f"{i + 1}.weights"][dead].any()
        assert (after[f"{i}.biases"][~dead] != before[f"{i}.biases"][~dead]).all()


def test_how_many_nodes_of_zero_init_are_dead():
    starts = [initial_parameters([784, 60, 10], "relu", "zero", np.random.default_rng(seed)) for seed in range(3)]
    assert [int((start["0.biases"] < 0).sum()) for start in starts] == [28, 29, 26]
