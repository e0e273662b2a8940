"""The network's gradients against finite differences and against torch's autograd, at several depths."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from torch import nn

from stages.dnn.dropout import Dropout
from stages.dnn.layers import ACTIVATIONS, Dense
from stages.dnn.losses import cross_entropy
from stages.dnn.network import EVALUATION_ROWS, Network, build_network, network_from_state
from stages.dnn.sgd import sgd_step

INPUTS, CLASSES, SAMPLES = 5, 4, 6
DEPTHS = [[], [7], [6, 5], [5, 6, 4], [4, 4, 4, 4]]
TORCH = {"relu": nn.ReLU, "leaky_relu": partial(nn.LeakyReLU, 0.1), "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}

pytestmark = pytest.mark.filterwarnings("error")


def network_of(hidden: list[int], activation: str, seed: int = 0, dtype: type = np.float64) -> Network:
    """A network whose biases are random too: zeros would hide a wrong gradient."""
    rng = np.random.default_rng(seed)
    network = build_network([INPUTS, *hidden, CLASSES], activation, "random", rng, dtype)
    for name, array in network.state().items():
        if name.endswith("biases"):
            array[:] = rng.normal(0, 0.5, array.shape)
    return network


def batch(seed: int = 1, dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(SAMPLES, INPUTS)).astype(dtype), rng.integers(0, CLASSES, SAMPLES)


def torch_twin(network: Network, activation: str) -> nn.Sequential:
    layers = []
    for layer in network.layers:
        if isinstance(layer, Dense):
            linear = nn.Linear(*layer.weights.shape).double()
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(layer.weights.T))
                linear.bias.copy_(torch.from_numpy(layer.biases))
            layers.append(linear)
        else:
            layers.append(TORCH[activation]())
    return nn.Sequential(*layers)


def gradients_of(network: Network) -> list[np.ndarray]:
    return [array for layer in network.layers for array in layer.gradients().values()]


@pytest.mark.parametrize("hidden", DEPTHS, ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_gradient_by_finite_differences(activation, hidden):
    network, (inputs, labels) = network_of(hidden, activation), batch()
    network.gradients(inputs, labels)
    analytic = [gradient.copy() for gradient in gradients_of(network)]
    step = 1e-6
    for array, gradient in zip(network.state().values(), analytic, strict=True):
        for place in np.ndindex(array.shape):
            kept = array[place]
            array[place] = kept + step
            above = cross_entropy(network.forward(inputs), labels)
            array[place] = kept - step
            below = cross_entropy(network.forward(inputs), labels)
            array[place] = kept
            assert gradient[place] == pytest.approx((above - below) / (2 * step), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("hidden", DEPTHS, ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_steps_of_sgd_are_those_of_torch(activation, hidden):
    network = network_of(hidden, activation)
    twin = torch_twin(network, activation)
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.5)
    for seed in range(4):
        inputs, labels = batch(seed)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(twin(torch.from_numpy(inputs)), torch.from_numpy(labels))
        loss.backward()
        assert cross_entropy(network.forward(inputs), labels) == pytest.approx(loss.item(), rel=1e-12)
        network.gradients(inputs, labels)
        for gradient, parameter in zip(gradients_of(network), twin.parameters(), strict=True):
            np.testing.assert_allclose(gradient, parameter.grad.numpy().T, rtol=1e-9, atol=1e-14)
        optimizer.step()
        sgd_step(network, 0.5)
        for array, parameter in zip(network.state().values(), twin.parameters(), strict=True):
            np.testing.assert_allclose(array, parameter.detach().numpy().T, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_gradient_with_dropout_and_smoothing_by_finite_differences(activation):
    network, (inputs, labels) = with_dropout(network_of([6, 5], activation), 0.4), batch()
    targets = np.full((SAMPLES, CLASSES), 0.2 / CLASSES)
    targets[np.arange(SAMPLES), labels] += 0.8

    def loss() -> float:
        same_masks(network)
        outputs = inputs
        for layer in network.layers:
            outputs = layer.forward(outputs)
        return -(targets * log_softmax(outputs, axis=1)).sum() / SAMPLES

    same_masks(network)
    network.gradients(inputs, labels, smoothing=0.2)
    analytic = [gradient.copy() for gradient in gradients_of(network)]
    step = 1e-6
    for array, gradient in zip(network.state().values(), analytic, strict=True):
        for place in np.ndindex(array.shape):
            kept = array[place]
            array[place] = kept + step
            above = loss()
            array[place] = kept - step
            below = loss()
            array[place] = kept
            assert gradient[place] == pytest.approx((above - below) / (2 * step), rel=1e-5, abs=1e-8)


def with_dropout(network: Network, rate: float) -> Network:
    layers = []
    for layer in network.layers:
        layers.append(layer)
        layers += [] if isinstance(layer, Dense) else [Dropout(rate, np.random.default_rng(0))]
    return Network(layers)


def same_masks(network: Network) -> None:
    """Let every dropout layer draw next what it drew first."""
    for number, layer in enumerate(network.layers):
        if isinstance(layer, Dropout):
            layer._rng = np.random.default_rng(number)


def test_dropout_is_in_training_and_nowhere_else():
    plain = build_network([INPUTS, 40, CLASSES], "relu", "random", np.random.default_rng(0))
    network = build_network([INPUTS, 40, CLASSES], "relu", "random", np.random.default_rng(0), dropout=0.5)
    inputs, labels = batch(dtype=np.float32)
    for judged in ("forward", "logits", "latent"):
        assert (getattr(network, judged)(inputs) == getattr(plain, judged)(inputs)).all(), judged
    assert list(network.state()) == list(plain.state())
    network.gradients(inputs, labels)
    rows = network.state()["1.weights"].shape[0]
    untouched = (gradients_of(network)[2] == 0).all(axis=1).sum()
    plain.gradients(inputs, labels)
    assert untouched > (gradients_of(plain)[2] == 0).all(axis=1).sum()
    assert rows == 40


def test_inputs_and_labels_are_left_alone():
    network, (inputs, labels) = network_of([7], "relu"), batch()
    before = inputs.copy(), labels.copy()
    network.gradients(inputs, labels)
    network.logits(inputs)
    assert (inputs == before[0]).all()
    assert (labels == before[1]).all()


def test_logits_of_an_earlier_call_are_not_overwritten():
    network, (inputs, labels) = network_of([7], "tanh"), batch()
    logits, latent = network.logits(inputs), network.latent(inputs)
    kept = logits.copy(), latent.copy()
    network.gradients(inputs * 3, labels)
    network.logits(-inputs)
    network.latent(-inputs)
    assert (logits == kept[0]).all()
    assert (latent == kept[1]).all()


def test_many_rows_are_evaluated_in_batches_without_a_seam():
    network = network_of([7], "sigmoid")
    inputs = np.random.default_rng(0).normal(size=(2 * EVALUATION_ROWS + 3, INPUTS))
    logits = network.logits(inputs)
    assert logits.shape == (len(inputs), CLASSES)
    np.testing.assert_allclose(logits, network.forward(inputs), rtol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_latent_is_what_the_last_layer_sees(activation):
    network, (inputs, _) = network_of([6, 3], activation), batch()
    latent = network.latent(inputs)
    assert latent.shape == (SAMPLES, 3)
    state = network.state()
    np.testing.assert_allclose(latent @ state["2.weights"] + state["2.biases"], network.logits(inputs), rtol=1e-12)


def test_float32_by_default_all_the_way():
    network = build_network([INPUTS, 7, CLASSES], "relu", "random", np.random.default_rng(0))
    inputs, labels = batch(dtype=np.float32)
    network.gradients(inputs, labels)
    assert {array.dtype for array in [*network.state().values(), *gradients_of(network)]} == {np.dtype(np.float32)}
    assert network.logits(inputs).dtype == np.float32


@pytest.mark.parametrize("hidden", DEPTHS, ids=str)
def test_a_network_survives_as_its_state(hidden):
    network, (inputs, _) = network_of(hidden, "tanh"), batch()
    state = {name: array.copy() for name, array in network.state().items()}
    assert list(state) == [f"{i}.{name}" for i in range(len(hidden) + 1) for name in ("weights", "biases")]
    assert (network_from_state(state, "tanh").logits(inputs) == network.logits(inputs)).all()
