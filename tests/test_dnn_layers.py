"""Each layer against its formula, and its backward pass against finite differences."""

import numpy as np
import pytest
from scipy.special import expit

from stages.dnn.layers import ACTIVATIONS, Buffers, Dense, LeakyReLU, ReLU, Sigmoid, Tanh

FORMULAS = {
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.maximum(z, 0.1 * z),
    "sigmoid": expit,
    "tanh": np.tanh,
}


def dense(inputs: int, outputs: int, seed: int = 0, dtype: type = np.float64) -> Dense:
    rng = np.random.default_rng(seed)
    return Dense(rng.normal(size=(inputs, outputs)).astype(dtype), rng.normal(size=outputs).astype(dtype))


def test_dense_by_hand():
    layer = Dense(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 20.0]))
    # [1 1] @ W = [1 + 3, 2 + 4]; plus the biases.
    assert layer.forward(np.array([[1.0, 1.0], [2.0, 0.0]])).tolist() == [[14, 26], [12, 24]]
    into = layer.backward(np.array([[1.0, 0.0], [0.5, 2.0]]))
    # dW = inputs^T delta: first row 1*1 + 2*0.5, 1*0 + 2*2; second row 1*1 + 0, 1*0 + 0.
    assert layer.gradients()["weights"].tolist() == [[2, 4], [1, 0]]
    assert layer.gradients()["biases"].tolist() == [1.5, 2]
    # delta W^T: [1*1 + 0*2, 1*3 + 0*4] and [0.5 + 4, 1.5 + 8].
    assert into.tolist() == [[1, 3], [4.5, 9.5]]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_is_its_formula(name):
    inputs = np.linspace(-6, 6, 60).reshape(6, 10)
    np.testing.assert_allclose(ACTIVATIONS[name]().forward(inputs.copy()), FORMULAS[name](inputs), atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_gradient_by_finite_differences(name):
    rng = np.random.default_rng(1)
    inputs, delta = rng.normal(size=(5, 7)), rng.normal(size=(5, 7))
    layer, step = ACTIVATIONS[name](), 1e-6
    layer.forward(inputs.copy())
    slope = (FORMULAS[name](inputs + step) - FORMULAS[name](inputs - step)) / (2 * step)
    np.testing.assert_allclose(layer.backward(delta.copy()), delta * slope, rtol=1e-7, atol=1e-9)


def test_relu_passes_no_gradient_at_zero():
    layer = ReLU()
    layer.forward(np.array([[-1.0, 0.0, 2.0]]))
    assert layer.backward(np.array([[5.0, 5.0, 5.0]])).tolist() == [[0, 0, 5]]


def test_leaky_relu_passes_a_tenth_below_zero():
    layer = LeakyReLU()
    assert layer.forward(np.array([[-2.0, 3.0]], np.float32)).tolist() == [[pytest.approx(-0.2), 3]]
    delta = layer.backward(np.ones((1, 2), np.float32))
    assert delta.tolist() == [[pytest.approx(0.1), 1]]
    assert delta.dtype == np.float32


@pytest.mark.parametrize("layer", [Sigmoid(), Tanh()])
def test_saturated_activations_neither_overflow_nor_warn(layer):
    with np.errstate(all="raise", under="ignore"):
        outputs = layer.forward(np.array([[-1e4, 1e4]], np.float32))
        delta = layer.backward(np.ones((1, 2), np.float32))
    assert outputs.tolist() in ([[0, 1]], [[-1, 1]])
    assert delta.tolist() == [[0, 0]]


def test_first_layer_skips_the_gradient_of_its_inputs():
    layer = dense(3, 2)
    layer.forward(np.ones((4, 3)))
    assert layer.backward(np.ones((4, 2)), needs_input_gradient=False) is None
    assert layer.gradients()["biases"].tolist() == [4, 4]


def test_dense_gives_a_small_batch_the_same_rows_as_a_large_one():
    layer, inputs = dense(3, 2), np.random.default_rng(2).normal(size=(9, 3))
    large = layer.forward(inputs).copy()
    np.testing.assert_allclose(layer.forward(inputs[:4]), large[:4], rtol=1e-14)
    np.testing.assert_allclose(layer.forward(inputs), large, rtol=1e-14)


def test_buffers_are_kept_between_batches_and_grow_when_they_must():
    buffers = Buffers()
    first = buffers.rows("outputs", 8, 3, np.float32)
    assert np.shares_memory(first, buffers.rows("outputs", 5, 3, np.float32))
    assert not np.shares_memory(first, buffers.rows("delta", 8, 3, np.float32))
    grown = buffers.rows("outputs", 9, 3, np.float32)
    assert grown.shape == (9, 3)
    assert not np.shares_memory(first, grown)


def test_training_uses_the_arrays_it_was_given():
    weights, biases = np.zeros((2, 3), np.float32), np.zeros(3, np.float32)
    parameters = Dense(weights, biases).parameters()
    assert parameters["weights"] is weights
    assert parameters["biases"] is biases
