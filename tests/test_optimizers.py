"""Every optimizer step for step against torch's, and its first step by hand."""

from functools import partial

import numpy as np
import pytest
import torch

from stages.dnn import optimizers
from stages.dnn.network import Network, build_network
from stages.dnn.optimizers import Adam, Momentum, Sgd, make_optimizer
from stages.params_dnn import DnnVariant
from tests.pipeline import dnn_variant

pytestmark = pytest.mark.filterwarnings("error")

KINDS = {
    "sgd": ({}, torch.optim.SGD),
    "momentum": ({"momentum": 0.9}, partial(torch.optim.SGD, momentum=0.9)),
    "adam": ({"optimizer": "adam"}, torch.optim.Adam),
}


def network_of() -> Network:
    return build_network([9, 7, 4], "tanh", "random", np.random.default_rng(0), np.float64)


def twin_of(network: Network) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(array, requires_grad=True) for name, array in network.state().items()}


def variant(**changes) -> DnnVariant:
    return DnnVariant.model_validate(dnn_variant(**changes))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("block", [1 << 14, 5])
def test_steps_are_those_of_torch(kind, decay, block, monkeypatch):
    monkeypatch.setattr(optimizers, "BLOCK", block)
    keys, make = KINDS[kind]
    network, lr = network_of(), 0.05
    twin = twin_of(network)
    theirs = make(list(twin.values()), lr)
    ours = make_optimizer(network, variant(weight_decay=decay, **keys))
    rng = np.random.default_rng(1)
    for step in range(5):
        inputs, labels = rng.normal(size=(6, 9)), rng.integers(0, 4, 6)
        network.gradients(inputs, labels)
        gradients = [array for layer in network.layers for array in layer.gradients().values()]
        for name, parameter, gradient in zip(twin, twin.values(), gradients, strict=True):
            parameter.grad = torch.tensor(gradient)
            if name.endswith("weights"):
                parameter.data *= 1 - lr * decay  # decoupled: beside the step
        theirs.step()
        ours.step(lr)
        for name, array in network.state().items():
            np.testing.assert_allclose(array, twin[name].detach().numpy(), rtol=1e-9, atol=1e-12, err_msg=f"{step}")


def test_decoupled_decay_is_that_of_torchs_adamw():
    network = network_of()
    twin = twin_of(network)
    weights = [array for name, array in twin.items() if name.endswith("weights")]
    biases = [array for name, array in twin.items() if name.endswith("biases")]
    groups = [{"params": weights, "weight_decay": 0.3}, {"params": biases, "weight_decay": 0.0}]
    theirs = torch.optim.AdamW(groups, 0.05)
    network.gradients(np.ones((2, 9)), np.array([0, 1]))
    gradients = [array for layer in network.layers for array in layer.gradients().values()]
    for parameter, gradient in zip(twin.values(), gradients, strict=True):
        parameter.grad = torch.tensor(gradient)
    theirs.step()
    Adam(network, 0.3).step(0.05)
    for name, array in network.state().items():
        np.testing.assert_allclose(array, twin[name].detach().numpy(), rtol=1e-9, atol=1e-12)


def test_two_steps_of_momentum_by_hand():
    network = build_network([1, 1], "relu", "random", np.random.default_rng(0), np.float64)
    layer = network.layers[0]
    layer.weights[:] = 1
    momentum = Momentum(network, 0.5)
    for gradient, expected in ((2.0, 1 - 0.1 * 2), (4.0, 0.8 - 0.1 * (0.5 * 2 + 4))):
        layer.weights_gradient[:] = gradient
        momentum.step(0.1)
        assert layer.weights[0, 0] == pytest.approx(expected)


def test_the_first_step_of_adam_has_the_size_of_the_learning_rate():
    network = network_of()
    before = network.state()["0.weights"].copy()
    network.gradients(np.random.default_rng(1).normal(size=(6, 9)), np.arange(6) % 4)
    signs = np.sign(network.layers[0].weights_gradient)
    Adam(network).step(0.01)
    np.testing.assert_allclose(network.state()["0.weights"] - before, -0.01 * signs, rtol=1e-3)


@pytest.mark.parametrize(("keys", "kind"), [({}, Sgd), ({"momentum": 0.9}, Momentum), ({"optimizer": "adam"}, Adam)])
def test_a_variant_gets_the_optimizer_it_asks_for(keys, kind):
    assert type(make_optimizer(network_of(), variant(**keys))) is kind


@pytest.mark.parametrize("keys", [{}, {"momentum": 0.9}, {"optimizer": "adam"}])
def test_float32_stays_float32(keys):
    network = build_network([9, 7, 4], "relu", "random", np.random.default_rng(0))
    optimizer = make_optimizer(network, variant(weight_decay=0.1, **keys))
    network.gradients(np.ones((2, 9), np.float32), np.array([0, 1]))
    optimizer.step(0.1)
    assert {array.dtype for array in network.state().values()} == {np.dtype(np.float32)}
