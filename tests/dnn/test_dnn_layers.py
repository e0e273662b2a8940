"""Each layer against its formula, and its backward pass against finite differences."""

import numpy as np
import pytest
from scipy.special import expit

from stages.dnn.layers import ACTIVATIONS, Activation, Dense, Dropout

FORMULAS = {
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, z / 10),
    "sigmoid": expit,
    "tanh": np.tanh,
}


def test_dense_by_hand():
    layer = Dense(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 20.0]))
    # [1 1] @ W = [1 + 3, 2 + 4]; plus the biases.
    assert layer.forward(np.array([[1.0, 1.0], [2.0, 0.0]])).tolist() == [[14, 26], [12, 24]]
    delta = layer.backward(np.array([[1.0, 0.0], [0.5, 2.0]]))
    # dW = inputs^T delta: first row 1*1 + 2*0.5, 1*0 + 2*2; second row 1*1 + 0, 1*0 + 0.
    assert layer.weights_gradient.tolist() == [[2, 4], [1, 0]]
    assert layer.biases_gradient.tolist() == [1.5, 2]
    # delta W^T: [1*1 + 0*2, 1*3 + 0*4] and [0.5 + 4, 1.5 + 8].
    assert delta.tolist() == [[1, 3], [4.5, 9.5]]


def test_the_first_layer_leaves_out_the_gradient_of_the_pixels():
    layer = Dense(np.ones((3, 2)), np.zeros(2), is_first=True)
    layer.forward(np.ones((4, 3)))
    assert layer.backward(np.ones((4, 2))) is None
    assert layer.biases_gradient.tolist() == [4, 4]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_its_formula(name):
    inputs = np.linspace(-6, 6, 61).reshape(1, 61)
    np.testing.assert_allclose(Activation(*ACTIVATIONS[name]).forward(inputs), FORMULAS[name](inputs), atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_gradient_of_an_activation_by_finite_differences(name):
    rng = np.random.default_rng(1)
    inputs, delta = rng.normal(size=(5, 7)), rng.normal(size=(5, 7))
    layer, step = Activation(*ACTIVATIONS[name]), 1e-6
    layer.forward(inputs)
    slope = (FORMULAS[name](inputs + step) - FORMULAS[name](inputs - step)) / (2 * step)
    np.testing.assert_allclose(layer.backward(delta), delta * slope, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(("name", "lowest"), [("sigmoid", 0), ("tanh", -1)])
def test_a_saturated_activation_neither_overflows_nor_warns(name, lowest):
    layer = Activation(*ACTIVATIONS[name])
    with np.errstate(all="raise", under="ignore"):
        assert layer.forward(np.array([[-1e4, 1e4]], np.float32)).tolist() == [[lowest, 1]]
        assert layer.backward(np.ones((1, 2), np.float32)).tolist() == [[0, 0]]


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("width", [2, 300])
def test_dropout_drops_at_its_rate_and_keeps_the_mean(rate, width):
    inputs = np.full((60_000 // width, width), 2.0, np.float32)
    outputs = Dropout(rate, np.random.default_rng(0)).forward(inputs)
    kept = outputs[outputs != 0]
    np.testing.assert_allclose(kept, 2 / (1 - rate), rtol=1e-6)
    assert len(kept) / outputs.size == pytest.approx(1 - rate, abs=0.01)
    assert outputs.mean() == pytest.approx(2, rel=0.05)
    assert (inputs == 2).all()


def test_behind_dropout_the_gradient_passes_where_the_output_did():
    layer = Dropout(0.5, np.random.default_rng(0))
    outputs = layer.forward(np.ones((20, 30)))
    assert (layer.backward(np.ones((20, 30))) == outputs).all()


def test_dropout_draws_anew_in_every_pass_and_the_seed_decides():
    one, same = (Dropout(0.5, np.random.default_rng(3)) for _ in range(2))
    first = one.forward(np.ones((20, 30)))
    assert (same.forward(np.ones((20, 30))) == first).all()
    assert (one.forward(np.ones((20, 30))) != first).any()


@pytest.mark.parametrize(
    "layer", [*(Activation(*pair) for pair in ACTIVATIONS.values()), Dropout(0.5, np.random.default_rng(0))]
)
def test_float32_stays_float32(layer):
    assert layer.forward(np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)).dtype == np.float32
    assert layer.backward(np.ones((2, 3), np.float32)).dtype == np.float32
