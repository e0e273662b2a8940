"""Augmentation: what each change may do to a picture, and that a seed decides it."""

import math

import pytest
import torch
from torch.nn.functional import interpolate

from stages.cnn.augmentation import COARSE_SIDES, augment, coarsen, cut_out, recolour, transform
from stages.cnn.views import Views, see
from stages.config.variants import Augmentation

ALL = {"flip": 0.5, "rotation": 40, "scale": 0.3, "aspect": 0.2, "shift": 0.3, "colour": 0.9, "grayscale": 0.3}
ALL |= {"low_resolution": 0.5, "cutout": 0.7}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(count: int = 12, channels: int = 3, side: int = 24) -> torch.Tensor:
    return torch.rand(count, channels, side, side, generator=seeded(9))


def whole(side: int = 24) -> Views:
    return Views(side, (1.0,))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("side", [8, 25, 48])
@pytest.mark.parametrize("strengths", [ALL, *({name: value} for name, value in ALL.items())], ids=str)
def test_shape_and_range_stay_and_the_given_pictures_too(strengths, side, channels):
    given = pictures(64, channels, side)
    before = given.clone()
    made = augment(given, Augmentation(**strengths), 0.4, whole(side), seeded())
    assert torch.equal(given, before)
    assert made.shape == given.shape and made.is_contiguous(memory_format=torch.channels_last)
    assert made.min() >= -1e-6 and made.max() <= 1 + 1e-6
    # A gray picture has no colour to lose.
    unchanged = (made - given).abs().max() < 1e-6
    assert unchanged == (channels == 1 and list(strengths) == ["grayscale"])


def test_the_seed_decides_every_pixel():
    one, same, other = (augment(pictures(), Augmentation(**ALL), 0.4, whole(), seeded(s)) for s in (3, 3, 4))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("name", ["rotation", "scale", "aspect", "shift", "colour"])
def test_each_picture_of_a_batch_is_changed_in_its_own_way(name):
    alike = pictures(1).expand(20, -1, -1, -1)
    made = augment(alike, Augmentation(**{name: ALL[name]}), 0.4, whole(), seeded())
    assert len(made.flatten(1).unique(dim=0)) == 20


def test_nothing_is_changed_or_drawn_where_nothing_is_asked_for():
    generator = seeded()
    before = generator.get_state()
    assert torch.equal(augment(pictures(), Augmentation(), 0.4, whole(), generator), pictures())
    assert torch.equal(generator.get_state(), before)


def test_a_view_is_seen_alike_whether_or_not_pictures_are_moved():
    view = Views(16, (0.6,))
    expected = see(pictures(), 0.6, 16)
    assert torch.equal(augment(pictures(), Augmentation(), 0.4, view, seeded()), expected)
    torch.testing.assert_close(transform(pictures(), Augmentation(), view, seeded()), expected)
    torch.testing.assert_close(transform(pictures(), Augmentation(flip=1.0), view, seeded()), expected.flip(3))


def test_half_of_the_pictures_are_mirrored():
    given = pictures(400, 1, 8)
    made = transform(given, Augmentation(flip=0.5), whole(8), seeded())
    flipped = (made - given.flip(3)).abs().amax((1, 2, 3)) < 1e-4
    kept = (made - given).abs().amax((1, 2, 3)) < 1e-4
    assert (flipped ^ kept).all()
    assert 0.42 < flipped.double().mean() < 0.58


def moved(x: float, y: float, **strengths: float) -> torch.Tensor:
    """Where a dot at x, y (-1 to 1) goes in 300 draws, (300, 2)."""
    side = 64
    axis = (torch.arange(side) + 0.5) * 2 / side - 1
    dot = torch.exp(-((axis - x) ** 2 + (axis[:, None] - y) ** 2) / 0.005)
    images = transform(dot.expand(300, 1, side, side), Augmentation(**strengths), whole(side), seeded())
    light = images[:, 0] / images[:, 0].sum((1, 2), keepdim=True)
    return torch.stack([(light.sum(1) * axis).sum(1), (light.sum(2) * axis).sum(1)], 1)


def test_turns_stay_within_the_angle_and_keep_the_distance():
    found = moved(0.5, 0, rotation=30)
    radius, angle = found.norm(dim=1), torch.atan2(found[:, 1], found[:, 0]) * 180 / math.pi
    torch.testing.assert_close(radius, torch.full_like(radius, 0.5), atol=0.02, rtol=0)
    assert -31 < angle.min() < -25 and 25 < angle.max() < 31


@pytest.mark.parametrize(("name", "strength", "low", "high"), [
    ("scale", 0.3, 0.5 * math.exp(-0.3), 0.5 * math.exp(0.3)),
    ("aspect", 0.3, 0.5 * math.exp(-0.3), 0.5 * math.exp(0.3)),
    ("shift", 0.2, 0.3, 0.7),
])  # fmt: skip
@pytest.mark.parametrize("axis", [0, 1])
def test_changes_of_place_go_to_their_ends_and_no_further(name, strength, low, high, axis):
    found = moved(0.5, 0.5, **{name: strength})
    along = found[:, axis]
    assert low - 0.02 < along.min() < low + 0.04
    assert high - 0.04 < along.max() < high + 0.02
    product, quotient = (found[:, 0] * found[:, 1]).std(), (found[:, 0] / found[:, 1]).std()
    assert (product < 0.02) == (name == "aspect"), "aspect alone keeps the area"
    assert (quotient < 0.02) == (name == "scale"), "scale alone keeps the proportions"


def test_coarse_pictures_are_averages_enlarged_again():
    given = pictures(200, 3, 48)
    made = coarsen(given, 0.5, seeded())
    sides = [round(share * 48) for share in COARSE_SIDES]
    assert sides == [9, 12, 15, 18, 24, 30]
    coarse = [interpolate(interpolate(given, size=side, mode="area"), size=48, mode="bilinear") for side in sides]
    fits = torch.stack([(made - one).abs().amax((1, 2, 3)) < 1e-5 for one in (given, *coarse)])
    assert (fits.sum(0) == 1).all()
    assert 0.4 < fits[0].double().mean() < 0.6
    assert (fits[1:].sum(1) > 5).all()


def test_cut_out_covers_one_rectangle_of_the_right_size():
    given = pictures(400, 3, 40).clamp(0.1, 0.9)
    made = cut_out(given, 0.5, 1.0, seeded())
    covered = (made == 1.0).all(1, keepdim=True)
    assert torch.equal(made, torch.where(covered, 1.0, given))
    heights, widths = covered.any(3).sum(2)[:, 0], covered.any(2).sum(2)[:, 0]
    assert torch.equal(heights * widths, covered.sum((1, 2, 3)))
    hit = heights > 0
    assert 0.42 < hit.double().mean() < 0.58
    assert (heights != widths).any()
    for lengths in (heights[hit], widths[hit]):
        assert (int(lengths.min()), int(lengths.max())) == (5, 16)
    assert covered.any(0).any(1).all() and covered.any(0).any(2).all(), "every row and column has its turn"


def test_tint_alone_colours_a_gray_picture_and_all_of_it_alike():
    gray = pictures(300).mean(1, keepdim=True).expand(-1, 3, -1, -1) * 0.3 + 0.3
    made = recolour(gray, 0.1, 0.0, seeded())
    ratio = made[:, 0] / made[:, 1]
    assert (ratio.amax((1, 2)) - ratio.amin((1, 2))).max() < 1e-4
    assert ratio.std() > 0.01


def test_a_quarter_of_the_pictures_lose_their_colour_and_the_others_nothing():
    given = pictures(300) * 0.2 + 0.4
    made = recolour(given, 0.0, 0.25, seeded())
    colourless = made.std(1).amax((1, 2)) < 1e-6
    assert 0.17 < colourless.double().mean() < 0.33
    gray = given.mean(1, keepdim=True).expand_as(given)
    torch.testing.assert_close(made, torch.where(colourless[:, None, None, None], gray, given), atol=1e-5, rtol=0)
