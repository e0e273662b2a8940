"""The validation split of the training data, the temperature fitted on it, and the two operating points."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import softmax

from stages.cnn.device import choose_device
from stages.cnn.kinds import logits_of, train_network
from stages.cnn.operating_points import natural_logits
from stages.cnn.temperature import HIGHEST, LOWEST, fit_temperature
from stages.cnn.validate import FOLDS, cross_validate, hold_out, temperature_of, validate
from stages.errors import InputError
from stages.params_cnn import CnnVariant
from stages.params_residual import FacesResidualVariant
from stages.results.validate_cnn import validation_figures
from tests.pipeline import cnn_variant, residual_variant
from tests.test_cnn_training import TRAIN

CPU = torch.device("cpu")
# Four faces on a photo, as far as they go.
FACES = replace(TRAIN, photos=tuple(f"{i // 4}.jpg" for i in range(len(TRAIN.labels))))
RESIDUAL = FacesResidualVariant.model_validate(residual_variant(crops="large"))
REPORT = CnnVariant.model_validate(cnn_variant())


@pytest.fixture(autouse=True)
def _one_thread():
    choose_device("cpu")


def test_a_fifth_of_the_photos_is_held_out_whole():
    fitted, held = hold_out(FACES, 0)
    assert set(fitted.photos).isdisjoint(held.photos)
    assert sorted(fitted.photos + held.photos) == sorted(FACES.photos)
    assert 0.1 < len(held.labels) / len(FACES.labels) < 0.3
    assert set(held.labels.tolist()) == {0, 1, 2}
    both = torch.cat([fitted.images, held.images])
    assert torch.equal(both.sum((1, 2, 3)).sort().values, FACES.images.sum((1, 2, 3)).sort().values)
    for part in (fitted, held):
        for image, label, photo in zip(part.images, part.labels, part.photos, strict=True):
            place = int((FACES.images == image).all(3).all(2).all(1).nonzero())
            assert (FACES.labels[place], FACES.photos[place]) == (label, photo)


def test_too_few_photos_are_one_line():
    with pytest.raises(InputError, match=r"^2 training photos are too few .* calibrate: false$"):
        hold_out(replace(FACES, photos=tuple(f"{i % 2}" for i in range(len(FACES.labels)))), 0)


@pytest.mark.parametrize("variant", [RESIDUAL, REPORT], ids=["residual", "report"])
def test_the_held_out_labels_have_no_say_in_their_logits(variant, monkeypatch):
    logits = validate(FACES, variant, 0, CPU)[2]
    split = hold_out(FACES, 0)
    monkeypatch.setattr(
        "stages.cnn.validate.hold_out", lambda faces, seed: (split[0], replace(split[1], labels=split[1].labels * 0))
    )
    assert np.array_equal(logits, validate(FACES, variant, 0, CPU)[2])


@pytest.mark.parametrize("variant", [RESIDUAL, REPORT], ids=["residual", "report"])
def test_every_face_is_judged_by_a_network_that_has_not_seen_its_photo(variant, monkeypatch):
    seen = []

    def watched(fitted, judged, *rest):
        seen.append((fitted, judged))
        return train_network(fitted, judged, *rest)

    monkeypatch.setattr("stages.cnn.validate.train_network", watched)
    logits = cross_validate(FACES, variant, 0, CPU)
    assert len(seen) == FOLDS
    assert sorted(photo for _, judged in seen for photo in judged.photos) == sorted(FACES.photos)
    for fitted, judged in seen:
        assert set(fitted.photos).isdisjoint(judged.photos)
        assert len(fitted.labels) + len(judged.labels) == len(FACES.labels)
        network = train_network(fitted, judged, variant, 0, CPU).network
        places = [i for i, photo in enumerate(FACES.photos) if photo in judged.photos]
        np.testing.assert_array_equal(logits[places], logits_of(network, variant, judged).numpy())


def test_too_few_photos_for_cross_validation_are_one_line():
    with pytest.raises(InputError, match=r"^too few training photos"):
        cross_validate(replace(FACES, photos=tuple(f"{i % 4}" for i in range(len(FACES.labels)))), REPORT, 0, CPU)


def test_figures_are_those_of_cross_validation_at_both_points():
    figures = validation_figures(FACES, RESIDUAL, 0, CPU)
    logits, labels = cross_validate(FACES, RESIDUAL, 0, CPU), FACES.labels.numpy()
    prior = np.bincount(labels) / len(labels)
    assert figures["accuracy"] == pytest.approx(np.mean(logits.argmax(1) == labels))
    natural = (softmax(logits, axis=1) * prior).argmax(1)
    assert figures["natural accuracy"] == pytest.approx(np.mean(natural == labels))
    assert figures["natural recall none"] == pytest.approx(np.mean(natural[labels == 2] == 2))
    assert not any(name.startswith("natural") for name in validation_figures(FACES, REPORT, 0, CPU))


def test_natural_logits_are_bayes_rule():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(2, 50, 3)), np.repeat([0, 1, 2], [10, 70, 20])
    expected = softmax(logits, axis=2) * [0.1, 0.7, 0.2]
    expected /= expected.sum(axis=2, keepdims=True)
    np.testing.assert_allclose(softmax(natural_logits(logits, labels), axis=2), expected)
    assert np.isfinite(natural_logits(logits, labels[:80])).all(), "a class without training samples"
    assert natural_logits(logits.astype(np.float32), labels).dtype == np.float32


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_the_temperature_that_spoiled_honest_probabilities_is_found(temperature):
    rng = np.random.default_rng(1)
    honest = 2 * rng.normal(size=(20_000, 3))
    probabilities = softmax(honest, axis=1)
    labels = (rng.random((20_000, 1)) > probabilities.cumsum(axis=1)).sum(axis=1)
    assert fit_temperature((honest * temperature).astype(np.float32), labels) == pytest.approx(temperature, rel=0.05)


def test_the_temperature_stays_within_its_bounds():
    logits = np.eye(3)[[0, 1, 2]]
    assert fit_temperature(logits, np.array([0, 1, 2])) == pytest.approx(LOWEST, rel=0.01)
    assert fit_temperature(logits, np.array([1, 2, 0])) == pytest.approx(HIGHEST, rel=0.01)


def test_the_temperature_is_of_the_natural_point():
    fitted, held, logits = validate(FACES, RESIDUAL, 0, CPU)
    natural = fit_temperature(natural_logits(logits, fitted.labels.numpy()), held.labels.numpy())
    assert temperature_of(FACES, RESIDUAL, 0, CPU) == natural
    assert natural != fit_temperature(logits, held.labels.numpy())
