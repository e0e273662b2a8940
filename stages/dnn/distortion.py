"""Random distortion of images: every epoch sees each digit a little turned, stretched, moved and bent.

Affine as usual; elastic after Simard, Steinkraus and Platt 2003 ("Best practices for convolutional neural
networks applied to visual document analysis", ICDAR), whose random field of displacements is smoothed by a
Gaussian. Here the field is drawn on a coarse grid and spread by a Gaussian, which takes 16 times fewer draws.
"""

import math

import numpy as np

from stages.params_dnn import Distortion

# Images that are distorted at once: their arrays fit the processor's cache.
ROWS = 64
# Pixels between the grid's points, and the standard deviation of the Gaussian that spreads them.
SPACING = 4


class Distorter:
    """Distorts square images of one size.

    Args:
        side: of the images, in pixels.
        distortion: how much; see :class:`stages.params.Distortion`.
    """

    def __init__(self, side: int, distortion: Distortion) -> None:
        self.side, self.distortion = side, distortion
        middle = (side - 1) / 2
        rows, columns = np.indices((side, side), dtype=np.float32) - middle
        self._grid = np.stack([columns.ravel(), rows.ravel()])  # x right, y down, from the middle
        self._spread = _spread(side)

    def distort(self, images: np.ndarray, rng: np.random.Generator) -> None:
        """Distort float32 rows (N, side * side) in place, each by its own draw. What comes in from outside is 0."""
        for start in range(0, len(images), ROWS):
            rows = images[start : start + ROWS]
            rows[:] = sample(rows.reshape(-1, self.side, self.side), *self._sources(len(rows), rng))

    def _sources(self, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw for each image where its pixels come from: x and y (count, side * side), in pixels."""
        matrices, shifts = draw_affine(count, self.distortion, rng)
        # x and y of all images each in one piece of memory: what follows goes along it.
        places = matrices.transpose(1, 0, 2) @ self._grid
        places += shifts.T[:, :, None] + np.float32((self.side - 1) / 2)
        if self.distortion.elastic:
            points = rng.standard_normal((count, 2, *self._spread.shape[1:] * 2), dtype=np.float32)
            points *= self.distortion.elastic
            bends = self._spread @ points @ self._spread.T
            places += bends.reshape(count, 2, -1).transpose(1, 0, 2)
        return places[0], places[1]


def draw_affine(count: int, distortion: Distortion, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw float32 matrices (count, 2, 2) and shifts (count, 2) that lead from a pixel to its source.

    The matrix is a rotation times a shear times a scaling of each axis. Angles, shear and shift are uniform;
    the logarithms of the scales are, so that twice as large is as likely as half.
    """
    turn = np.radians(rng.uniform(-distortion.rotate, distortion.rotate, count))
    shear = rng.uniform(-distortion.shear, distortion.shear, count)
    scale = np.exp(rng.uniform(-1, 1, (2, count)) * math.log1p(distortion.scale))
    shifts = rng.uniform(-distortion.shift, distortion.shift, (count, 2))
    cos, sin = np.cos(turn), np.sin(turn)
    # [[cos, -sin], [sin, cos]] @ [[1, shear], [0, 1]] @ diag(scale)
    first, second = np.stack([cos, sin], axis=1), np.stack([cos * shear - sin, sin * shear + cos], axis=1)
    matrices = np.stack([first * scale[0, :, None], second * scale[1, :, None]], axis=2)
    return matrices.astype(np.float32), shifts.astype(np.float32)


def sample(images: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Read ``images`` (N, side, side) at fractional places (N, places), bilinearly; outside is 0.

    Args:
        x: columns, from 0 to side - 1. ``y``: rows, likewise. Both are used up.
    """
    count, side = len(images), images.shape[1]
    # A frame of zeros around each image: a place up to one pixel outside fades out, all others read the frame.
    wide = side + 2
    framed = np.zeros((count, wide, wide), images.dtype)
    framed[:, 1:-1, 1:-1] = images
    flat = framed.reshape(-1)
    for places in (x, y):
        places += 1
        np.clip(places, 0, np.float32(wide - 1.001), out=places)  # so that the right neighbour is there
    left, top = np.floor(x), np.floor(y)
    x -= left
    y -= top
    top *= wide  # still a small whole number, which float32 holds exactly
    top += left
    corner = top.astype(np.intp)
    corner += np.arange(count)[:, None] * (wide * wide)
    upper = _between(flat, corner, x)
    corner += wide
    lower = _between(flat, corner, x)
    lower -= upper
    lower *= y
    return np.add(upper, lower, out=upper)


def _between(flat: np.ndarray, left: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The values ``share`` of the way from ``flat[left]`` to its right neighbour."""
    value, right = flat.take(left), flat[1:].take(left)
    right -= value
    right *= share
    return np.add(value, right, out=value)


def _spread(side: int) -> np.ndarray:
    """The matrix (side, points) that spreads points on a coarse line over the pixels, rows of length 1.

    So a displacement has the standard deviation of the points wherever it is.
    """
    points = np.arange(-SPACING, side + SPACING, SPACING) + SPACING / 2
    weights = np.exp(-0.5 * ((np.arange(side)[:, None] - points) / SPACING) ** 2)
    return (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype(np.float32)
