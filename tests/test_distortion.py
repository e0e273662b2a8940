"""Random distortion: geometry by hand and against SciPy, and how far it goes."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from stages.dnn import distortion
from stages.dnn.distortion import Distorter, draw_affine, sample
from stages.params_dnn import Distortion

SIDE = 12


def images(count: int = 5, seed: int = 0) -> np.ndarray:
    """Noise with a dark frame, as digits have."""
    noise = np.zeros((count, SIDE, SIDE), np.float32)
    noise[:, 2:-2, 2:-2] = np.random.default_rng(seed).random((count, SIDE - 4, SIDE - 4))
    return noise


def distorted(pictures: np.ndarray, seed: int = 1, **how: float) -> np.ndarray:
    rows = pictures.reshape(len(pictures), -1).copy()
    Distorter(SIDE, Distortion(**how)).distort(rows, np.random.default_rng(seed))
    return rows.reshape(pictures.shape)


def test_sampling_is_scipys_bilinear_interpolation():
    pictures, rng = images(), np.random.default_rng(2)
    x, y = rng.uniform(-4, SIDE + 3, (2, 5, 50)).astype(np.float32)
    expected = [
        map_coordinates(picture, [rows, columns], order=1, mode="grid-constant", cval=0)
        for picture, rows, columns in zip(pictures, y, x, strict=True)
    ]
    np.testing.assert_allclose(sample(pictures, x.copy(), y.copy()), expected, atol=1e-5)


def test_nothing_to_do_changes_nothing():
    np.testing.assert_allclose(distorted(images()), images(), atol=1e-6)


@pytest.mark.parametrize(
    ("matrix", "shift", "expected"),
    [
        ([[1, 0], [0, 1]], [2, 0], lambda picture: np.roll(picture, -2, axis=1)),
        ([[1, 0], [0, 1]], [0, -1], lambda picture: np.roll(picture, 1, axis=0)),
        ([[0, -1], [1, 0]], [0, 0], lambda picture: np.rot90(picture)),
        ([[-1, 0], [0, 1]], [0, 0], lambda picture: picture[:, ::-1]),
    ],
)
def test_whole_moves_by_hand(matrix, shift, expected, monkeypatch):
    drawn = np.array([matrix] * 5, np.float32), np.array([shift] * 5, np.float32)
    monkeypatch.setattr(distortion, "draw_affine", lambda *_: drawn)
    np.testing.assert_allclose(distorted(images()), [expected(picture) for picture in images()], atol=1e-5)


def test_affine_draws_stay_within_their_bounds_and_reach_them():
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
    assert 0.295 < np.abs(matrices[:, 0, 1]).max() <= 0.3


def test_turn_and_shear_together_keep_every_area():
    matrices, _ = draw_affine(400, Distortion(rotate=90, shear=0.8), np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.det(matrices), 1, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(matrices[:, :, 0], axis=1), 1, rtol=1e-5)


def test_elastic_displacement_has_its_deviation_everywhere_and_is_smooth():
    still = Distorter(SIDE, Distortion())._sources(1, np.random.default_rng(0))
    moved = Distorter(SIDE, Distortion(elastic=1.5))._sources(4000, np.random.default_rng(0))
    for before, after in zip(still, moved, strict=True):
        displacement = (after - before).reshape(-1, SIDE, SIDE)
        np.testing.assert_allclose(displacement.std(axis=0), 1.5, rtol=0.08)
        assert np.abs(np.diff(displacement, axis=1)).std() < 0.3 * 1.5
    assert abs(np.corrcoef(moved[0].ravel(), (moved[1] - still[1]).ravel())[0, 1]) < 0.02  # x and y on their own


def test_every_image_and_every_call_draws_its_own_and_the_seed_decides():
    same = np.repeat(images(1), 3, axis=0)
    first = distorted(same, rotate=30)
    assert (first == distorted(same, rotate=30)).all()
    assert (first[0] != first[1]).any()
    assert (first != distorted(same, seed=2, rotate=30)).any()


def test_more_images_than_one_block(monkeypatch):
    monkeypatch.setattr(distortion, "ROWS", 2)
    np.testing.assert_allclose(distorted(images()), images(), atol=1e-6)


def test_values_stay_between_ink_and_paper():
    strong = distorted(images(50), rotate=45, scale=0.5, shear=0.5, shift=5, elastic=3)
    assert strong.min() >= 0 and strong.max() <= 1 + 1e-5
