"""Views of pictures: which part is seen, at how many pixels, and how several views become one answer."""

import numpy as np
import pytest
import torch
from torch import nn

from stages.cnn import model
from stages.cnn.model import predict
from stages.cnn.views import Views, finished_views, resample, see, training_view


def pictures(side: int) -> torch.Tensor:
    return torch.rand(9, 3, side, side, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def flat() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 3))


def test_a_view_of_the_whole_picture_is_the_picture():
    assert torch.equal(see(pictures(8), 1, 8), pictures(8))
    torch.testing.assert_close(see(pictures(8), 1 + 1e-9, 8), pictures(8), atol=1e-5, rtol=0)


def test_half_of_the_picture_is_its_middle():
    torch.testing.assert_close(see(pictures(16), 0.5, 8), pictures(16)[:, :, 4:12, 4:12], atol=1e-5, rtol=0)


def test_beyond_the_picture_its_edges_are_drawn_out():
    expected = np.pad(pictures(8).numpy(), ((0, 0), (0, 0), (4, 4), (4, 4)), mode="edge")
    torch.testing.assert_close(see(pictures(8), 2, 16), torch.from_numpy(expected), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("right", "down"), [(2, 0), (0, 2), (-1, 3)])
def test_a_view_further_right_and_down_shows_what_lies_there(right, down):
    matrix = torch.tensor([[1, 0, right / 4], [0, 1, down / 4]])  # a picture of 8 pixels is 2 wide
    made = resample(pictures(8), matrix.expand(9, 2, 3), 8)
    rows, columns = (torch.arange(8) + down).clamp(0, 7), (torch.arange(8) + right).clamp(0, 7)
    torch.testing.assert_close(made, pictures(8)[:, :, rows][:, :, :, columns], atol=1e-5, rtol=0)


@pytest.mark.parametrize(("margin", "shares"), [(0.0, (1.0, 1.2)), (0.25, (2 / 3, 0.8))])
def test_views_are_in_sides_of_the_box_whatever_the_margin(residual, margin, shares):
    one = residual(side=8, view=1.2, test_views=[1.0, 1.2], flip_test=True)
    finished, training = finished_views(one, margin), training_view(one, margin)
    assert finished.shares == pytest.approx(shares) and finished.mirrored
    assert training.shares == pytest.approx(shares[1:]) and not training.mirrored
    assert finished.side == training.side == 8


@pytest.mark.parametrize(
    ("done", "side"), [(0.0, 12), (0.49, 12), (0.5, 20), (0.79, 20), (0.8, 16), (0.99, 16), (1.0, 16)]
)
def test_the_side_of_each_part_of_the_training(residual, done, side):
    one = residual(side=16, progressive=[{"share": 0.5, "side": 12}, {"share": 0.3, "side": 20}])
    assert training_view(one, 0.25, done).side == side
    assert finished_views(one, 0.25).side == 16


def test_an_answer_is_the_mean_over_the_views_and_their_mirror_images(flat):
    seen = [see(pictures(12), share, 8) for share in (0.5, 0.75)]
    seen += [view.flip(3) for view in seen]
    expected = sum(flat(view) for view in seen).detach() / 4
    torch.testing.assert_close(predict(flat, pictures(12), Views(8, (0.5, 0.75), mirrored=True)), expected)
    assert not torch.allclose(predict(flat, pictures(12), Views(8, (0.5, 0.75))), expected, atol=1e-4)


def test_bytes_count_as_numbers_from_0_to_1(flat):
    images = (pictures(8) * 255).byte()
    whole = Views(8, (1.0,))
    torch.testing.assert_close(predict(flat, images, whole), predict(flat, images.double().div(255).float(), whole))


def test_an_answer_does_not_depend_on_the_batches_nor_on_dropout(flat, monkeypatch):
    network, views = nn.Sequential(nn.Dropout(0.5), flat), Views(8, (0.9,), mirrored=True)
    at_once = predict(network, pictures(8), views)
    monkeypatch.setattr(model, "EVALUATION_BATCH", 4)
    torch.testing.assert_close(predict(network, pictures(8), views), at_once)
    assert network.training, "training goes on"
