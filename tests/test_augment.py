"""Augmentation: what every change may do to a picture, and that a seed decides it."""

import math

import pytest
import torch
from torch.nn.functional import interpolate

from stages.cnn.augment import COARSE_SIDES, augment, coarsen, cut_out, recolour, transform
from stages.cnn.views import Looks, see
from stages.params_residual import Augmentation

ALL = {"flip": 0.5, "rotation": 40, "scale": 0.3, "aspect": 0.2, "shift": 0.3, "colour": 0.9, "grayscale": 0.3}
ALL |= {"low_resolution": 0.5, "cutout": 0.7}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def settings(**strengths) -> Augmentation:
    return Augmentation.model_validate(strengths)


def pictures(count: int = 12, channels: int = 3, side: int = 24) -> torch.Tensor:
    return torch.rand(count, channels, side, side, generator=seeded(9))


def whole(side: int = 24) -> Looks:
    """A look at the whole picture, pixel by pixel."""
    return Looks(side, (1.0,))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("side", [8, 25, 48])
@pytest.mark.parametrize("strengths", [ALL, *({name: value} for name, value in ALL.items())], ids=str)
def test_shape_and_range_stay_and_the_given_pictures_too(strengths, side, channels):
    given = pictures(64, channels, side)
    before = given.clone()
    made = augment(given, settings(**strengths), 0.4, whole(side), seeded())
    assert torch.equal(given, before)
    assert made.shape == given.shape and made.is_contiguous(memory_format=torch.channels_last)
    assert made.min() >= -1e-6 and made.max() <= 1 + 1e-6
    # A gray picture has no colour to lose.
    unchanged = (made - given).abs().max() < 1e-6
    assert unchanged == (channels == 1 and list(strengths) == ["grayscale"])


def test_the_seed_decides_every_pixel():
    one, same, other = (augment(pictures(), settings(**ALL), 0.4, whole(), seeded(s)) for s in (3, 3, 4))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_nothing_is_changed_or_drawn_where_nothing_is_asked_for():
    generator = seeded()
    before = generator.get_state()
    assert torch.equal(augment(pictures(), settings(), 0.4, whole(), generator), pictures())
    assert torch.equal(generator.get_state(), before)


def test_a_flip_is_the_mirror_image():
    made = transform(pictures(), settings(flip=1.0), whole(), seeded())
    torch.testing.assert_close(made, pictures().flip(3), atol=1e-5, rtol=0)


def test_half_of_the_pictures_are_flipped():
    given = pictures(400, 1, 8)
    made = transform(given, settings(flip=0.5), whole(8), seeded())
    flipped = (made - given.flip(3)).abs().amax((1, 2, 3)) < 1e-4
    kept = (made - given).abs().amax((1, 2, 3)) < 1e-4
    assert (flipped ^ kept).all()
    assert 0.42 < flipped.double().mean() < 0.58


def dots(count: int, side: int) -> torch.Tensor:
    """A bright dot right of the middle."""
    images = torch.zeros(count, 1, side, side)
    images[:, :, side // 2 - 1 : side // 2 + 1, 3 * side // 4 - 1 : 3 * side // 4 + 1] = 1
    return images


def places(images: torch.Tensor) -> torch.Tensor:
    """Centre of the light as x, y between -1 and 1, (N, 2)."""
    side = images.shape[-1]
    axis = (torch.arange(side) + 0.5) * 2 / side - 1
    light = images[:, 0] / images[:, 0].sum((1, 2), keepdim=True)
    return torch.stack([(light.sum(1) * axis).sum(1), (light.sum(2) * axis).sum(1)], 1)


def test_a_view_is_seen_alike_whether_or_not_pictures_are_moved():
    look = Looks(16, (0.6,))
    expected = see(pictures(), 0.6, 16)
    assert torch.equal(augment(pictures(), settings(), 0.4, look, seeded()), expected)
    torch.testing.assert_close(transform(pictures(), settings(flip=1.0), look, seeded()), expected.flip(3))


def test_turns_stay_within_the_angle_and_keep_the_distance():
    found = places(transform(dots(300, 64), settings(rotation=30), whole(64), seeded()))
    radius = found.norm(dim=1)
    angle = torch.atan2(found[:, 1], found[:, 0]) * 180 / math.pi
    torch.testing.assert_close(radius, torch.full_like(radius, 0.5), atol=0.02, rtol=0)
    assert angle.abs().max() < 31 and angle.min() < -25 and angle.max() > 25


@pytest.mark.parametrize(("strengths", "low", "high"), [
    ({"scale": 0.3}, 0.5 * math.exp(-0.3), 0.5 * math.exp(0.3)), ({"shift": 0.2}, 0.3, 0.7),
])  # fmt: skip
def test_scale_and_shift_go_to_their_ends_and_no_further(strengths, low, high):
    found = places(transform(dots(300, 64), settings(**strengths), whole(64), seeded()))[:, 0]
    assert low - 0.02 < found.min() < low + 0.04
    assert high - 0.04 < found.max() < high + 0.02


def test_coarse_pictures_are_averages_enlarged_again():
    given = pictures(200, 3, 48)
    made = coarsen(given, 0.5, seeded())
    candidates = [
        interpolate(interpolate(given, size=round(share * 48), mode="area"), size=48, mode="bilinear")
        for share in COARSE_SIDES
    ]
    assert [round(share * 48) for share in COARSE_SIDES] == [9, 12, 15, 18, 24, 30]
    fits = torch.stack([(made - one).abs().amax((1, 2, 3)) < 1e-5 for one in (given, *candidates)])
    assert (fits.sum(0) == 1).all()
    assert 0.4 < fits[0].double().mean() < 0.6
    assert (fits[1:].sum(1) > 5).all()


def test_cut_out_covers_one_rectangle_of_the_right_size():
    given = pictures(400, 3, 40).clamp(0.1, 0.9)
    made = cut_out(given, 0.5, 1.0, seeded())
    covered = (made == 1.0).all(1)
    assert torch.equal(made[(~covered)[:, None].expand_as(made)], given[(~covered)[:, None].expand_as(given)])
    heights, widths = covered.any(2).sum(1), covered.any(1).sum(1)
    assert torch.equal(heights * widths, covered.sum((1, 2)))
    hit = heights > 0
    assert 0.42 < hit.double().mean() < 0.58
    for lengths in (heights[hit], widths[hit]):
        assert (int(lengths.min()), int(lengths.max())) == (5, 16)


def test_colours_change_but_gray_stays_gray():
    made = recolour(pictures(300), 0.3, 0.25, seeded())
    given_gray = pictures(300).mean(1, keepdim=True).expand(-1, 3, -1, -1)
    # Tint alone colours a gray picture: the ratio of two channels is the same all over it.
    ratio = recolour(given_gray * 0.3 + 0.3, 0.1, 0.0, seeded())
    ratio = ratio[:, 0] / ratio[:, 1]
    assert (ratio.amax((1, 2)) - ratio.amin((1, 2))).max() < 1e-4
    assert ratio.std() > 0.01
    assert (made != pictures(300)).double().mean() > 0.9
    colourless = recolour(pictures(300) * 0.2 + 0.4, 0.0, 0.25, seeded()).std(1).amax((1, 2)) < 1e-6
    assert 0.17 < colourless.double().mean() < 0.33
