"""The learning rate over the steps, against torch's OneCycleLR."""

import pytest
import torch
from torch import nn

from stages.cnn.schedule import one_cycle


@pytest.mark.parametrize("steps", [20, 97, 1640])
@pytest.mark.parametrize("warmup", [0.1, 0.2, 0.5])
def test_it_is_torchs_one_cycle(steps, warmup):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.003, total_steps=steps, pct_start=warmup, div_factor=10, final_div_factor=100, cycle_momentum=False
    )
    expected = []
    for _ in range(steps):
        expected.append(schedule.get_last_lr()[0])
        optimizer.step()
        if len(expected) < steps:
            schedule.step()
    assert [one_cycle(step, steps, 0.003, warmup) for step in range(steps)] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
@pytest.mark.parametrize("warmup", [0.01, 0.2, 0.99])
def test_the_shortest_trainings_have_a_rate_too(steps, warmup):
    rates = [one_cycle(step, steps, 0.1, warmup) for step in range(steps)]
    assert all(0.0001 * 0.99 <= rate <= 0.1 for rate in rates)
