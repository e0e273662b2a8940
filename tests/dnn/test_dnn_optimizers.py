"""Losses, gradients and steps of every optimizer against torch's and by hand, and schedules of the learning rate."""

from functools import partial

import numpy as np
import pytest
import torch
from torch.nn import functional

from stages.config.variants import DnnVariant
from stages.dnn.loss import cross_entropy, cross_entropy_gradient
from stages.dnn.network import Network
from stages.dnn.optimizers import Adam, Momentum, Sgd, learning_rate, make_optimizer
from tests.helpers import dnn_variant

pytestmark = pytest.mark.filterwarnings("error")

KINDS = {
    "sgd": ({}, torch.optim.SGD, Sgd),
    "momentum": ({"momentum": 0.9}, partial(torch.optim.SGD, momentum=0.9), Momentum),
    "adam": ({"optimizer": "adam"}, partial(torch.optim.AdamW, weight_decay=0), Adam),
}
TORCH = {
    "relu": torch.relu,
    "leaky_relu": partial(functional.leaky_relu, negative_slope=0.1),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}


def variant(**changes: object) -> DnnVariant:
    return DnnVariant.model_validate(dnn_variant(**changes))


def torch_loss(parameters: dict[str, torch.Tensor], activation: str, inputs: np.ndarray, labels: np.ndarray):
    """The loss of the same network in torch, whose autograd then gives the gradients."""
    outputs = torch.from_numpy(inputs)
    for i in range(len(parameters) // 2):
        outputs = TORCH[activation](outputs) if i else outputs
        outputs = outputs @ parameters[f"{i}.weights"] + parameters[f"{i}.biases"]
    return functional.cross_entropy(outputs, torch.from_numpy(labels))


@pytest.mark.parametrize("activation", TORCH)
@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("kind", KINDS)
def test_losses_gradients_and_steps_are_those_of_torch(random_network, kind, decay, activation):
    network, lr, (keys, make, expected) = random_network([9, 7, 5, 4], activation), 0.05, KINDS[kind]
    twin = {name: torch.tensor(array, requires_grad=True) for name, array in network.parameters.items()}
    weights, biases = ([twin[f"{i}.{name}"] for i in range(3)] for name in ("weights", "biases"))
    theirs = make([{"params": weights, "weight_decay": decay if kind == "adam" else 0}, {"params": biases}], lr)
    ours = make_optimizer(network.parameters, variant(weight_decay=decay, **keys))
    assert type(ours) is expected
    for seed in range(4):
        rng = np.random.default_rng(seed)
        inputs, labels = rng.normal(size=(6, 9)), rng.integers(0, 4, 6)
        theirs.zero_grad()
        loss = torch_loss(twin, activation, inputs, labels)
        loss.backward()
        logits = network.forward(inputs)
        assert cross_entropy(logits, labels) == pytest.approx(loss.item(), rel=1e-12)
        gradients = network.backward(cross_entropy_gradient(logits, labels))
        for name, parameter in twin.items():
            np.testing.assert_allclose(gradients[name], parameter.grad.numpy(), rtol=1e-9, atol=1e-14)
            if name.endswith("weights") and kind != "adam":
                parameter.data *= 1 - lr * decay  # torch has decoupled decay for Adam alone
        theirs.step()
        ours.step(gradients, lr)
        for name, array in network.parameters.items():
            np.testing.assert_allclose(array, twin[name].detach().numpy(), rtol=1e-8, atol=1e-12)


def test_a_step_of_a_whole_network_by_hand():
    parameters = {
        "0.weights": [[1.0, -1], [0, 2]],
        "0.biases": [0, 1],
        "1.weights": [[1, 0], [0, 1]],
        "1.biases": [0, 0],
    }
    network = Network({name: np.array(values, float) for name, values in parameters.items()}, "relu")
    # One sample [1 1]: Z1 = [1*1 + 1*0, 1*(-1) + 1*2] + [0 1] = [1 2], H1 = Z1, logits = [1 2].
    logits = network.forward(np.array([[1.0, 1.0]]))
    assert logits.tolist() == [[1, 2]]
    # a = [1, e] / (1 + e) = [0.268941, 0.731059]; the label is 0: delta = a - [1 0] = [-0.731059, 0.731059].
    d = np.e / (1 + np.e)
    gradients = network.backward(cross_entropy_gradient(logits, np.array([0])))
    np.testing.assert_allclose(gradients["1.weights"], [[-1 * d, 1 * d], [-2 * d, 2 * d]])  # H1^T delta
    # Back through the identity W2 and ReLU (both nodes above 0) delta stays as it is; dW1 = X^T delta.
    np.testing.assert_allclose(gradients["0.weights"], [[-d, d], [-d, d]])
    Sgd(network.parameters).step(gradients, 0.1)
    np.testing.assert_allclose(network.parameters["1.weights"], [[1 + 0.1 * d, -0.1 * d], [0.2 * d, 1 - 0.2 * d]])
    np.testing.assert_allclose(network.parameters["0.weights"], [[1 + 0.1 * d, -1 - 0.1 * d], [0.1 * d, 2 - 0.1 * d]])
    np.testing.assert_allclose(network.parameters["0.biases"], [0.1 * d, 1 - 0.1 * d])
    np.testing.assert_allclose(network.parameters["1.biases"], [0.1 * d, -0.1 * d])


@pytest.mark.parametrize("kind", KINDS)
def test_float32_stays_float32_and_the_gradients_as_they_are(kind):
    parameters = {"0.weights": np.ones((2, 3), np.float32), "0.biases": np.ones(3, np.float32)}
    gradients = {name: array * 2 for name, array in parameters.items()}
    optimizer = make_optimizer(parameters, variant(weight_decay=0.1, **KINDS[kind][0]))
    optimizer.step(gradients, 0.1)
    assert {array.dtype for pair in optimizer.memory.values() for array in pair} <= {np.dtype(np.float32)}
    assert (gradients["0.weights"] == 2).all()


def test_cosine_is_that_of_torch():
    scheduled = variant(lr=0.8, epochs=10, cosine={})
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.8)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    for done in range(11):
        assert learning_rate(scheduled, done) == pytest.approx(theirs.get_last_lr()[0], abs=1e-12)
        optimizer.step()
        theirs.step()


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({}, {0: 0.8, 0.5: 0.8, 9.99: 0.8}),
        ({"step": {"every": 3, "factor": 0.1}}, {0: 0.8, 2.99: 0.8, 3: 0.08, 5.5: 0.08, 6: 0.008}),
        ({"cosine": {"warm_up": 4}}, {0: 0, 1: 0.2, 2.5: 0.5, 4: 0.8, 7: 0.4, 10: 0}),
    ],
    ids=str,
)
def test_the_learning_rate_follows_its_schedule(schedule, expected):
    scheduled = variant(lr=0.8, epochs=10, **schedule)
    assert {done: learning_rate(scheduled, done) for done in expected} == pytest.approx(expected)
