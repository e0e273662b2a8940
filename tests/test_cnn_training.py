"""Training the CNN: the schedule, the weighting, the rounds, and that the seed alone decides."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss
from torch import nn

from stages.cnn import predict as predicting
from stages.cnn import train as training
from stages.cnn.data import Faces
from stages.cnn.device import choose_device
from stages.cnn.train import Trained, loss_weights, predict, train
from stages.errors import InputError
from stages.params_cnn import CnnVariant
from stages.results.predict_cnn import predict as predict_cnn
from stages.train_cnn import train_seed
from stages.weights import save_weights
from stages.workers import map_processes
from tests.pipeline import cnn_variant

CLASSES = ("bad", "good", "none")
CPU = torch.device("cpu")


def faces(counts: tuple[int, int, int], seed: int = 0) -> Faces:
    """Noise with a bright patch whose place tells the class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.repeat_interleave(torch.arange(3), torch.tensor(counts))
    labels = labels[torch.randperm(len(labels), generator=generator)]
    images = torch.rand(len(labels), 3, 16, 16, generator=generator) * 0.5
    for i, label in enumerate(labels):
        images[i, :, 4 * label : 4 * label + 4, 4:12] += 0.5
    images = images.contiguous(memory_format=torch.channels_last)
    return Faces(images, labels, CLASSES, tuple(f"{i}.jpg" for i in range(len(labels))))


TRAIN, TEST = faces((20, 50, 9)), faces((8, 12, 5), seed=1)


@pytest.fixture(autouse=True)
def _one_thread():
    choose_device("cpu")


def variant(**changes) -> CnnVariant:
    return CnnVariant.model_validate(cnn_variant(**changes))


def parameters(trained: Trained) -> list[torch.Tensor]:
    return [tensor.clone() for tensor in trained.network.state_dict().values()]


def same(one: Trained, other: Trained) -> bool:
    return all(torch.equal(a, b) for a, b in zip(parameters(one), parameters(other), strict=True))


def by_hand(one: CnnVariant, seed: int, weights: list[float] | None = None) -> nn.Sequential:
    """The same training in torch's own words, with ReLU before pooling and torch's own schedule."""
    torch.manual_seed(seed)
    side, order = one.feature_side(16), torch.Generator().manual_seed(seed)
    network = nn.Sequential(
        nn.Conv2d(3, one.channels, one.kernel, one.stride, padding=one.kernel // 2),
        nn.ReLU(),
        nn.MaxPool2d(one.pool),
        nn.Flatten(),
        nn.Linear(one.channels * side * side, 3),
    )
    optimizers = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}
    optimizer = optimizers[one.optimizer](network.parameters(), lr=one.lr)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, one.step.every, one.step.factor)
    loss = nn.CrossEntropyLoss(None if weights is None else torch.tensor(weights))
    for _ in range(one.epochs):
        for chosen in torch.randperm(len(TRAIN.labels), generator=order).split(one.batch_size):
            optimizer.zero_grad()
            loss(network(TRAIN.images[chosen]), TRAIN.labels[chosen]).backward()
            optimizer.step()
        schedule.step()
    return network


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("class_weights", [None, {"none": 3, "bad": 2, "good": 0.5}], ids=["plain", "weighted"])
def test_training_is_what_torch_does_step_by_step(optimizer, class_weights):
    one = variant(optimizer=optimizer, lr=0.01, epochs=5, step={"every": 2, "factor": 0.1}, class_weights=class_weights)
    trained = train(TRAIN, TEST, one, seed=7)
    expected = by_hand(one, 7, class_weights and [2, 0.5, 3])
    for ours, theirs in zip(trained.network.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("every", "factor"), [(1, 0.5), (3, 0.1), (30, 0.1)])
def test_the_learning_rate_falls_as_in_step_lr(every, factor):
    one = variant(lr=0.002, epochs=7, channels=1, step={"every": every, "factor": factor})
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.002)
    schedule, expected = torch.optim.lr_scheduler.StepLR(optimizer, every, factor), []
    for _ in range(7):
        expected.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    assert [row["learning_rate"] for row in train(TRAIN, TEST, one, 0).history] == pytest.approx(expected)


def test_without_a_step_the_learning_rate_stays():
    assert {row["learning_rate"] for row in train(TRAIN, TEST, variant(epochs=4), 0).history} == {0.001}


def test_learns_an_easy_task():
    trained = train(TRAIN, TEST, variant(lr=0.01, epochs=15), 0)
    assert trained.history[-1]["test_accuracy"] > 0.9
    assert trained.history[-1]["train_loss"] < trained.history[0]["train_loss"]


def test_history_is_what_scikit_learn_says_of_the_final_network():
    trained = train(TRAIN, TEST, variant(class_weights={"bad": 2, "good": 1, "none": 9}), 0)
    assert [row["epoch"] for row in trained.history] == [1, 2]
    for split, part in (("train", TRAIN), ("test", TEST)):
        logits = predict(trained.network, part.images).double()
        last = trained.history[-1]
        assert last[f"{split}_accuracy"] == pytest.approx(accuracy_score(part.labels, logits.argmax(1)))
        assert last[f"{split}_loss"] == pytest.approx(log_loss(part.labels, logits.softmax(1).numpy()), rel=1e-5)


def test_the_seed_decides_every_byte():
    runs = [train(TRAIN, TEST, variant(resample_rounds=2), seed) for seed in (3, 3, 4)]
    assert same(runs[0], runs[1])
    assert runs[0].history == runs[1].history
    assert not same(runs[0], runs[2])


def test_the_number_of_workers_changes_no_byte(monkeypatch):
    runs = []
    for workers in ("1", "2"):
        monkeypatch.setenv("WORKERS", workers)
        tasks = [((TRAIN, TEST), "cnn.plain", variant(), seed, CPU) for seed in (0, 1)]
        runs.append(map_processes(train_seed, tasks))
    for (state, history), (other_state, other_history) in zip(*runs, strict=True):
        assert history == other_history
        assert {k: v.tobytes() for k, v in state.items()} == {k: v.tobytes() for k, v in other_state.items()}


def test_the_test_faces_have_no_say_in_the_weights():
    shuffled = replace(TEST, labels=TEST.labels.flip(0), images=TEST.images * 0.5)
    one, other = train(TRAIN, TEST, variant(), 0), train(TRAIN, shuffled, variant(), 0)
    assert same(one, other)
    assert one.history != other.history


@pytest.fixture
def draws(monkeypatch) -> list[torch.Tensor]:
    """The balanced draws that training makes."""
    made, real = [], training.balanced_draw

    def record(*arguments):
        made.append(real(*arguments))
        return made[-1]

    monkeypatch.setattr(training, "balanced_draw", record)
    return made


def test_every_round_draws_anew_and_starts_the_schedule_again(draws):
    one = variant(resample_rounds=3, epochs=4, lr=0.01, step={"every": 2, "factor": 0.1})
    history = train(TRAIN, TEST, one, 0).history
    assert [row["epoch"] for row in history] == list(range(1, 13))
    assert [row["learning_rate"] for row in history] == pytest.approx([0.01, 0.01, 0.001, 0.001] * 3)
    assert [torch.bincount(TRAIN.labels[chosen]).tolist() for chosen in draws] == [[9, 9, 9]] * 3
    assert not torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[1], draws[2])


def test_rounds_go_on_with_one_network_and_see_only_their_draw(draws, monkeypatch):
    seen = []
    monkeypatch.setattr(
        training,
        "cross_entropy",
        lambda logits, labels, weights=None: (
            seen.append(labels) if logits.requires_grad else None,
            nn.functional.cross_entropy(logits, labels, weights),
        )[1],
    )
    both = train(TRAIN, TEST, variant(resample_rounds=2, epochs=1, batch_size=100), 0)
    assert [torch.bincount(labels).tolist() for labels in seen] == [[9, 9, 9], [9, 9, 9]]
    first = train(TRAIN, TEST, variant(resample_rounds=1, epochs=1, batch_size=100), 0)
    assert both.history[0] == first.history[0]
    assert both.history[1]["train_loss"] < 1.5 * first.history[0]["train_loss"]
    assert not same(both, first)


def test_without_rounds_nothing_is_drawn(draws):
    train(TRAIN, TEST, variant(epochs=1), 0)
    assert draws == []


def test_weights_go_to_the_class_of_their_name():
    assert loss_weights({"none": 3, "good": 0.5, "bad": 2}, CLASSES).tolist() == [2, 0.5, 3]
    assert loss_weights(None, CLASSES) is None


@pytest.mark.parametrize(
    ("by_class", "words"),
    [
        ({"bad": 1, "good": 1}, "'none' has no weight; the classes are bad, good, none"),
        ({"bad": 1, "good": 1, "none": 1, "worn": 1}, "'worn' is no class of these data"),
        ({}, "'bad' has no weight"),
    ],
)
def test_weights_that_do_not_fit_the_classes_are_refused(by_class, words):
    with pytest.raises(InputError, match=f"^class_weights: {words}"):
        loss_weights(by_class, CLASSES)
    with pytest.raises(InputError, match=r"^cnn\.variants\.mine\.class_weights: "):
        train_seed((TRAIN, TEST), "cnn.mine", variant(class_weights=by_class), 0, CPU)


def test_divergence_is_one_line_that_names_the_epoch():
    with pytest.raises(InputError, match=r"^lr: training diverged in epoch [1-9]\d* \(seed 5\); lower it from 1e\+"):
        train(TRAIN, TEST, variant(optimizer="sgd", lr=1e30, epochs=5), 5)


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_a_weight_that_is_no_number_counts_as_divergence(broken, monkeypatch):
    real = torch.optim.Adam.step

    def step(optimizer):
        real(optimizer)
        with torch.no_grad():
            optimizer.param_groups[0]["params"][0][0] = broken  # a channel of the convolution: the loss may stay finite

    monkeypatch.setattr(torch.optim.Adam, "step", step)
    with pytest.raises(InputError, match=r"^lr: training diverged in epoch 1 \(seed 0\)"):
        train(TRAIN, TEST, variant(), 0)


def test_progress_hears_of_every_epoch_of_every_round():
    heard = []
    train(TRAIN, TEST, variant(resample_rounds=2, epochs=3), 0, progress=lambda: heard.append(1))
    assert len(heard) == 6


def test_predict_does_not_depend_on_its_batches(monkeypatch):
    network = train(TRAIN, TEST, variant(), 0).network
    whole = predict(network, TRAIN.images)
    monkeypatch.setattr(predicting, "EVALUATION_BATCH", 7)
    torch.testing.assert_close(predict(network, TRAIN.images), whole)
    assert network.training


def test_an_absent_gpu_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == choose_device("cpu") == CPU
    with pytest.raises(InputError, match=r"^cnn\.device: cuda, but"):
        choose_device("cuda")


def test_what_is_saved_predicts_what_was_trained(tmp_path):
    path, both = tmp_path / "plain.safetensors", {"train": TRAIN, "test": TEST}
    state, history = train_seed((TRAIN, TEST), "cnn.plain", variant(), 0, CPU)
    save_weights(path, {0: state}, {"classes": CLASSES})
    predictions = predict_cnn(path, variant(), both)
    accuracy = np.mean(predictions.predicted("test")[0] == predictions.labels["test"])
    assert accuracy == pytest.approx(history[-1]["test_accuracy"])
    assert predictions.groups["test"].tolist() == list(TEST.photos)
    with pytest.raises(InputError, match="weights of another network") as caught:
        predict_cnn(path, variant(channels=9), both)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="trained on the classes"):
        predict_cnn(path, variant(), {name: replace(part, classes=("a", "b", "c")) for name, part in both.items()})
