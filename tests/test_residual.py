"""The residual network, its loss and its training, and that the test faces have no say in it."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from stages.cnn import train_residual as training
from stages.cnn.device import choose_device
from stages.cnn.network_residual import build_residual
from stages.cnn.predict import predict
from stages.cnn.train_residual import logit_adjustment, rows_of_history, train_residual
from stages.cnn.trained import Trained
from stages.cnn.views import Looks, training_look
from stages.errors import InputError
from stages.params_residual import ResidualVariant
from tests.pipeline import residual_variant
from tests.test_cnn_training import TEST, TRAIN

PLAIN = {"side": 16, "augmentation": {}, "dropout": 0.0, "flip_test": False, "ema": 0.0}


@pytest.fixture(autouse=True)
def _one_thread():
    choose_device("cpu")


def variant(**changes) -> ResidualVariant:
    return ResidualVariant.model_validate(residual_variant(**changes))


def same(one: Trained, other: Trained) -> bool:
    states = (trained.network.state_dict().values() for trained in (one, other))
    return all(torch.equal(a, b) for a, b in zip(*states, strict=True))


@pytest.mark.parametrize("side", [8, 27, 28, 48])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("stride", [1, 2])
def test_pictures_of_any_side_give_logits(side, channels, stride):
    network = build_residual(variant(widths=[4, 6, 8, 10], stride=stride), channels, 5)
    assert network(torch.rand(3, channels, side, side)).shape == (3, 5)


def test_a_gradient_reaches_every_weight():
    torch.manual_seed(0)
    network = build_residual(variant(widths=[4, 6, 8]), 3, 3)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    for _ in range(2):  # the branches' last batch norms start at zero and hold the gradient back at first
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(TRAIN.images[:32]), TRAIN.labels[:32]).backward()
        optimizer.step()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


def test_a_block_starts_as_its_short_cut():
    block = build_residual(variant(widths=[4, 6]), 3, 3)[4].eval()
    x = torch.rand(2, 4, 12, 12)
    torch.testing.assert_close(block(x), block.short_cut(x).relu())
    nn.init.ones_(block.branch[-1].weight)
    assert not torch.allclose(block(x), block.short_cut(x).relu())


def test_pictures_are_standardised_by_the_training_pictures():
    trained = train_residual(TRAIN, TEST, variant(), 0)
    assert trained.network[0].mean.item() == pytest.approx(TRAIN.images.mean().item(), rel=1e-5)
    made = trained.network[0](TRAIN.images)
    assert abs(made.mean().item()) < 1e-4 and made.std().item() == pytest.approx(1, rel=1e-4)


def by_hand(one: ResidualVariant, seed: int) -> nn.Module:
    """One step in torch's own words, on the samples that the decks deal."""
    torch.manual_seed(seed)
    network = build_residual(one, 3, 3)
    network[0].fit(TRAIN.images)
    counts = torch.tensor([20.0, 50.0, 9.0])
    shares = counts**one.sampling_power / (counts**one.sampling_power).sum()
    decks = training.ClassDecks(TRAIN.labels, shares, torch.Generator().manual_seed(seed))
    chosen = decks.draw(one.batch_size)
    logits, labels = network(TRAIN.images[chosen]), TRAIN.labels[chosen]
    # Ren et al. 2020, equation 3: n_y e^logit_y / sum_i n_i e^logit_i, with n the shares of what is drawn.
    weighted = shares * logits.exp()
    log_likelihood = (weighted / weighted.sum(1, keepdim=True)).log()
    target = torch.full((len(labels), 3), one.label_smoothing / 3)
    target[torch.arange(len(labels)), labels] += 1 - one.label_smoothing
    (-(target * log_likelihood).sum(1).mean()).backward()
    with torch.no_grad():  # AdamW's first step: decay, then lr times the sign of the gradient
        for p in network.parameters():
            p.mul_(1 - one.lr / 10 * one.weight_decay * (p.ndim > 1))
            p.sub_(one.lr / 10 * p.grad / (p.grad.abs() + 1e-8))
    return network


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_a_step_is_balanced_softmax_and_adamw_by_hand(power):
    one = variant(**PLAIN, images=16, sampling_power=power, label_smoothing=0.1, weight_decay=0.3, warmup=0.9)
    # A single step is both first and peak; a second that is never taken makes it the first of the warm-up.
    trained, expected = _after_one_of_many(one), by_hand(one, 5)
    for ours, theirs in zip(trained.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=2e-5)


def _after_one_of_many(one: ResidualVariant) -> nn.Module:
    torch.manual_seed(5)
    many = one.model_copy(update={"images": 160})
    run = training._Run(TRAIN, many, torch.Generator().manual_seed(5), torch.device("cpu"))
    run.train_until(1)
    return run.average.network


def test_cross_entropy_takes_the_logits_as_they_are():
    shares = torch.tensor([0.2, 0.8])
    assert logit_adjustment(variant(loss="cross_entropy"), shares).tolist() == [0, 0]
    torch.testing.assert_close(logit_adjustment(variant(), shares).exp(), shares)
    assert logit_adjustment(variant(), torch.tensor([0.0, 1.0])).isfinite().all()


def test_the_test_faces_have_no_say_in_the_weights():
    order = torch.randperm(len(TEST.labels), generator=torch.Generator().manual_seed(0))
    shuffled = replace(TEST, labels=TEST.labels[order], images=TEST.images * 0.5)
    one, other = (train_residual(TRAIN, tests, variant(), 0) for tests in (TEST, shuffled))
    assert same(one, other)
    assert one.history != other.history


def test_the_seed_decides_every_byte():
    one, again, other = (train_residual(TRAIN, TEST, variant(), seed) for seed in (3, 3, 4))
    assert same(one, again) and one.history == again.history
    assert not same(one, other)


@pytest.mark.parametrize("changes", [
    {"augmentation": {}}, {"ema": 0.0}, {"sampling_power": 1}, {"loss": "cross_entropy"}, {"label_smoothing": 0},
    {"dropout": 0.0}, {"weight_decay": 0.5}, {"warmup": 0.5}, {"side": 16}, {"view": 0.9},
    {"progressive": [{"share": 0.5, "side": 12}]},
], ids=str)  # fmt: skip
def test_every_setting_changes_the_weights(changes):
    assert not same(train_residual(TRAIN, TEST, variant(), 0), train_residual(TRAIN, TEST, variant(**changes), 0))


def test_learns_an_easy_task():
    trained = train_residual(TRAIN, TEST, variant(images=1600, augmentation={"flip": 0.5}), 0)
    assert trained.history[-1]["test_accuracy"] > 0.9
    assert trained.history[-1]["train_loss"] < trained.history[0]["train_loss"]


@pytest.mark.parametrize(("images", "rows"), [(16, 1), (80, 1), (96, 2), (160, 2), (161, 2), (176, 3)])
def test_an_epoch_draws_as_many_as_there_are(images, rows):
    one, heard = variant(images=images), []  # 79 faces: five batches of 16
    history = train_residual(TRAIN, TEST, one, 0, progress=lambda: heard.append(1)).history
    assert [row["epoch"] for row in history] == list(range(1, rows + 1))
    assert len(heard) == rows == rows_of_history(one, len(TRAIN.labels))
    assert all(torch.tensor(list(row.values())).isfinite().all() for row in history)


def test_history_is_of_the_averaged_network_by_one_look():
    one = variant(flip_test=True, view=0.8, side=12, test_views=[0.8, 1.0])
    trained = train_residual(TRAIN, TEST, one, 0)
    logits = predict(trained.network, TEST.images, training_look(one, TEST.margin))
    last = trained.history[-1]
    assert last["test_accuracy"] == pytest.approx((logits.argmax(1) == TEST.labels).double().mean().item())
    assert last["test_loss"] == pytest.approx(nn.functional.cross_entropy(logits, TEST.labels).item())


def test_the_network_sees_the_sides_of_the_phases(monkeypatch):
    seen, real = [], training.augment

    def augment(*arguments):
        images = real(*arguments)
        seen.append(images.shape[-1])
        return images

    monkeypatch.setattr(training, "augment", augment)
    phases = [{"share": 0.2, "side": 12}, {"share": 0.5, "side": 28}]
    one = variant(side=16, progressive=phases, images=160)
    trained = train_residual(TRAIN, TEST, one, 0)
    assert seen == [12] * 2 + [28] * 5 + [16] * 3
    last = predict(trained.network, TEST.images, Looks(16, (1.0,)))
    assert trained.history[-1]["test_loss"] == pytest.approx(nn.functional.cross_entropy(last, TEST.labels).item())


def test_divergence_is_one_line_that_names_the_epoch():
    with pytest.raises(InputError, match=r"^lr: training diverged in epoch \d+ \(seed 5\); lower it from 1e\+30"):
        train_residual(TRAIN, TEST, variant(lr=1e30), 5)


def test_more_classes_than_two_and_one_channel_work():
    gray = replace(TRAIN, images=TRAIN.images[:, :1].contiguous(memory_format=torch.channels_last))
    network = train_residual(gray, replace(TEST, images=TEST.images[:, :1]), variant(), 0).network
    assert network[1].weight.shape[1] == 1
