"""The learning rate's way through training."""

import pytest
import torch

from stages.dnn.schedule import learning_rate
from stages.params_dnn import DnnVariant
from tests.pipeline import dnn_variant


def variant(**changes) -> DnnVariant:
    return DnnVariant.model_validate(dnn_variant(**{"lr": 0.8, "epochs": 10} | changes))


def test_without_a_schedule_it_stays():
    assert [learning_rate(variant(), done) for done in (0, 0.5, 9.99)] == [0.8] * 3


def test_steps_come_after_whole_epochs():
    stepped = variant(step={"every": 3, "factor": 0.1})
    assert [learning_rate(stepped, done) for done in (0, 2.99, 3, 5.5, 6)] == pytest.approx(
        [0.8, 0.8, 0.08, 0.08, 0.008]
    )


def test_cosine_is_that_of_torch():
    scheduled = variant(cosine={})
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.8)
    torchs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    for done in range(11):
        assert learning_rate(scheduled, done) == pytest.approx(torchs.get_last_lr()[0], abs=1e-12)
        optimizer.step()
        torchs.step()


def test_warm_up_rises_in_a_line_and_meets_the_cosine():
    scheduled = variant(cosine={"warm_up": 4})
    rates = [learning_rate(scheduled, done) for done in (0, 1, 2.5, 4, 7, 10)]
    assert rates == pytest.approx([0, 0.2, 0.5, 0.8, 0.4, 0])
