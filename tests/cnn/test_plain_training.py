"""Training the report's network: its steps, schedule, weights of the classes and rounds."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, log_loss
from sklearn.utils.class_weight import compute_class_weight
from torch import nn

from stages.cnn.model import load_model
from stages.cnn.plain_training import balanced_draw, class_weights
from stages.cnn.training import train
from stages.runtime.errors import InputError

CLASSES = ("bad", "good", "none")


def by_hand(dataset, one, seed: int, weights: list[float]) -> tuple[nn.Sequential, list[tuple[float, ...]]]:
    """The same training in plain words, ReLU before pooling.

    Also returns of each epoch the mean loss and accuracy of its batches, and the learning rate. The loss of a batch is
    the weighted mean: sum(w[y] * -log p[y]) / sum(w[y]).
    """
    torch.manual_seed(seed)
    generator, w = torch.Generator().manual_seed(seed), torch.tensor(weights)
    network = nn.Sequential(
        nn.Conv2d(3, one.channels, one.kernel, one.stride, padding=one.kernel // 2),
        nn.ReLU(),
        nn.MaxPool2d(one.pool),
        nn.Flatten(),
        nn.Linear(one.channels * one.feature_side(16) ** 2, 3),
    )
    step, images = one.step, torch.from_numpy(dataset.train.images).permute(0, 3, 1, 2) / 255
    labels, figures = torch.from_numpy(dataset.train.labels), []
    for _ in range(one.resample_rounds or 1):
        drawn = balanced_draw(labels, generator) if one.resample_rounds else torch.arange(len(labels))
        optimizer = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[one.optimizer](network.parameters(), lr=one.lr)
        for epoch in range(one.epochs):
            losses, hits = [], []
            for batch in torch.randperm(len(drawn), generator=generator).split(one.batch_size):
                chosen = drawn[batch]
                logits, y = network(images[chosen]), labels[chosen]
                losses.append(-logits.log_softmax(1)[range(len(y)), y])
                hits.append(logits.argmax(1) == y)
                optimizer.param_groups[0]["lr"] = rate = one.lr * (step.factor ** (epoch // step.every) if step else 1)
                optimizer.zero_grad()
                ((w[y] * losses[-1]).sum() / w[y].sum()).backward()
                optimizer.step()
            figures.append((torch.cat(losses).mean().item(), torch.cat(hits).double().mean().item(), rate))
    return network, figures


@pytest.mark.parametrize(("changes", "weights"), [
    ({}, [1, 1, 1]),
    ({"optimizer": "sgd", "step": {"every": 2, "factor": 0.1}, "resample_rounds": 3}, [1, 1, 1]),
    ({"step": {"every": 3, "factor": 0.5}, "class_weights": {"none": 3, "bad": 2, "good": 0.5}}, [2, 0.5, 3]),
    ({"step": {"every": 1, "factor": 0.7}, "class_weights": {"none": 4, "bad": 1, "good": 1}, "resample_rounds": 2},
     [1, 1, 4]),
], ids=str)  # fmt: skip
def test_training_is_what_the_words_say_step_by_step(dataset, plain, changes, weights):
    one = plain(**{"lr": 0.01, "epochs": 4} | changes)
    trained = train(dataset, one, 7, "cpu")
    network, figures = by_hand(dataset, one, 7, weights)
    for ours, theirs in zip(trained.state.values(), network.parameters(), strict=True):
        torch.testing.assert_close(torch.from_numpy(ours), theirs.detach(), rtol=1e-4, atol=2e-6)
    assert [row["epoch"] for row in trained.history] == list(range(1, len(figures) + 1))
    for row, (loss, accuracy, rate) in zip(trained.history, figures, strict=True):
        assert row["train_loss"] == pytest.approx(loss, rel=1e-4)
        assert row["train_accuracy"] == pytest.approx(accuracy)
        assert row["learning_rate"] == pytest.approx(rate)


def test_history_of_the_test_is_what_scikit_learn_says_of_the_final_network(dataset, plain):
    one = plain(class_weights={"bad": 2, "good": 1, "none": 9})
    trained = train(dataset, one, 0, "cpu")
    logits = load_model(trained.state, one, dataset.form, "cpu").logits(dataset.test.images)
    probabilities = torch.from_numpy(logits).double().softmax(1).numpy()
    last = trained.history[-1]
    assert last["test_accuracy"] == pytest.approx(accuracy_score(dataset.test.labels, logits.argmax(1)))
    assert last["test_loss"] == pytest.approx(log_loss(dataset.test.labels, probabilities), rel=1e-5)


def test_weights_go_to_the_class_of_their_name(plain):
    labels = torch.tensor([0, 1, 1, 2])
    assert class_weights(plain(class_weights={"none": 3, "good": 0.5, "bad": 2}), CLASSES, labels).tolist() == [
        2,
        0.5,
        3,
    ]
    assert class_weights(plain(), CLASSES, labels) is None


def test_balanced_weights_are_those_of_scikit_learn(dataset, plain):
    found = class_weights(plain(class_weights="balanced"), CLASSES, torch.from_numpy(dataset.train.labels))
    assert found.dtype == torch.float32
    expected = compute_class_weight("balanced", classes=np.arange(3), y=dataset.train.labels)
    assert found.tolist() == pytest.approx(expected.tolist())
    of_other_data = class_weights(
        plain(class_weights={"hat": 3, "cap": 1}), CLASSES, torch.from_numpy(dataset.train.labels)
    )
    assert torch.equal(of_other_data, found)


@pytest.mark.parametrize(
    ("by_class", "words"),
    [
        ({"bad": 1, "good": 1}, "'none' has no weight; the classes are bad, good, none"),
        ({"bad": 1, "good": 1, "none": 1, "worn": 1}, "'worn' is no class of these data"),
        ({}, "'bad' has no weight"),
    ],
)
def test_weights_that_do_not_fit_the_classes_are_refused(dataset, plain, by_class, words):
    with pytest.raises(InputError, match=f"^class_weights: {words}"):
        train(dataset, plain(class_weights=by_class), 0, "cpu")


@given(st.lists(st.integers(0, 40), min_size=3, max_size=3).filter(any), st.integers(0, 999))
def test_every_class_gives_as_many_as_the_rarest_has(counts, seed):
    labels = torch.repeat_interleave(torch.arange(3), torch.tensor(counts))
    labels = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))]
    chosen = balanced_draw(labels, torch.Generator().manual_seed(seed))
    rarest = min(count for count in counts if count)
    assert torch.bincount(labels[chosen], minlength=3).tolist() == [rarest * (count > 0) for count in counts]
    assert (chosen.diff() > 0).all()  # sorted, and none twice
    assert torch.equal(chosen, balanced_draw(labels, torch.Generator().manual_seed(seed)))


def test_over_many_draws_every_sample_has_its_turn_and_the_rarest_class_is_always_whole():
    labels, generator = torch.tensor([0] * 8 + [1] * 12 + [2] * 3), torch.Generator().manual_seed(0)
    times = torch.zeros(len(labels))
    for _ in range(400):
        times[balanced_draw(labels, generator)] += 1
    assert (times[20:] == 400).all()
    torch.testing.assert_close(times[:8], torch.full((8,), 400 * 3 / 8), rtol=0.25, atol=0)
    torch.testing.assert_close(times[8:20], torch.full((12,), 400 * 3 / 12), rtol=0.25, atol=0)


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_a_weight_that_is_no_number_counts_as_divergence(dataset, plain, broken, monkeypatch):
    real = torch.optim.Adam.step

    def step(optimizer, closure=None):
        real(optimizer, closure)
        with torch.no_grad():
            optimizer.param_groups[0]["params"][0][0] = broken  # a channel of the convolution: the loss may stay finite

    monkeypatch.setattr(torch.optim.Adam, "step", step)
    with pytest.raises(InputError, match=r"^lr: training diverged in epoch 1 \(seed 0\)"):
        train(dataset, plain(), 0, "cpu")
