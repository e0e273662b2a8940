"""Inverted dropout: what goes, what stays, and that the mean is kept."""

import numpy as np
import pytest

from stages.dnn.dropout import Dropout


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_outputs_are_dropped_at_the_rate_and_the_rest_scaled(rate, dtype):
    outputs = Dropout(rate, np.random.default_rng(0)).forward(np.full((200, 300), 2.0, dtype))
    assert outputs.dtype == dtype
    kept = outputs[outputs != 0]
    np.testing.assert_allclose(kept, 2 / (1 - rate), rtol=1e-6)
    assert len(kept) / outputs.size == pytest.approx(1 - rate, abs=0.01)
    assert outputs.mean() == pytest.approx(2, rel=0.05)


def test_the_gradient_passes_where_the_output_did():
    layer = Dropout(0.5, np.random.default_rng(0))
    outputs = layer.forward(np.ones((20, 30))).copy()
    assert (layer.backward(np.ones((20, 30))) == outputs).all()


def test_the_inputs_stay_as_they_are():
    inputs = np.ones((20, 30))
    Dropout(0.5, np.random.default_rng(0)).forward(inputs)
    assert (inputs == 1).all()


def test_every_pass_draws_anew_and_the_seed_decides():
    one, same = (Dropout(0.5, np.random.default_rng(3)) for _ in range(2))
    inputs = np.ones((20, 30))
    first = one.forward(inputs).copy()
    assert (same.forward(inputs) == first).all()
    assert (one.forward(inputs) != first).any()


def test_a_smaller_batch_fits_the_buffers_of_a_larger():
    layer = Dropout(0.5, np.random.default_rng(0))
    layer.forward(np.ones((20, 30)))
    assert layer.forward(np.ones((7, 30))).shape == layer.backward(np.ones((7, 30))).shape == (7, 30)
