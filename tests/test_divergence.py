"""When training counts as diverged, and when it does not."""

import numpy as np
import pytest

from stages.divergence import PATIENCE, DivergenceGuard
from stages.errors import InputError


def watch(*losses: float, epochs: int = 100) -> None:
    guard = DivergenceGuard(10, epochs, 0.5, 3)
    for epoch, loss in enumerate(losses, 1):
        guard.check({"epoch": epoch, "train_loss": loss, "test_loss": 1.0, "test_error": 0.5})


@pytest.mark.parametrize("loss", [np.inf, np.nan])
def test_infinite_or_no_number_is_told_at_once(loss):
    with pytest.raises(InputError, match=r"^lr: training diverged in epoch 2 \(seed 3\); lower it from 0\.5$"):
        watch(1.0, loss)


@pytest.mark.parametrize("figure", ["test_loss", "train_accuracy", "learning_rate"])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_any_figure_that_is_no_number_is_told(figure, value):
    guard = DivergenceGuard(3, 9, 0.5, 3)
    with pytest.raises(InputError, match=r"diverged in epoch 4 \(seed 3\); lower it from 0\.5$"):
        guard.check({"epoch": 4, "train_loss": 0.1} | {figure: value})


def test_one_class_alone_is_no_divergence():
    guard = DivergenceGuard(1, 1, 0.5, 3)
    guard.check({"epoch": 1, "train_loss": 1e-7})


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
