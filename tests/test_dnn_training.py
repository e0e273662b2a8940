"""Training the NumPy network: what it learns, what its history says, and that the seed alone decides."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn import datasets
from sklearn.metrics import log_loss, zero_one_loss

from stages.digits.dataset import Digits, as_inputs
from stages.dnn.network import Network, build_network
from stages.dnn.sgd import sgd_step
from stages.dnn.train import Trained, Trainer, train
from stages.errors import InputError
from stages.params_dnn import DnnVariant
from stages.results.predict_dnn import latent_features
from stages.results.predict_dnn import predict as predict_dnn
from stages.train_dnn import train_seed
from stages.weights import save_weights
from stages.workers import map_processes
from tests.pipeline import dnn_variant


@pytest.fixture(scope="module")
def digits() -> Digits:
    """scikit-learn's digits at their 8 x 8: small, and as hard."""
    bunch = datasets.load_digits()
    images, labels = (bunch.images * (255 / 16)).astype(np.uint8), bunch.target.astype(np.uint8)
    return Digits(images[:1000], labels[:1000], images[1000:1400], labels[1000:1400])


def variant(**changes) -> DnnVariant:
    return DnnVariant.model_validate(dnn_variant(**changes))


def parameters(trained: Trained) -> bytes:
    return b"".join(array.tobytes() for array in trained.network.state().values())


def test_learns_the_digits_in_a_few_epochs(digits):
    trained = train(digits, variant(hidden=[32], lr=0.3, batch_size=20, epochs=8), seed=0)
    assert trained.history[-1]["test_error"] < 0.1
    assert trained.history[-1]["train_error"] < 0.05
    assert trained.history[-1]["train_loss"] < trained.history[0]["train_loss"]


@pytest.mark.parametrize(
    "changes",
    [{"activation": "sigmoid", "lr": 2.0}, {"activation": "tanh"}, {"activation": "leaky_relu"}, {"init": "zero"}],
)
def test_other_activations_and_zero_weights_learn_too(digits, changes):
    trained = train(digits, variant(**{"hidden": [40], "lr": 0.3, "batch_size": 20, "epochs": 10} | changes), seed=0)
    assert trained.history[-1]["test_error"] < 0.25


def test_the_seed_decides_every_byte(digits):
    one, same, other = (train(digits, variant(), seed) for seed in (3, 3, 4))
    assert parameters(one) == parameters(same)
    assert one.history == same.history
    assert parameters(one) != parameters(other)


def test_test_labels_change_no_weight(digits):
    rng = np.random.default_rng(0)
    true = train(digits, variant(), 3)
    for labels in (rng.permutation(digits.y_test), np.zeros_like(digits.y_test)):
        other = train(replace(digits, y_test=labels), variant(), 3)
        assert parameters(other) == parameters(true)
        assert other.history[-1]["test_error"] != true.history[-1]["test_error"], "the labels were other ones"


def test_the_number_of_workers_changes_no_byte(digits, monkeypatch):
    runs = []
    for workers in ("1", "2"):
        monkeypatch.setenv("WORKERS", workers)
        runs.append(map_processes(train_seed, [(digits, "plain", variant(), seed) for seed in (0, 1)]))
    assert [parameters(one) for one in runs[0]] == [parameters(one) for one in runs[1]]
    assert [one.history for one in runs[0]] == [one.history for one in runs[1]]


def test_the_test_digits_have_no_say_in_the_weights(digits):
    shuffled = replace(digits, y_test=np.random.default_rng(0).permutation(digits.y_test), x_test=digits.x_test[::-1])
    one, other = train(digits, variant(), 0), train(shuffled, variant(), 0)
    assert parameters(one) == parameters(other)
    assert one.history != other.history


def test_history_is_what_scikit_learn_says_of_the_final_network(digits):
    trained = train(digits, variant(epochs=3), 0)
    assert [row["epoch"] for row in trained.history] == [1, 2, 3]
    for split, images, labels in (
        ("train", digits.x_train, digits.y_train),
        ("test", digits.x_test, digits.y_test),
    ):
        logits = trained.network.logits(as_inputs(images)).astype(np.float64)
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        last = trained.history[-1]
        assert last[f"{split}_error"] == pytest.approx(zero_one_loss(labels, logits.argmax(axis=1)))
        assert last[f"{split}_loss"] == pytest.approx(log_loss(labels, probabilities), rel=1e-5)


def test_earlier_rows_are_those_of_a_shorter_training(digits):
    assert train(digits, variant(epochs=3), 0).history[:2] == train(digits, variant(epochs=2), 0).history


def test_latent_features_are_kept_at_the_epochs_asked_for(digits):
    tests = as_inputs(digits.x_test)
    trained = train(digits, variant(hidden=[6, 2], epochs=3, latent_epochs=[1, 3]), 0)
    assert {epoch: features.shape for epoch, features in trained.latent.items()} == {1: (400, 2), 3: (400, 2)}
    assert (trained.latent[3] == trained.network.latent(tests)).all()
    first = train(digits, variant(hidden=[6, 2], epochs=1), 0)
    assert (trained.latent[1] == first.network.latent(tests)).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("hidden", [[8], []], ids=str)
def test_divergence_is_one_line_that_names_the_epoch(digits, hidden):
    with pytest.raises(InputError, match=r"^lr: training diverged in epoch [1-9]\d* \(seed 5\); lower it from 1e\+"):
        train(digits, variant(hidden=hidden, lr=1e30), 5)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("lr", [1e3, 1e4, 1e6])
def test_a_huge_but_finite_loss_is_divergence_too(digits, lr):
    with pytest.raises(InputError, match=r"^lr: training diverged in epoch 1 \(seed 5\); .* guessing would give 2\.3"):
        train(digits, variant(hidden=[8], lr=lr, epochs=6), 5)


@pytest.mark.parametrize(
    "changes",
    [
        {"momentum": 0.9, "cosine": {"warm_up": 1}},
        {"optimizer": "adam", "lr": 0.01, "weight_decay": 0.01, "step": {"every": 4, "factor": 0.1}},
        {"dropout": 0.3, "label_smoothing": 0.1, "lr": 0.3},
        {"distortion": {"rotate": 8, "scale": 0.1, "shear": 0.1, "shift": 0.3, "elastic": 0.2}, "lr": 0.3},
    ],
)
def test_every_ingredient_learns_and_the_seed_decides_every_byte(digits, changes):
    chosen = variant(**{"hidden": [64], "batch_size": 20, "epochs": 8} | changes)
    one, same, other = (train(digits, chosen, seed) for seed in (3, 3, 4))
    assert one.history[-1]["test_error"] < 0.12
    assert parameters(one) == parameters(same)
    assert parameters(one) != parameters(other)


INGREDIENTS = [
    {"momentum": 0.5}, {"optimizer": "adam"}, {"weight_decay": 0.5}, {"step": {"every": 1, "factor": 0.5}},
    {"cosine": {"warm_up": 1}}, {"dropout": 0.3}, {"label_smoothing": 0.1}, {"distortion": {"rotate": 8}},
]  # fmt: skip


@pytest.mark.parametrize("changes", INGREDIENTS, ids=str)
def test_every_ingredient_is_used(digits, changes):
    assert parameters(train(digits, variant(**changes), 3)) != parameters(train(digits, variant(), 3))


def test_a_stage_puts_the_variants_key_before_the_message(digits):
    with pytest.raises(InputError, match=r"^dnn\.variants\.wild\.lr: training diverged"):
        train_seed(digits, "wild", variant(lr=1e30), 0)


def test_progress_hears_of_every_epoch(digits):
    heard = []
    train(digits, variant(epochs=3), 0, heard.append)
    assert heard == [1, 2, 3]


class Recorder(Network):
    """Notes the samples of each batch instead of learning from them."""

    def __init__(self) -> None:
        super().__init__([])
        self.batches: list[tuple[list[float], list[int]]] = []

    def gradients(self, inputs: np.ndarray, labels: np.ndarray, smoothing: float = 0) -> None:
        self.batches.append((inputs[:, 0].tolist(), labels.tolist()))


@pytest.mark.parametrize(("batch_size", "sizes"), [(4, [4, 4, 2]), (5, [5, 5]), (10, [10]), (99, [10]), (1, [1] * 10)])
def test_an_epoch_shows_every_sample_once_in_random_order(batch_size, sizes):
    inputs, labels = np.arange(20.0, dtype=np.float32).reshape(10, 2), np.arange(10)
    network, rng = Recorder(), np.random.default_rng(0)
    trainer = Trainer(network, inputs, labels, variant(batch_size=batch_size), rng)
    for done in range(2):
        trainer.epoch(done)
    assert [len(labels) for _, labels in network.batches] == sizes * 2
    half = len(sizes)
    epochs = network.batches[:half], network.batches[half:]
    orders = [[label for _, labels in epoch for label in labels] for epoch in epochs]
    assert orders[0] != orders[1]
    for order in orders:
        assert sorted(order) == list(range(10))
        assert order != list(range(10))
    for firsts, labels in network.batches:  # each image keeps its label
        assert firsts == [2.0 * label for label in labels]


def test_the_last_smaller_batch_is_averaged_over_its_own_size():
    rng = np.random.default_rng(0)
    inputs, labels = rng.normal(size=(7, 3)).astype(np.float32), rng.integers(0, 2, 7)
    network = build_network([3, 4, 2], "relu", "random", np.random.default_rng(1))
    by_hand = build_network([3, 4, 2], "relu", "random", np.random.default_rng(1))
    Trainer(network, inputs, labels, variant(lr=0.1, batch_size=5), np.random.default_rng(2)).epoch(0)
    order = np.random.default_rng(2).permutation(7)
    for part in (order[:5], order[5:]):
        by_hand.gradients(inputs[part], labels[part])
        sgd_step(by_hand, 0.1)
    for one, other in zip(network.state().values(), by_hand.state().values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_what_is_saved_predicts_what_was_trained(digits, tmp_path):
    path = tmp_path / "plain.safetensors"
    block = {"hidden": [6, 2], "activation": "tanh"}
    plain, saving = variant(**block), variant(**block, latent_epochs=[1, 2])
    runs = {seed: train(digits, saving, seed) for seed in (0, 1)}
    save_weights(path, {seed: run.network.state() for seed, run in runs.items()}, {"activation": "tanh"})
    predictions = predict_dnn(path, plain, digits)
    assert predictions.seeds.tolist() == [0, 1]
    for i, run in runs.items():
        error = np.mean(predictions.predicted("test")[i] != predictions.labels["test"])
        assert error == pytest.approx(run.history[-1]["test_error"])
    assert (latent_features(path, plain, digits)["end"] == runs[0].latent[2]).all()
    latent = {"latent.2": runs[0].latent[2], "latent.1": runs[0].latent[2] * 2}
    save_weights(path, {0: runs[0].network.state() | latent}, {"activation": "tanh"})
    assert list(latent_features(path, saving, digits)) == ["epoch 1", "epoch 2"]
    assert (predict_dnn(path, saving, digits).logits["test"][0] == predictions.logits["test"][0]).all()
