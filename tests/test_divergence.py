"""When training counts as diverged, and when it does not."""

import numpy as np
import pytest

from stages.dnn.divergence import PATIENCE, DivergenceGuard
from stages.errors import InputError


def watch(*losses: float, epochs: int = 100) -> None:
    guard = DivergenceGuard(10, epochs, 0.5, 3)
    for epoch, loss in enumerate(losses, 1):
        guard.check(epoch, loss)


@pytest.mark.parametrize("loss", [np.inf, np.nan])
def test_infinite_or_no_number_is_told_at_once(loss):
    with pytest.raises(InputError, match=r"^lr: training diverged in epoch 2 \(seed 3\); lower it from 0\.5$"):
        watch(1.0, loss)


def test_a_loss_far_above_guessing_is_told_with_the_epoch_in_which_it_began():
    with pytest.raises(InputError, match=r"diverged in epoch 3 \(seed 3\); .*; guessing would give 2\.3\)$"):
        watch(1.0, 1.0, *[1e4] * PATIENCE)


def test_a_short_training_that_was_lost_throughout_is_told():
    with pytest.raises(InputError, match="diverged in epoch 1 "):
        watch(1e4, 1e4, epochs=2)


@pytest.mark.parametrize(
    "losses",
    [
        [2.3026] * 50,  # a network that learns nothing
        [9.0] * 50,  # worse than guessing, but on scale
        [1e4] * (PATIENCE - 1) + [0.5] * 50,  # a stumble
        ([1e4] * (PATIENCE - 1) + [0.5]) * 10,  # several
        [0.5] * 90 + [1e4],  # a last epoch that went wrong is told by the test figures
    ],
)
def test_no_false_alarm(losses):
    watch(*losses)
