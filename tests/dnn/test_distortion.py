"""Random distortion: geometry against SciPy, and how far it goes."""

import numpy as np
import pytest
from scipy.ndimage import affine_transform

from stages.config.variants import Distortion
from stages.dnn.distortion import ROWS, distorted, draw_affine, draw_sources

SIDE = 12


def noise(count: int = 5, *channels: int) -> np.ndarray:
    """Images of random pixels with a dark frame, as digits have."""
    images = np.zeros((count, SIDE, SIDE, *channels), np.float32)
    images[:, 2:-2, 2:-2] = np.random.default_rng(0).random((count, SIDE - 4, SIDE - 4, *channels))
    return images


def turned(images: np.ndarray, seed: int = 1, **how: float) -> np.ndarray:
    return distorted(images, np.arange(len(images)), Distortion(**how), np.random.default_rng(seed))


@pytest.mark.parametrize("channels", [(), (3,)])
def test_nothing_to_do_changes_nothing(channels):
    images = noise(ROWS + 3, *channels)
    np.testing.assert_allclose(turned(images), images, atol=1e-6)


@pytest.mark.parametrize("how", [{"shift": 5}, {"rotate": 90, "scale": 0.5, "shear": 0.5, "shift": 2}], ids=str)
def test_an_affine_distortion_is_scipys(how):
    images, middle = noise(), (SIDE - 1) / 2
    matrices, shifts = draw_affine(len(images), Distortion(**how), np.random.default_rng(1))
    for image, result, matrix, by in zip(images, turned(images, **how), matrices, shifts, strict=True):
        matrix, by = matrix[::-1, ::-1], by[::-1]  # SciPy counts rows first
        offset = middle + by - matrix @ [middle, middle]
        np.testing.assert_allclose(
            result, affine_transform(image, matrix, offset, order=1, mode="grid-constant"), atol=1e-5
        )


def test_what_comes_in_from_outside_is_dark():
    assert (turned(np.ones((50, SIDE, SIDE), np.float32), shift=3).min(axis=(1, 2)) == 0).any()
    strong = turned(noise(50), rotate=45, scale=0.5, shear=0.5, shift=5, elastic=3)
    assert strong.min() >= 0 and strong.max() <= 1 + 1e-5


def test_turning_slanting_and_moving_keep_the_amount_of_ink():
    images = np.zeros((200, 24, 24), np.float32)
    images[:, 9:15, 9:15] = 1
    ink = turned(images, rotate=30, shear=0.2, shift=2).sum(axis=(1, 2))
    np.testing.assert_allclose(ink, 36, rtol=0.05)


def test_draws_stay_within_their_bounds_and_reach_them():
    how = Distortion(rotate=20, scale=0.25, shift=3)
    matrices, shifts = draw_affine(4000, how, np.random.default_rng(0))
    angles = np.degrees(np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0]))
    scales = np.linalg.norm(matrices, axis=1)
    for values, low, high in ((angles, -20, 20), (scales, 0.8, 1.25), (shifts, -3, 3)):
        assert low - 1e-4 <= values.min() < low + 0.01 * (high - low)
        assert high + 1e-4 >= values.max() > high - 0.01 * (high - low)
    np.testing.assert_allclose((matrices[:, :, 0] * matrices[:, :, 1]).sum(axis=1), 0, atol=1e-6)  # no shear


def test_shear_slants_the_upright_by_its_tangent():
    matrices, shifts = draw_affine(4000, Distortion(shear=0.3), np.random.default_rng(0))
    assert (matrices[:, :, 0] == [1, 0]).all() and (matrices[:, 1, 1] == 1).all() and (shifts == 0).all()
    assert 0.295 < matrices[:, 0, 1].max() <= 0.3 and -0.3 <= matrices[:, 0, 1].min() < -0.295


def test_elastic_displacement_has_its_deviation_everywhere_and_is_smooth():
    still = draw_sources(1, SIDE, Distortion(), np.random.default_rng(0))
    displacement = draw_sources(4000, SIDE, Distortion(elastic=1.5), np.random.default_rng(0)) - still
    np.testing.assert_allclose(displacement.std(axis=0), 1.5, rtol=0.08)
    assert np.abs(np.diff(displacement, axis=2)).std() < 0.3 * 1.5
    assert abs(np.corrcoef(displacement[:, 0].ravel(), displacement[:, 1].ravel())[0, 1]) < 0.02  # x and y on their own


def test_every_image_draws_its_own_and_the_seed_decides():
    same = np.repeat(noise(1), 3, axis=0)
    first = turned(same, rotate=30)
    assert (first == turned(same, rotate=30)).all()
    assert (first[0] != first[1]).any()
    assert (first != turned(same, seed=2, rotate=30)).any()


def test_draws_are_dealt_out_in_the_order_given():
    same, how = np.repeat(noise(1), ROWS + 6, axis=0), Distortion(rotate=30, elastic=1)
    order = np.random.default_rng(5).permutation(len(same))
    shuffled = distorted(same, order, how, np.random.default_rng(1))
    assert (shuffled[order] == turned(same, rotate=30, elastic=1)).all()


def test_the_channels_of_a_colour_image_move_together():
    images, how = noise(5, 3), {"rotate": 30, "shift": 2, "elastic": 1}
    for channel in range(3):
        gray = turned(np.ascontiguousarray(images[..., channel]), **how)
        np.testing.assert_allclose(turned(images, **how)[..., channel], gray, atol=1e-6)
