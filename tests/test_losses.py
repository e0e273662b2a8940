"""Softmax with cross entropy: right, and right for logits of any size."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.special import log_softmax
from scipy.special import softmax as scipy_softmax

from stages.dnn.losses import cross_entropy, softmax, softmax_cross_entropy_gradient

LOGITS = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.floats(-1e4, 1e4))
EXTREME = np.array([[1000.0, -1000, 0], [-1000, -1000, -1000], [1000, 1000, 999], [-1000, 1000, 1000]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_logits_of_a_thousand_equal_torch_and_scipy(dtype, label):
    logits, labels = EXTREME.astype(dtype), np.full(4, label)
    with np.errstate(all="raise", under="ignore"):
        loss, probabilities = cross_entropy(logits, labels), softmax(logits)
    np.testing.assert_allclose(loss, -log_softmax(EXTREME, axis=1)[:, label].mean(), rtol=1e-6)
    np.testing.assert_allclose(
        loss, float(torch.nn.functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(labels))), rtol=1e-6
    )
    np.testing.assert_allclose(probabilities, scipy_softmax(EXTREME, axis=1), rtol=1e-6)


@pytest.mark.parametrize("scale", [1, 1000])
def test_gradient_is_that_of_autograd(scale):
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(0, scale, (6, 4)), rng.integers(0, 4, 6)
    expected = torch.tensor(logits, requires_grad=True)
    torch.nn.functional.cross_entropy(expected, torch.from_numpy(labels)).backward()
    actual = softmax_cross_entropy_gradient(logits.copy(), labels)
    np.testing.assert_allclose(actual, expected.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_gradient_is_probabilities_less_targets_over_samples():
    logits = np.log(np.array([[1.0, 1, 2], [2, 1, 1]]))  # probabilities 1/4 1/4 1/2 and 1/2 1/4 1/4
    delta = softmax_cross_entropy_gradient(logits, np.array([2, 1]))
    np.testing.assert_allclose(delta, np.array([[0.25, 0.25, -0.5], [0.5, -0.75, 0.25]]) / 2)
    assert delta is logits  # in place


def test_smoothed_gradient_is_that_of_torch():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(0, 3, (6, 4)), rng.integers(0, 4, 6)
    expected = torch.tensor(logits, requires_grad=True)
    torch.nn.functional.cross_entropy(expected, torch.from_numpy(labels), label_smoothing=0.1).backward()
    actual = softmax_cross_entropy_gradient(logits.copy(), labels, 0.1)
    np.testing.assert_allclose(actual, expected.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_equal_logits_cost_the_logarithm_of_the_number_of_classes():
    assert cross_entropy(np.full((3, 10), 7.0, np.float32), np.array([0, 4, 9])) == pytest.approx(np.log(10))


def test_softmax_leaves_its_input_alone_unless_told():
    logits = np.array([[1.0, 2.0]])
    softmax(logits)
    assert logits.tolist() == [[1, 2]]
    assert softmax(logits, out=logits) is logits


@given(LOGITS)
def test_probabilities_sum_to_one(logits):
    probabilities = softmax(logits)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


@given(LOGITS, st.floats(-1e3, 1e3))
def test_a_constant_added_to_every_logit_changes_nothing(logits, constant):
    labels = np.zeros(len(logits), int)
    assert cross_entropy(logits + constant, labels) == pytest.approx(cross_entropy(logits, labels), rel=1e-6, abs=1e-6)


@given(LOGITS)
def test_loss_is_finite_and_never_negative(logits):
    loss = cross_entropy(logits, np.full(len(logits), logits.shape[1] - 1))
    assert np.isfinite(loss)
    assert loss >= -1e-9
