"""How the weights start, and what can and cannot be learned from zero."""

import numpy as np
import pytest

from stages.dnn.initialisation import initialise
from stages.dnn.layers import ACTIVATIONS, Dense
from stages.dnn.losses import cross_entropy
from stages.dnn.network import Network, build_network
from stages.dnn.sgd import sgd_step

FEATURES, CLASSES, SAMPLES = 6, 3, 90


def problem(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Three clusters that a line separates."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, SAMPLES)
    return (np.eye(FEATURES)[labels] * 2 + rng.normal(0, 0.3, (SAMPLES, FEATURES))).astype(np.float32), labels


def learn(network: Network, steps: int, lr: float = 0.5) -> None:
    inputs, labels = problem()
    for _ in range(steps):
        network.gradients(inputs, labels)
        sgd_step(network, lr)


def copied(network: Network) -> dict[str, np.ndarray]:
    return {name: array.copy() for name, array in network.state().items()}


def moved(network: Network, before: dict[str, np.ndarray]) -> set[str]:
    return {name for name, array in network.state().items() if (array != before[name]).any()}


def zero_network(activation: str, hidden: list[int], zero_biases: bool, seed: int = 0) -> Network:
    network = build_network([FEATURES, *hidden, CLASSES], activation, "zero", np.random.default_rng(seed))
    if zero_biases:
        for array in network.state().values():
            array[:] = 0
    return network


@pytest.mark.parametrize(("activation", "variance"), [("relu", 2 / 400), ("tanh", 2 / 700), ("sigmoid", 2 / 700)])
def test_random_weights_have_the_scale_of_their_activation(activation, variance):
    weights, biases = initialise(400, 300, "random", activation, np.random.default_rng(0))
    assert weights.shape == (400, 300)
    assert weights.mean() == pytest.approx(0, abs=4 * np.sqrt(variance / weights.size))
    assert weights.var() == pytest.approx(variance, rel=0.02)
    assert (biases == 0).all()
    assert weights.dtype == biases.dtype == np.float32


def test_he_scale_keeps_the_size_of_signals_through_many_relu_layers():
    network = build_network([200] * 12, "relu", "random", np.random.default_rng(0))
    inputs = np.random.default_rng(1).normal(size=(300, 200)).astype(np.float32)
    first, last = network.layers[0].forward(inputs).std(), network.logits(inputs).std()
    assert 0.5 < last / first < 2


def test_zero_init_has_zero_weights_and_standard_normal_biases():
    weights, biases = initialise(50, 4000, "zero", "relu", np.random.default_rng(0))
    assert not weights.any()
    assert biases.mean() == pytest.approx(0, abs=0.06)
    assert biases.std() == pytest.approx(1, abs=0.05)
    assert weights.dtype == biases.dtype == np.float32


@pytest.mark.parametrize("hidden", [[5], [5, 4]], ids=str)
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_zero_weights_and_zero_biases_learn_nothing_but_the_last_biases(activation, hidden):
    network = zero_network(activation, hidden, zero_biases=True)
    before = copied(network)
    learn(network, 50)
    assert moved(network, before) == {f"{len(hidden)}.biases"}


def test_behind_sigmoid_zero_weights_and_biases_keep_all_nodes_alike():
    network = zero_network("sigmoid", [5, 4], zero_biases=True)
    learn(network, 50)
    state = network.state()
    assert state["1.weights"].any()
    for name in ("0.weights", "1.weights"):  # every node of a layer has the same incoming weights
        assert (state[name] == state[name][:, :1]).all()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_zero_weights_learn_with_random_biases(activation):
    inputs, labels = problem()
    network = zero_network(activation, [12], zero_biases=False)
    learn(network, 300)
    assert (network.logits(inputs).argmax(axis=1) == labels).mean() > 0.95


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_from_zero_weights_the_layers_wake_one_a_step_from_the_last(activation):
    network = zero_network(activation, [8, 8, 8], zero_biases=False)
    before, awake = copied(network), []
    for _ in range(4):
        learn(network, 1)
        awake.append(sorted({int(name[0]) for name in moved(network, before)}))
    assert awake == [[3], [2, 3], [1, 2, 3], [0, 1, 2, 3]]


def test_the_first_step_from_zero_weights_sees_no_more_than_the_class_frequencies():
    network = zero_network("relu", [8], zero_biases=False)
    inputs, labels = problem()
    network.gradients(inputs, labels)
    hidden = network.latent(inputs)
    assert (hidden == hidden[0]).all()  # the same for every sample
    last: Dense = network.layers[-1]
    frequencies = np.bincount(labels, minlength=CLASSES) / SAMPLES
    biases = last.biases.astype(float)
    probabilities = np.exp(biases) / np.exp(biases).sum()
    np.testing.assert_allclose(last.weights_gradient, np.outer(hidden[0], probabilities - frequencies), atol=1e-6)


@pytest.mark.parametrize("hidden", [[40], [30, 20]], ids=str)
def test_relu_nodes_with_zero_weights_and_a_negative_bias_are_dead_for_ever(hidden):
    network = zero_network("relu", hidden, zero_biases=False)
    before = copied(network)
    learn(network, 200, lr=0.1)
    state = network.state()
    for i in range(len(hidden)):
        dead = before[f"{i}.biases"] < 0
        assert 0.3 < dead.mean() < 0.7
        assert (state[f"{i}.biases"][dead] == before[f"{i}.biases"][dead]).all()
        assert not state[f"{i}.weights"][:, dead].any()
        assert not state[f"{i + 1}.weights"][dead].any()
        assert (state[f"{i}.biases"][~dead] != before[f"{i}.biases"][~dead]).all()


def test_zero_init_learns_later_than_random_init():
    inputs, labels = problem()
    losses = {}
    for init in ("random", "zero"):
        network = build_network([FEATURES, 20, CLASSES], "relu", init, np.random.default_rng(0))
        learn(network, 5, lr=0.1)
        losses[init] = cross_entropy(network.logits(inputs), labels)
    assert losses["random"] < losses["zero"]


def test_how_many_nodes_of_zero_init_are_dead():
    networks = [build_network([784, 60, 10], "relu", "zero", np.random.default_rng(seed)) for seed in range(3)]
    assert [int((network.layers[0].biases < 0).sum()) for network in networks] == [28, 29, 26]
