"""Training the residual network: its draws, loss, optimizer, cycle, averages and phases."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import AveragedModel

from stages.cnn.augmented_training import class_shares, draw_order, make_optimizer, member_seed, moving_average
from stages.cnn.model import load_model
from stages.cnn.networks import ResidualCnn, Standardise
from stages.cnn.training import epochs_of, train

BARE = {"augmentation": {}, "dropout": 0.0, "side": 16, "warmup": 0.5}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def rate_by_hand(one, step: int, steps: int) -> float:
    """From a tenth up to the whole and down to a thousandth, each way along half a cosine (Smith and Topin 2018)."""
    top, end = one.warmup * steps - 1, steps - 1
    low, done = (one.lr / 10, step / top) if step <= top else (one.lr / 1000, (end - step) / (end - top))
    return low + (one.lr - low) * (1 - math.cos(math.pi * done)) / 2


def by_hand(dataset, one, seed: int) -> tuple[dict[str, torch.Tensor], list[float], list[float]]:
    """The same training in plain words, without augmentation and phases.

    Returns:
        The averaged weights, and for each step the learning rate and the loss without smoothing.
    """
    torch.manual_seed(seed)
    network = ResidualCnn(one, dataset.form)
    images, labels = torch.from_numpy(dataset.train.images).permute(0, 3, 1, 2), torch.from_numpy(dataset.train.labels)
    network.standardise.fit(images.contiguous())
    counts = torch.tensor([20.0, 50.0, 9.0])
    shares = counts**one.sampling_power / (counts**one.sampling_power).sum()
    prior = shares if one.loss == "balanced_softmax" else torch.ones(3)
    steps = one.images // one.batch_size
    moments = {name: (0, 0) for name, _ in network.named_parameters()}
    average, rates, losses = {}, [], []
    order = draw_order(labels, shares, steps * one.batch_size, seeded(seed)).view(steps, -1)
    for t, chosen in enumerate(order, start=1):
        logits, y = network(images[chosen] / 255), labels[chosen]
        # Ren et al. 2020, equation 3: n_y e^logit_y / sum_i n_i e^logit_i, with n the shares of what is drawn.
        weighted = prior * logits.exp()
        logarithms = (weighted / weighted.sum(1, keepdim=True)).log()
        target = torch.full((len(y), 3), one.label_smoothing / 3)
        target[torch.arange(len(y)), y] += 1 - one.label_smoothing
        network.zero_grad()
        (-(target * logarithms).sum(1).mean()).backward()
        losses.append(-logarithms[torch.arange(len(y)), y].mean().item())
        rates.append(rate_by_hand(one, t - 1, steps))
        with torch.no_grad():  # AdamW (Loshchilov and Hutter 2019, algorithm 2)
            for name, p in network.named_parameters():
                m, v = moments[name]
                moments[name] = m, v = 0.9 * m + 0.1 * p.grad, 0.999 * v + 0.001 * p.grad**2
                p.mul_(1 - rates[-1] * one.weight_decay * (p.ndim > 1))
                p.sub_(rates[-1] * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8))
        kept = min(one.ema, t / (t + 9)) if average else 0
        for name, value in network.state_dict().items():
            average[name] = kept * average.get(name, 0) + (1 - kept) * value if value.is_floating_point() else value + 0
    return average, rates, losses


@pytest.mark.parametrize("changes", [
    {}, {"sampling_power": 1, "ema": 0.0}, {"loss": "cross_entropy", "weight_decay": 0.5, "warmup": 0.7},
    {"label_smoothing": 0.3, "ema": 0.9},
], ids=str)  # fmt: skip
def test_training_is_what_the_words_say_step_by_step(dataset, residual, changes):
    one = residual(**BARE | {"images": 112, "lr": 0.01} | changes)  # 79 samples: epochs of five steps and of two
    trained = train(dataset, one, 5, "cpu")
    average, rates, losses = by_hand(dataset, one, 5)
    assert set(trained.state) == {f"members.0.{name}" for name in average}
    for name, value in average.items():
        ours = torch.from_numpy(trained.state[f"members.0.{name}"])
        torch.testing.assert_close(ours, value, rtol=1e-3, atol=1e-4, msg=lambda text, name=name: f"{name}: {text}")
    assert [row["train_loss"] for row in trained.history] == pytest.approx(
        [np.mean(losses[:5]), np.mean(losses[5:])], rel=1e-4
    )
    assert [row["learning_rate"] for row in trained.history] == pytest.approx([rates[4], rates[6]], rel=1e-5)


@pytest.mark.parametrize(("steps", "warmup"), [(20, 0.1), (97, 0.2), (40, 0.5)])
def test_the_learning_rate_goes_through_one_cycle(residual, steps, warmup):
    one = residual(lr=0.003, warmup=warmup)
    expected = [rate_by_hand(one, step, steps) for step in range(steps)]
    assert _rates(one, steps) == pytest.approx(expected, rel=1e-5)
    assert max(expected) > 0.9 * 0.003 and min(expected) == pytest.approx(0.003 / 1000)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 10])
@pytest.mark.parametrize("warmup", [0.01, 0.1, 0.2, 0.5, 0.99])
def test_the_shortest_trainings_have_a_learning_rate_too(residual, steps, warmup):
    assert all(0.0001 * 0.99 <= rate <= 0.1 for rate in _rates(residual(lr=0.1, warmup=warmup), steps))


def _rates(one, steps: int) -> list[float]:
    optimizer, schedule = make_optimizer(nn.Linear(1, 1), one, steps)
    rates = []
    for _ in range(steps):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return rates


def test_the_moving_average_by_hand():
    network = nn.Linear(1, 1, bias=False)
    average = AveragedModel(network, multi_avg_fn=moving_average(0.25), use_buffers=True)
    # It begins as 1. Step 2 keeps 2/11: 2/11 + 2 * 9/11 = 20/11. Step 3 keeps min(0.25, 3/12) = 0.25: 5/11 + 2.25.
    # Step 4 keeps 0.25, not 4/13.
    expected = [1, 20 / 11, 5 / 11 + 2.25, (5 / 11 + 2.25) / 4 + 3]
    for value, wanted in zip((1.0, 2.0, 3.0, 4.0), expected, strict=True):
        nn.init.constant_(network.weight, value)
        average.update_parameters(network)
        assert average.module.weight.item() == pytest.approx(wanted, rel=1e-6)
    assert network.weight.item() == 4


def test_shares_go_with_the_power_of_the_numbers():
    labels = torch.tensor([0] * 16 + [1] * 81 + [2] * 1)
    assert class_shares(labels, 1).tolist() == pytest.approx([16 / 98, 81 / 98, 1 / 98])
    assert class_shares(labels, 0.5).tolist() == pytest.approx([4 / 14, 9 / 14, 1 / 14])
    assert class_shares(labels, 0).tolist() == pytest.approx([1 / 3] * 3)


def test_classes_are_drawn_by_their_shares_and_all_samples_of_a_class_in_turn():
    labels = torch.tensor([0] * 30 + [1] * 60 + [2] * 7)
    shares = torch.tensor([0.2, 0.3, 0.5])
    order = draw_order(labels, shares, 4800, seeded())
    torch.testing.assert_close(torch.bincount(labels[order]) / 4800, shares, atol=0.02, rtol=0)
    for label, times in enumerate(np.split(torch.bincount(order, minlength=97).numpy(), [30, 90])):
        assert times.max() - times.min() <= 1, label
    firsts = [order[labels[order] == 2][i : i + 7].tolist() for i in (0, 7, 14)]
    assert len({tuple(deck) for deck in firsts}) == 3, "each deck is shuffled anew"
    batches = torch.bincount(labels[order[:2400]], minlength=3) / 2400
    torch.testing.assert_close(batches, shares, atol=0.03, rtol=0, msg="the classes come mixed")


def test_the_seed_decides_the_draws():
    labels, shares = torch.tensor([0, 1, 1]), torch.tensor([0.5, 0.5])
    one, same, other = (draw_order(labels, shares, 40, seeded(seed)).tolist() for seed in (0, 0, 1))
    assert one == same != other
    assert draw_order(labels, torch.tensor([0.0, 1.0]), 40, seeded()).min() == 1, "a share of 0 is never drawn"


@pytest.mark.parametrize(("images", "epochs"), [(16, 1), (80, 1), (96, 2), (160, 2), (161, 2), (176, 3)])
def test_an_epoch_draws_as_many_as_there_are(dataset, residual, images, epochs):
    one = residual(images=images)  # 79 samples: five batches of 16
    assert [row["epoch"] for row in train(dataset, one, 0, "cpu").history] == list(range(1, epochs + 1))
    assert epochs_of(one, 79) == epochs


def test_the_length_may_be_a_number_of_passes(dataset, residual):
    assert len(train(dataset, residual(images=None, passes=2.1), 0, "cpu").history) == 2


def test_history_is_of_the_averaged_network_by_the_last_view_of_training(dataset_of, residual):
    dataset = dataset_of(margin=0.25)
    one = residual(flip_test=True, view=1.2, side=10, test_views=[0.9, 1.2])
    trained = train(dataset, one, 0, "cpu")
    alone = one.model_copy(update={"test_views": [1.2], "flip_test": False})
    logits = torch.from_numpy(load_model(trained.state, alone, dataset.form, "cpu").logits(dataset.test.images))
    labels = torch.from_numpy(dataset.test.labels)
    assert trained.history[-1]["test_accuracy"] == pytest.approx((logits.argmax(1) == labels).double().mean().item())
    assert trained.history[-1]["test_loss"] == pytest.approx(cross_entropy(logits, labels).item(), rel=1e-5)


def test_the_network_sees_the_sides_of_the_phases(dataset, residual):
    seen = []

    def look(module: nn.Module, inputs: tuple[torch.Tensor]) -> None:
        if isinstance(module, Standardise) and module.training:
            seen.append(inputs[0].shape[-1])

    phases = [{"share": 0.2, "side": 12}, {"share": 0.5, "side": 28}]
    hook = nn.modules.module.register_module_forward_pre_hook(look)
    train(dataset, residual(side=20, progressive=phases), 0, "cpu")
    hook.remove()
    assert seen == [12] * 2 + [28] * 5 + [20] * 3


@pytest.mark.parametrize("changes", [
    {"augmentation": {}}, {"ema": 0.0}, {"sampling_power": 1}, {"loss": "cross_entropy"}, {"label_smoothing": 0},
    {"dropout": 0.0}, {"weight_decay": 0.5}, {"warmup": 0.5}, {"side": 16}, {"view": 0.9},
    {"progressive": [{"share": 0.5, "side": 16}]},
], ids=str)  # fmt: skip
def test_every_setting_changes_the_weights(dataset, residual, changes):
    one, other = (train(dataset, residual(images=48, **each), 0, "cpu").state for each in ({}, changes))
    assert any((one[name] != other[name]).any() for name in one)


def test_seeds_of_members_are_the_seed_itself_and_then_others():
    assert member_seed(7, 0) == 7
    seeds = [member_seed(seed, member) for seed in range(20) for member in range(5)]
    assert max(Counter(seeds).values()) == 1
    assert seeds == [member_seed(seed, member) for seed in range(20) for member in range(5)]


def test_members_are_the_networks_of_their_seeds_and_their_history_is_the_mean(dataset, residual):
    together = train(dataset, residual(members=2), 3, "cpu")
    alone = [train(dataset, residual(), seed, "cpu") for seed in (3, member_seed(3, 1))]
    for i, each in enumerate(alone):
        for name, value in each.state.items():
            np.testing.assert_array_equal(together.state[name.replace("members.0.", f"members.{i}.")], value)
    for row, *rows in zip(together.history, *(each.history for each in alone), strict=True):
        assert row == pytest.approx({key: (rows[0][key] + rows[1][key]) / 2 for key in row})


def test_pictures_are_covered_by_their_mean(dataset, residual):
    seen = []
    hook = nn.modules.module.register_module_forward_pre_hook(
        lambda module, inputs: seen.append(inputs[0]) if isinstance(module, Standardise) and module.training else None
    )
    state = train(dataset, residual(augmentation={"cutout": 1.0}, side=16, images=16), 0, "cpu").state
    hook.remove()
    covered = (seen[0] == torch.from_numpy(state["members.0.standardise.mean"])).all(1)
    assert covered.flatten(1).any(1).all()
    assert state["members.0.standardise.mean"] == pytest.approx(dataset.train.images.mean() / 255)
