"""The moving average of the weights, against a hand computation."""

import pytest
import torch
from torch import nn

from stages.cnn.averaging import WeightAverage


def set_to(network: nn.Module, value: float) -> None:
    with torch.no_grad():
        network.weight.fill_(value)


def test_the_average_by_hand():
    network = nn.Linear(1, 1, bias=False)
    set_to(network, 8.0)
    average = WeightAverage(network, 0.25)
    # Step 1 keeps 1/10: 8/10 + 0.9 * 1 = 1.7. Step 2 keeps 2/11: 1.7 * 2/11 + 2 * 9/11 = 21.4/11.
    # Step 3 keeps min(0.25, 3/12) = 0.25: 21.4/44 + 3 * 0.75. Step 4 keeps 0.25, not 4/13.
    expected = [1.7, 21.4 / 11, 21.4 / 44 + 2.25, (21.4 / 44 + 2.25) / 4 + 3.0]
    for value, wanted in zip((1.0, 2.0, 3.0, 4.0), expected, strict=True):
        set_to(network, value)
        average.update(network)
        assert average.network.weight.item() == pytest.approx(wanted, rel=1e-6)
    assert network.weight.item() == 4.0


def test_without_decay_it_is_the_network_itself():
    network = nn.Linear(3, 2)
    average = WeightAverage(network, 0.0)
    nn.init.normal_(network.weight)
    average.update(network)
    assert torch.equal(average.network.weight, network.weight)
    assert average.network.weight is not network.weight


def test_statistics_of_batch_norm_are_averaged_and_batches_counted():
    network = nn.BatchNorm1d(1)
    average = WeightAverage(network, 0.9)
    network(torch.tensor([[10.0], [20.0]]))  # running mean 0.1 * 15
    average.update(network)
    assert average.network.running_mean.item() == pytest.approx(0.9 * 1.5)
    assert average.network.num_batches_tracked.item() == 1
