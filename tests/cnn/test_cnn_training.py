"""What holds for the training of either kind of network, and for what is loaded from its weights."""

from functools import partial

import numpy as np
import pytest
import torch

from stages.cnn.model import load_model
from stages.cnn.networks import build_network
from stages.cnn.tensors import choose_device
from stages.cnn.training import epochs_of, train, uses_gpu
from stages.cnn.views import see
from stages.runtime.errors import InputError
from stages.runtime.parallel import map_processes
from stages.storage.dataset import Dataset
from stages.training.history import Trained

KINDS = pytest.mark.parametrize("kind", ["plain", "residual"])


@pytest.fixture
def variant(request, kind):
    """A function that makes variants of the kind that the test is given."""
    return request.getfixturevalue(kind)


def same(one: Trained, other: Trained) -> bool:
    states = [{name: value.tobytes() for name, value in trained.state.items()} for trained in (one, other)]
    return states[0] == states[1]


@KINDS
def test_the_seed_decides_every_byte_in_any_process(dataset, variant, monkeypatch):
    run = partial(train, dataset, variant(), device="cpu")
    monkeypatch.setenv("WORKERS", "2")
    one, again, other = map_processes(run, [3, 3, 4])
    torch.set_num_threads(2)
    here = run(3)
    assert same(one, again) and same(one, here) and one.history == here.history
    assert not same(one, other)


@KINDS
def test_the_test_samples_have_no_say_in_the_weights(dataset, variant):
    halved = Dataset(dataset.train, dataset.test.chosen(np.arange(12)), dataset.validation, dataset.form)
    one, other = (train(each, variant(), 0, "cpu") for each in (dataset, halved))
    assert same(one, other)
    assert one.history != other.history


@KINDS
@pytest.mark.parametrize("gray", [False, True], ids=["colour", "gray"])
@pytest.mark.parametrize("side", [8, 21])
def test_either_network_works_on_pictures_of_any_form_and_its_saved_weights_say_the_same(
    dataset_of, variant, gray, side
):
    dataset, one = dataset_of(side, gray), variant()
    trained = train(dataset, one, 0, "cpu")
    model = load_model(trained.state, one, dataset.form, "cpu")
    logits = model.logits(dataset.test.images)
    assert logits.shape == (25, 3) and logits.dtype == np.float32
    assert (logits.argmax(1) == dataset.test.labels).mean() == pytest.approx(trained.history[-1]["test_accuracy"])
    features = model.features(dataset.test.images)
    assert features.dtype == np.float32
    weight, bias = (next(value for name, value in trained.state.items() if f"linear.{p}" in name) for p in ("w", "b"))
    np.testing.assert_allclose(features @ weight.T + bias, logits, rtol=1e-4, atol=1e-5)


@KINDS
def test_learns_an_easy_task(dataset, variant, kind):
    longer = {"epochs": 25, "lr": 0.01} if kind == "plain" else {"images": 2400, "augmentation": {"flip": 0.5}}
    history = train(dataset, variant(**longer), 0, "cpu").history
    assert history[-1]["test_accuracy"] > 0.9
    assert history[-1]["train_loss"] < history[0]["train_loss"]


@pytest.mark.parametrize(("kind", "changes", "epochs"), [
    ("plain", {"epochs": 3}, 3), ("plain", {"epochs": 3, "resample_rounds": 2}, 6), ("residual", {"members": 3}, 6),
])  # fmt: skip
def test_progress_hears_of_every_epoch(dataset, variant, changes, epochs):
    heard, one = [], variant(**changes)
    train(dataset, one, 0, "cpu", heard.append)
    assert len(heard) == epochs == epochs_of(one, len(dataset.train))


@pytest.mark.parametrize(("kind", "changes"), [
    ("plain", {"optimizer": "sgd", "epochs": 6}), ("residual", {"members": 2}), ("residual", {"loss": "cross_entropy"}),
])  # fmt: skip
def test_divergence_is_one_line_that_names_the_key_and_the_epoch(dataset, variant, changes):
    with pytest.raises(InputError, match=r"^lr: training diverged in epoch [1-9]\d* \(seed 5\); lower it from 1e\+30"):
        train(dataset, variant(lr=1e30, **changes), 5, "cpu")


@pytest.mark.parametrize(("kind", "changes"), [
    ("plain", {"epochs": 25, "lr": 0.01}),
    ("plain", {"epochs": 25, "lr": 0.01, "class_weights": "balanced"}),
    ("plain", {"epochs": 9, "lr": 0.01, "optimizer": "sgd", "resample_rounds": 3}),
    ("residual", {"images": 2400}),
    ("residual", {"images": 2400, "loss": "cross_entropy", "label_smoothing": 0.3}),
    ("residual", {"images": 800, "members": 2, "flip_test": True}),
])  # fmt: skip
@pytest.mark.parametrize("absent", [0, 2])
def test_a_class_without_training_samples_never_wins(dataset, variant, changes, absent):
    train_samples = dataset.train.chosen(dataset.train.labels != absent)
    known = dataset.test.chosen(dataset.test.labels != absent)
    lacking = Dataset(train_samples, known, np.zeros(len(train_samples), bool), dataset.form)
    one = variant(**changes)
    trained = train(lacking, one, 0, "cpu")
    logits = load_model(trained.state, one, dataset.form, "cpu").logits(dataset.test.images)
    assert np.isfinite(logits).all() and np.all(logits[:, absent] < -1000)
    logits = logits[dataset.test.labels != absent]
    assert (logits.argmax(1) == known.labels).mean() > 0.85
    assert all(np.isfinite(list(row.values())).all() for row in trained.history)
    assert trained.history[-1]["test_loss"] < 1
    layers = [(name, value) for name, value in trained.state.items() if "linear." in name]
    for name, value in layers:  # smoothed labels and weight decay reach nothing of it
        assert np.all(value[absent] == (0 if name.endswith("weight") else -1e4)), name


def test_logits_are_the_mean_over_views_mirror_images_and_members(dataset_of, residual):
    dataset = dataset_of(margin=0.25)
    one = residual(test_views=[0.9, 1.2], flip_test=True, members=2, side=10, images=48)
    state = train(dataset, one, 0, "cpu").state
    network = build_network(one, dataset.form).eval()
    network.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    images = torch.from_numpy(dataset.test.images).permute(0, 3, 1, 2) / 255
    seen = [see(each, view / 1.5, 10) for view in (0.9, 1.2) for each in (images, images.flip(3))]
    answers = [member(view) for member in network.members for view in seen]
    model = load_model(state, one, dataset.form, "cpu")
    expected = torch.stack(answers).mean(0).detach().numpy()
    np.testing.assert_allclose(model.logits(dataset.test.images), expected, rtol=1e-4, atol=1e-5)
    features = network.members[0].features(seen[0]).detach().numpy()
    np.testing.assert_allclose(model.features(dataset.test.images), features, rtol=1e-4, atol=1e-5)


def test_weights_of_another_network_are_refused(dataset, plain, residual):
    states = [(train(dataset, one, 0, "cpu").state, one) for one in (plain(), residual())]
    (of_plain, a), (of_residual, b) = states
    wrong = [(of_plain, b), (of_residual, a), (of_plain, plain(channels=5)), (of_residual, residual(members=2))]
    for state, one in wrong:
        with pytest.raises(InputError, match=r"^weights of another network; run `dvc repro` \(.*weight") as caught:
            load_model(state, one, dataset.form, "cpu")
        assert "\n" not in str(caught.value)


def test_a_gpu_that_is_not_there_is_told():
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert not uses_gpu("cpu") and not uses_gpu("auto")
    for ask in (uses_gpu, choose_device):
        with pytest.raises(InputError, match="^device: cuda, but torch finds no GPU here; set it to auto or cpu"):
            ask("cuda")
