"""The convolutional network: shapes that follow from the parameters, and the order of pooling and ReLU."""

import pytest
import torch
from torch import nn

from stages.cnn.network import build_cnn
from stages.params_cnn import CnnVariant
from tests.pipeline import cnn_variant


def variant(**changes) -> CnnVariant:
    return CnnVariant.model_validate(cnn_variant(**changes))


def as_in_the_report(one: CnnVariant, crop_size: int, classes: int) -> nn.Sequential:
    """Convolution, ReLU, pooling, linear: in the order in which they are taught."""
    side = one.feature_side(crop_size)
    return nn.Sequential(
        nn.Conv2d(3, one.channels, one.kernel, one.stride, padding=one.kernel // 2),
        nn.ReLU(),
        nn.MaxPool2d(one.pool),
        nn.Flatten(),
        nn.Linear(one.channels * side * side, classes),
    )


@pytest.mark.parametrize("crop_size", [28, 33, 20])
@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("pool", [1, 2, 4])
def test_shapes_follow_from_the_parameters(crop_size, kernel, stride, pool):
    one = variant(kernel=kernel, stride=stride, pool=pool, channels=5)
    network = build_cnn(one, crop_size, 4)
    features = network[:3](torch.zeros(2, 3, crop_size, crop_size))
    side = one.feature_side(crop_size)
    assert features.shape == (2, 5, side, side)
    assert network(torch.zeros(2, 3, crop_size, crop_size)).shape == (2, 4)


def test_the_reports_network_has_its_numbers_of_weights():
    network = build_cnn(variant(channels=16, kernel=3, stride=1, pool=4), 28, 3)
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert shapes == {"0.weight": (16, 3, 3, 3), "0.bias": (16,), "4.weight": (3, 16 * 7 * 7), "4.bias": (3,)}


def test_padding_keeps_the_size_at_stride_1():
    for kernel in (1, 3, 5, 7):
        assert variant(kernel=kernel, pool=1).feature_side(28) == 28


@pytest.mark.parametrize("changes", [{}, {"kernel": 5}, {"stride": 2, "pool": 3}, {"pool": 1}], ids=str)
def test_pooling_before_relu_equals_relu_before_pooling(changes):
    torch.manual_seed(0)
    one = variant(**changes)
    network, taught = build_cnn(one, 28, 3).double(), as_in_the_report(one, 28, 3).double()
    taught.load_state_dict(network.state_dict())
    images, labels = torch.rand(9, 3, 28, 28, dtype=torch.float64), torch.randint(3, (9,))
    with torch.no_grad():  # biases that leave whole windows below zero, and others above
        for net in (network, taught):
            net[0].bias.copy_(torch.linspace(-1, 1, one.channels))
    images.requires_grad = True
    outputs = []
    for net in (network, taught):
        images.grad = None
        logits = net(images)
        nn.functional.cross_entropy(logits, labels).backward()
        outputs.append([logits.detach(), images.grad.clone(), *(p.grad for p in net.parameters())])
    for ours, theirs in zip(*outputs, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-13)
    features = network[:3](images)
    assert 0.05 < (features == 0).double().mean() < 0.95


@pytest.mark.parametrize("crop_size", [28, 33])
@pytest.mark.parametrize(
    "changes", [{}, {"kernel": 5, "channels": 7}, {"stride": 2}, {"pool": 1}, {"pool": 3}], ids=str
)
def test_onednn_gives_the_values_and_gradients_of_double_precision(changes, crop_size, monkeypatch):
    torch.manual_seed(0)
    one = variant(**changes)
    network = build_cnn(one, crop_size, 3)
    taught = as_in_the_report(one, crop_size, 3).double()
    taught.load_state_dict(network.state_dict())
    images, labels = torch.rand(9, 3, crop_size, crop_size), torch.randint(3, (9,))
    images[0] = 0.5  # every window holds its maximum several times
    converted, convert, results = [], torch.Tensor.to_mkldnn, []
    monkeypatch.setattr(torch.Tensor, "to_mkldnn", lambda each: converted.append(each) or convert(each))
    for net, inputs in ((network, images), (taught, images.double())):
        logits = net(inputs)
        nn.functional.cross_entropy(logits, labels).backward()
        results.append([logits.detach().double(), *(p.grad.double() for p in net.parameters())])
    assert len(converted) == 1
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_without_onednn_the_same_weights_say_the_same(monkeypatch):
    torch.manual_seed(0)
    network, images = build_cnn(variant(), 28, 3), torch.rand(5, 3, 28, 28)
    with_it = network(images)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    monkeypatch.setattr(torch.Tensor, "to_mkldnn", None)
    torch.testing.assert_close(network(images), with_it)
