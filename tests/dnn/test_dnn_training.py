"""Training the NumPy network: what it learns, what its history says, that the seed alone decides, and its model."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

from stages.config.variants import DnnVariant
from stages.dnn.initialisation import initial_parameters
from stages.dnn.loss import cross_entropy_gradient, softmax
from stages.dnn.model import as_inputs, load_model
from stages.dnn.network import Network
from stages.dnn.optimizers import Sgd
from stages.dnn.training import epochs_of, train, train_epoch, uses_gpu
from stages.runtime.errors import InputError
from stages.runtime.parallel import map_processes
from stages.storage.dataset import Dataset
from stages.training.history import Trained
from tests.helpers import dnn_variant

INGREDIENTS = [
    {"momentum": 0.5},
    {"optimizer": "adam"},
    {"weight_decay": 0.5},
    {"step": {"every": 1, "factor": 0.5}},
    {"cosine": {"warm_up": 1}},
    {"dropout": 0.3},
    {"label_smoothing": 0.1},
    {"distortion": {"rotate": 8}},
    {"init": "zero"},
    {"activation": "tanh"},
]


def variant(**changes: object) -> DnnVariant:
    return DnnVariant.model_validate(dnn_variant(**changes))


def trained(dataset: Dataset, seed: int = 0, **changes: object) -> Trained:
    return train(dataset, variant(**changes), seed, "cpu", None)


def content(result: Trained) -> bytes:
    return b"".join(array.tobytes() for array in result.state.values())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"activation": "sigmoid", "lr": 2.0},
        {"activation": "tanh"},
        {"activation": "leaky_relu", "hidden": [32, 16]},
        {"init": "zero", "epochs": 12},
        {"lr": 0.1, "momentum": 0.9, "cosine": {"warm_up": 1}},
        {"optimizer": "adam", "lr": 0.01, "weight_decay": 0.01, "step": {"every": 4, "factor": 0.1}},
        {"hidden": [64], "dropout": 0.3, "label_smoothing": 0.1},
        {"hidden": [12], "dropout": 0.1},
        {"distortion": {"rotate": 8, "scale": 0.1, "shear": 0.1, "shift": 0.3, "elastic": 0.2}},
    ],
    ids=str,
)
def test_the_digits_are_learned_in_a_few_epochs(digits, changes):
    history = trained(digits, **{"hidden": [40], "lr": 0.3, "batch_size": 20, "epochs": 8} | changes).history
    assert history[-1]["test_accuracy"] > 0.85
    assert history[-1]["train_loss"] < history[0]["train_loss"]


def test_a_separable_set_of_colour_images_is_learned_wholly(dataset_of):
    labels = np.arange(90) % 3
    images = np.random.default_rng(0).integers(0, 100, (90, 6, 6, 3), np.uint8)
    images[np.arange(90), :, :, labels] += 120  # each class has its own colour
    block = {"lr": 0.3, "batch_size": 10, "epochs": 10, "distortion": {"rotate": 10, "shift": 0.5}}
    last = trained(dataset_of(images, labels, 30), **block).history[-1]
    assert last["train_accuracy"] == last["test_accuracy"] == 1


@pytest.mark.parametrize("changes", INGREDIENTS, ids=str)
def test_every_ingredient_is_used_and_the_seed_decides_every_byte(digits, changes):
    one, same, other = (trained(digits, seed, **changes) for seed in (3, 3, 4))
    assert content(one) == content(same) and one.history == same.history
    assert content(one) != content(other)
    assert content(one) != content(trained(digits, 3))


def test_the_number_of_workers_changes_no_byte(digits, monkeypatch):
    runs = []
    for workers in ("1", "2"):
        monkeypatch.setenv("WORKERS", workers)
        task = partial(trained, digits, distortion={"elastic": 1}, dropout=0.1)
        runs.append([(content(run), run.history) for run in map_processes(task, [0, 1])])
    assert runs[0] == runs[1]


def test_the_test_samples_have_no_say_in_the_weights(digits):
    test = digits.test.chosen(digits.test.labels == 3)
    one, other = trained(digits), trained(replace(digits, test=test))
    assert content(one) == content(other)
    assert one.history != other.history


def test_the_history_is_what_scikit_learn_says_of_the_final_network(digits):
    result = trained(digits, epochs=3)
    assert [row["epoch"] for row in result.history] == [1, 2, 3]
    assert list(result.history[0]) == ["epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy"]
    model, last = load_model(result.state, variant(), digits.form, "cpu"), result.history[-1]
    for split in ("train", "test"):
        samples = getattr(digits, split)
        logits = model.logits(samples.images).astype(float)
        assert last[f"{split}_accuracy"] == pytest.approx(accuracy_score(samples.labels, logits.argmax(axis=1)))
        assert last[f"{split}_loss"] == pytest.approx(log_loss(samples.labels, softmax(logits)), rel=1e-5)


def test_earlier_rows_are_those_of_a_shorter_training(digits):
    assert trained(digits, epochs=3).history[:2] == trained(digits, epochs=2).history


def test_latent_features_are_kept_at_the_epochs_asked_for(digits):
    result = trained(digits, hidden=[6, 2], epochs=3, latent_epochs=[1, 3])
    assert list(result.latent) == [1, 3]
    for epoch, features in result.latent.items():
        state = trained(digits, hidden=[6, 2], epochs=epoch).state
        model = load_model(state, variant(hidden=[6, 2]), digits.form, "cpu")
        assert (features == model.features(digits.test.images)).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("hidden", [[8], []], ids=str)
@pytest.mark.parametrize("lr", [1e4, 1e30])
def test_divergence_is_one_line_that_names_the_epoch(digits, hidden, lr):
    with pytest.raises(InputError, match=r"^lr: training diverged in epoch 1 \(seed 5\); lower it from .*"):
        trained(digits, 5, hidden=hidden, lr=lr, epochs=6)


def test_progress_is_called_after_every_epoch(digits):
    calls = []
    train(digits, variant(epochs=3), 0, "cuda", lambda rows: calls.append(len(rows)))
    assert calls == [1, 2, 3] and epochs_of(variant(epochs=3), 1000) == 3
    assert not uses_gpu("cuda")


def test_the_samples_come_in_an_order_that_is_drawn_after_the_weights(digits):
    rng = np.random.default_rng(3)
    parameters = initial_parameters([64, 8, 10], "relu", "random", rng)
    inputs, labels, order = as_inputs(digits.train.images), digits.train.labels, rng.permutation(1000)
    train_epoch(Network(parameters, "relu"), Sgd(parameters), inputs, labels, order, variant(), 0)
    for name, array in trained(digits, 3, epochs=1).state.items():
        assert (array == parameters[name]).all()


@pytest.mark.parametrize(("batch_size", "sizes"), [(4, [4, 4, 2]), (5, [5, 5]), (10, [10]), (99, [10])])
def test_an_epoch_takes_a_step_a_batch_each_averaged_over_its_own_size(random_network, batch_size, sizes):
    rng = np.random.default_rng(0)
    inputs, labels, order = rng.normal(size=(10, 3)), rng.integers(0, 2, 10), rng.permutation(10)
    network, by_hand = random_network([3, 4, 2]), random_network([3, 4, 2])
    settings = variant(batch_size=batch_size, lr=0.5, epochs=4, cosine={"warm_up": 2})
    train_epoch(network, Sgd(network.parameters), inputs, labels, order, settings, 1)
    optimizer, start = Sgd(by_hand.parameters), 0
    for size in sizes:
        batch, done = order[start : start + size], 1 + start / 10
        gradient = cross_entropy_gradient(by_hand.forward(inputs[batch]), labels[batch])
        optimizer.step(by_hand.backward(gradient), 0.5 * done / 2)  # in the warm-up
        start += size
    for name, array in network.parameters.items():
        np.testing.assert_allclose(array, by_hand.parameters[name], rtol=1e-12)


@pytest.mark.parametrize(
    ("hidden", "shape"), [([6, 2], (8, 8)), ([], (8, 8)), ([7], (8, 8)), ([6], (8, 8, 3))], ids=str
)
def test_weights_of_another_network_are_refused(digits, hidden, shape):
    state = trained(digits, hidden=[6]).state
    with pytest.raises(InputError, match="weights of another network"):
        load_model(state, variant(hidden=hidden), replace(digits.form, shape=shape), "cpu")


def test_a_network_without_hidden_layers_has_the_pixels_for_features(digits):
    model = load_model(trained(digits, hidden=[]).state, variant(hidden=[]), digits.form, "cpu")
    features = model.features(digits.test.images)
    assert (features == digits.test.images.reshape(-1, 64) / np.float32(255)).all()
    assert features.dtype == model.logits(digits.test.images).dtype == as_inputs(digits.test.images).dtype == np.float32
