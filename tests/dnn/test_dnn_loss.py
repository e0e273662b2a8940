"""Softmax with cross entropy: right, and right for logits of any size."""

import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from scipy.special import softmax as scipy_softmax
from torch.nn import functional

from stages.dnn.loss import cross_entropy, cross_entropy_gradient, softmax

EXTREME = np.array([[1000.0, -1000, 0], [-1000, -1000, -1000], [1000, 1000, 999], [-1000, 1000, 1000]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_logits_of_a_thousand_equal_torch_and_scipy(dtype, label):
    logits, labels = EXTREME.astype(dtype), np.full(4, label)
    with np.errstate(all="raise", under="ignore"):
        loss, probabilities = cross_entropy(logits, labels), softmax(logits)
        gradient = cross_entropy_gradient(logits, labels)
    np.testing.assert_allclose(loss, -log_softmax(EXTREME, axis=1)[:, label].mean(), rtol=1e-6)
    np.testing.assert_allclose(
        loss, functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(labels)).item(), rtol=1e-6
    )
    np.testing.assert_allclose(probabilities, scipy_softmax(EXTREME, axis=1), rtol=1e-6)
    assert np.isfinite(gradient).all() and gradient.dtype == dtype


@pytest.mark.parametrize("scale", [1, 1000])
@pytest.mark.parametrize("smoothing", [0, 0.1])
def test_the_gradient_is_that_of_torch(scale, smoothing):
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(0, scale, (6, 4)), rng.integers(0, 4, 6)
    expected = torch.tensor(logits, requires_grad=True)
    functional.cross_entropy(expected, torch.from_numpy(labels), label_smoothing=smoothing).backward()
    actual = cross_entropy_gradient(logits, labels, smoothing)
    np.testing.assert_allclose(actual, expected.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_the_gradient_is_probabilities_less_targets_over_samples():
    logits = np.log(np.array([[1.0, 1, 2], [2, 1, 1]]))  # probabilities 1/4 1/4 1/2 and 1/2 1/4 1/4
    delta = cross_entropy_gradient(logits, np.array([2, 1]))
    np.testing.assert_allclose(delta, np.array([[0.25, 0.25, -0.5], [0.5, -0.75, 0.25]]) / 2)
