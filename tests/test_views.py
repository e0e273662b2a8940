"""Looks at pictures: which part is seen, at how many pixels, and how several looks become one answer."""

import numpy as np
import pytest
import torch

from stages.cnn.predict import predict
from stages.cnn.views import Looks, finished_looks, see, training_look
from stages.params_residual import ResidualVariant
from tests.pipeline import residual_variant

FLAT = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 8 * 8, 3))


def pictures(side: int) -> torch.Tensor:
    return torch.rand(9, 3, side, side, generator=torch.Generator().manual_seed(0))


def test_a_look_at_the_whole_picture_is_the_picture():
    assert torch.equal(see(pictures(8), 1, 8), pictures(8))
    made = see(pictures(8), 1 + 1e-9, 8)
    torch.testing.assert_close(made, pictures(8), atol=1e-5, rtol=0)


def test_half_of_the_picture_is_its_middle():
    torch.testing.assert_close(see(pictures(16), 0.5, 8), pictures(16)[:, :, 4:12, 4:12], atol=1e-5, rtol=0)


def test_beyond_the_picture_its_edges_are_drawn_out():
    made = see(pictures(8), 2, 16)
    expected = torch.from_numpy(np.pad(pictures(8).numpy(), ((0, 0), (0, 0), (4, 4), (4, 4)), mode="edge"))
    torch.testing.assert_close(made, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("margin", "shares"), [(0.0, (1.0, 1.2)), (0.25, (2 / 3, 0.8))])
def test_views_are_in_sides_of_the_box_whatever_the_margin(margin, shares):
    one = ResidualVariant.model_validate(residual_variant(side=8, view=1.2, test_views=[1.0, 1.2], flip_test=True))
    assert finished_looks(one, margin).shares == pytest.approx(shares)
    assert finished_looks(one, margin).mirrored
    look = training_look(one, margin)
    assert look.shares == pytest.approx(shares[1:]) and look.side == 8 and not look.mirrored


@pytest.mark.parametrize(
    ("done", "side"), [(0.0, 12), (0.49, 12), (0.5, 20), (0.79, 20), (0.8, 16), (0.99, 16), (1.0, 16)]
)
def test_the_side_of_each_part_of_the_training(done, side):
    phases = [{"share": 0.5, "side": 12}, {"share": 0.3, "side": 20}]
    one = ResidualVariant.model_validate(residual_variant(side=16, view=1.2, progressive=phases))
    look = training_look(one, 0.25, done)
    assert (look.side, look.shares) == (side, pytest.approx((0.8,)))
    assert finished_looks(one, 0.25).side == training_look(one, 0.25).side == 16


def test_an_answer_is_the_mean_over_the_looks_and_their_mirror_images():
    images = pictures(12)
    seen = [see(images, share, 8) for share in (0.5, 0.75)]
    seen += [view.flip(3) for view in seen]
    expected = sum(FLAT(view) for view in seen).detach() / 4
    torch.testing.assert_close(predict(FLAT, images, Looks(8, (0.5, 0.75), mirrored=True)), expected)
    assert not torch.allclose(predict(FLAT, images, Looks(8, (0.5, 0.75))), expected, atol=1e-4)
