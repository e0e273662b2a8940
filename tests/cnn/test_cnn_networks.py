"""The networks: shapes that follow from the parameters, and outputs and gradients as torch's plain words give them."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from stages.cnn.networks import Block, Ensemble, PlainCnn, ResidualCnn, Standardise, build_network, mask_unseen
from stages.storage.dataset import Form

CLASSES = ("bad", "good", "none")


def form(side: int, channels: int = 3, classes: tuple[str, ...] = CLASSES) -> Form:
    return Form((side, side, 3) if channels == 3 else (side, side), classes)


def taught(one, side: int, channels: int = 3) -> nn.Sequential:
    """Convolution, ReLU, pooling, linear: in the order in which they are taught."""
    features = one.channels * one.feature_side(side) ** 2
    return nn.Sequential(
        nn.Conv2d(channels, one.channels, one.kernel, one.stride, padding=one.kernel // 2),
        nn.ReLU(),
        nn.MaxPool2d(one.pool),
        nn.Flatten(),
        nn.Linear(features, 3),
    )


def copied(network: PlainCnn, other: nn.Sequential) -> nn.Sequential:
    other[0].load_state_dict(network.convolution.state_dict())
    other[4].load_state_dict(network.linear.state_dict())
    return other


def outputs(network: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> list[torch.Tensor]:
    """Logits, and the gradient of every weight, in float64."""
    logits = network(images)
    functional.cross_entropy(logits, labels).backward()
    return [logits.detach().double(), *(weights.grad.double() for weights in network.parameters())]


@pytest.mark.parametrize(("side", "channels"), [(28, 3), (33, 1), (20, 3)])
@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("pool", [1, 2, 4])
def test_shapes_of_the_plain_network_follow_from_the_parameters(plain, side, channels, kernel, stride, pool):
    one = plain(kernel=kernel, stride=stride, pool=pool, channels=5)
    network = build_network(one, form(side, channels, ("a", "b", "c", "d")))
    images = torch.zeros(2, channels, side, side)
    assert network.features(images).shape == (2, 5 * one.feature_side(side) ** 2)
    assert network(images).shape == (2, 4)


def test_the_reports_network_has_its_numbers_of_weights(plain):
    network = build_network(plain(channels=16, kernel=3, stride=1, pool=4), form(28))
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert shapes == {
        "convolution.weight": (16, 3, 3, 3),
        "convolution.bias": (16,),
        "linear.weight": (3, 16 * 7 * 7),
        "linear.bias": (3,),
    }


@pytest.mark.parametrize(("side", "channels"), [(28, 3), (33, 1)])
@pytest.mark.parametrize(
    "changes", [{}, {"kernel": 5, "channels": 7}, {"stride": 2}, {"pool": 1}, {"pool": 3}], ids=str
)
def test_onednn_gives_the_outputs_and_gradients_of_double_precision(plain, changes, side, channels, monkeypatch):
    torch.manual_seed(0)
    one = plain(**changes)
    network = build_network(one, form(side, channels))
    other = copied(network, taught(one, side, channels)).double()
    images, labels = torch.rand(9, channels, side, side), torch.randint(3, (9,))
    images[0] = 0.5  # every window holds its maximum several times
    converted, convert = [], torch.Tensor.to_mkldnn
    monkeypatch.setattr(torch.Tensor, "to_mkldnn", lambda each: converted.append(each) or convert(each))
    with_onednn = outputs(network, images, labels)
    assert len(converted) == 1
    for ours, theirs in zip(with_onednn, outputs(other, images.double(), labels), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_without_onednn_the_same_weights_say_the_same(plain, monkeypatch):
    torch.manual_seed(0)
    network, images = build_network(plain(), form(28)), torch.rand(5, 3, 28, 28)
    with_it = network(images)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    monkeypatch.setattr(torch.Tensor, "to_mkldnn", None)
    torch.testing.assert_close(network(images), with_it)


def test_pictures_are_standardised_by_all_their_values():
    images = np.random.default_rng(0).integers(0, 200, (7, 3, 9, 9)).astype(np.uint8)
    standardise = Standardise()
    assert standardise(torch.tensor([0.25])).item() == 0.25, "nothing is changed before"
    standardise.fit(torch.from_numpy(images))
    scaled = images / 255
    expected = torch.from_numpy((scaled - scaled.mean()) / scaled.std()).float()
    torch.testing.assert_close(standardise(torch.from_numpy(scaled).float()), expected)


@pytest.mark.parametrize("side", [12, 13])
def test_a_block_is_two_convolutions_beside_an_averaging_short_cut(side):
    torch.manual_seed(0)
    block, x = Block(4, 6).double().eval(), torch.randn(2, 4, side, side, dtype=torch.float64)
    torch.testing.assert_close(block(x), block.short_cut(x).relu())  # at first
    state = {name: torch.rand_like(tensor.double()) + 0.1 for name, tensor in block.state_dict().items()}
    block.load_state_dict(state)

    def normalised(y: torch.Tensor, name: str) -> torch.Tensor:
        weight, bias, mean, var = (
            state[f"{name}.{part}"][:, None, None] for part in ("weight", "bias", "running_mean", "running_var")
        )
        return (y - mean) / (var + 1e-5).sqrt() * weight + bias

    y = functional.conv2d(x, state["branch.0.weight"], stride=2, padding=1)
    y = functional.conv2d(normalised(y, "branch.1").relu(), state["branch.3.weight"], padding=1)
    padded = torch.full((2, 4, side + side % 2, side + side % 2), torch.nan, dtype=torch.float64)
    padded[:, :, :side, :side] = x
    means = padded.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4).nanmean(4)
    z = functional.conv2d(means, state["short_cut.1.weight"])
    torch.testing.assert_close(block(x), (normalised(y, "branch.4") + normalised(z, "short_cut.2")).relu())


@pytest.mark.parametrize("side", [8, 27, 48])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("stride", [1, 2])
def test_the_residual_network_takes_pictures_of_any_side(residual, side, channels, stride):
    one = residual(widths=[4, 6, 8, 10], stride=stride)
    network = ResidualCnn(one, form(5, channels, tuple("abcde")))
    images = torch.rand(3, channels, side, side)
    assert network.features(images).shape == (3, 10)
    assert network(images).shape == (3, 5)


def test_a_gradient_reaches_every_weight_of_the_residual_network(residual):
    torch.manual_seed(0)
    network = ResidualCnn(residual(widths=[4, 6, 8]), form(16))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    for _ in range(2):  # the branches' last batch norms start at zero and hold the gradient back at first
        optimizer.zero_grad()
        functional.cross_entropy(network(torch.rand(32, 3, 16, 16)), torch.arange(32) % 3).backward()
        optimizer.step()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


def test_an_ensembles_logits_are_the_mean_of_its_members(residual):
    torch.manual_seed(0)
    network, images = build_network(residual(members=3), form(16)).eval(), torch.rand(5, 3, 16, 16)
    assert isinstance(network, Ensemble) and len(network.members) == 3
    each = torch.stack([member(images) for member in network.members])
    torch.testing.assert_close(network(images), each.mean(0))
    assert each.std(0).min() > 0
    assert torch.equal(network.features(images), network.members[0].features(images))


def test_only_classes_without_samples_are_masked():
    linear = nn.Linear(5, 4)
    before = linear.weight.detach().clone()
    mask_unseen(linear, torch.tensor([1, 0, 1]))
    logits = linear(torch.randn(50, 5) * 100)
    assert set(logits.argmax(1).tolist()) == {0, 1}
    assert torch.equal(linear.weight[:2], before[:2])
