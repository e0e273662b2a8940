"""What the doors do with either kind of network: train, save, load again, judge."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from stages.cnn import data
from stages.cnn.data import load_digit_images, load_variant_data
from stages.cnn.device import choose_device
from stages.cnn.kinds import epochs_of, logits_of
from stages.digits.dataset import Digits, save_digits
from stages.errors import InputError
from stages.params import PATH, load_params
from stages.params_cnn import CnnVariant
from stages.params_residual import FacesResidualVariant
from stages.results.metrics import at_natural_point, metrics_of
from stages.results.predict_cnn import predict as predict_cnn
from stages.results.scores import score
from stages.results.write import write_results
from stages.train_cnn import calibrate, train_seed
from stages.weights import save_weights
from tests.pipeline import PROJECT, cnn_variant, residual_variant
from tests.test_cnn_training import CLASSES, TEST, TRAIN

CPU = torch.device("cpu")
CROP = load_params(PROJECT / PATH).crop
REPORT = CnnVariant.model_validate(cnn_variant())


@pytest.fixture(autouse=True)
def _one_thread():
    choose_device("cpu")


def residual(**changes) -> FacesResidualVariant:
    return FacesResidualVariant.model_validate(residual_variant(**{"crops": "large"} | changes))


@pytest.mark.parametrize("variant", [REPORT, residual()], ids=["report", "residual"])
def test_what_is_saved_predicts_what_was_trained(variant, tmp_path):
    path, both = tmp_path / "mine.safetensors", {"train": TRAIN, "test": TEST}
    state, history = train_seed((TRAIN, TEST), "cnn.mine", variant, 0, CPU)
    assert len(history) == epochs_of(variant, len(TRAIN.labels))
    save_weights(path, {0: state}, {"classes": CLASSES})
    predictions = predict_cnn(path, variant, both)
    accuracy = np.mean(predictions.predicted("test")[0] == predictions.labels["test"])
    assert accuracy == pytest.approx(history[-1]["test_accuracy"])
    other = residual() if variant is REPORT else REPORT
    with pytest.raises(InputError, match="weights of another network") as caught:
        predict_cnn(path, other, both)
    assert "\n" not in str(caught.value)


def test_only_a_variant_that_asks_for_it_is_asked_about_mirror_images(tmp_path):
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 16 * 16, 3))
    there, back = (network(images).detach() for images in (TEST.images, TEST.images.flip(3)))
    torch.testing.assert_close(logits_of(network, residual(side=16, flip_test=True), TEST), (there + back) / 2)
    for variant in (residual(side=16, flip_test=False), REPORT):
        torch.testing.assert_close(logits_of(network, variant, TEST), there)


@pytest.mark.parametrize("task", [train_seed, calibrate])
def test_divergence_names_family_and_variant(task):
    faces = replace(TRAIN, photos=tuple(f"{i // 4}" for i in range(len(TRAIN.labels))))
    with pytest.raises(InputError, match=r"^cnn_digits\.variants\.mine\.lr: training diverged"):
        task((faces, TEST), "cnn_digits.mine", residual(lr=1e30), 0, CPU)


def test_the_natural_point_is_a_block_of_its_own(tmp_path):
    state, _ = train_seed((TRAIN, TEST), "cnn.mine", residual(), 0, CPU)
    save_weights(tmp_path / "mine.safetensors", {0: state}, {"classes": CLASSES})
    predictions = predict_cnn(tmp_path / "mine.safetensors", residual(), {"train": TRAIN, "test": TEST})
    images = np.zeros((len(TEST.labels), 16, 16, 3), np.uint8)
    for folder, natural in (("one", None), ("two", at_natural_point(predictions))):
        metrics = metrics_of(predictions, natural, (), 0)
        write_results(str(tmp_path / folder), "cnn.mine", predictions, images, metrics)
    one, two = (json.loads((tmp_path / folder / "metrics.json").read_text()) for folder in ("one", "two"))
    natural = two.pop("natural")
    assert one == two, "the usual keys are of the balanced point"
    prior = np.bincount(TRAIN.labels) / len(TRAIN.labels)
    expected = score(predictions.logits["test"][0] + np.log(prior), TEST.labels.numpy(), predictions.classes)
    assert natural["test"]["accuracy"] == pytest.approx(expected["accuracy"], abs=1e-6)
    assert natural["test"]["loss"] == pytest.approx(expected["loss"], abs=1e-5) != two["test"]["loss"]


def test_every_variant_gets_the_pictures_it_asks_for(monkeypatch):
    monkeypatch.setattr(data, "load_faces", lambda folder, left_out, margin=0: (folder.as_posix(), margin))
    monkeypatch.setattr(data, "load_digit_images", lambda left_out: "digits")
    for variant in (REPORT, residual(crops="small")):
        assert load_variant_data("cnn", variant, CROP) == ("data/faces", 0)
    assert load_variant_data("cnn", residual(), CROP) == ("data/faces_large", 0.25)
    assert load_variant_data("cnn_digits", residual(), CROP) == "digits"


def test_digits_are_gray_pictures_between_0_and_1(tmp_path):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (9, 28, 28)).astype(np.uint8), rng.integers(0, 10, 9).astype(np.uint8)
    save_digits(Digits(images, labels, images[:4], labels[:4]), tmp_path / "digits.npz")
    train, test = load_digit_images(tmp_path / "digits.npz")
    assert train.images.shape == (9, 1, 28, 28) and len(test.labels) == 4
    assert torch.equal(train.images[:, 0].mul(255).round().byte(), torch.from_numpy(images))
    assert train.labels.tolist() == labels.tolist() and train.labels.dtype == torch.int64
    assert train.classes == tuple("0123456789") and train.photos == tuple("012345678")
