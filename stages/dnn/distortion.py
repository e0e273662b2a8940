"""Random distortion: every epoch sees each image a little turned, stretched, slanted, moved and bent.

Affine as usual; elastic after Simard, Steinkraus and Platt 2003 ("Best practices for convolutional neural networks
applied to visual document analysis", ICDAR), whose random field of displacements is smoothed by a Gaussian. Here the
field is drawn on a coarse grid and spread by a Gaussian, which takes 16 times fewer draws.
"""

import math

import numpy as np

from stages.config.variants import Distortion
from stages.runtime.opencv import cv2

# Images whose draws are made at once: their arrays fit the processor's cache.
ROWS = 64
# Pixels between the points of the coarse grid, and the standard deviation of the Gaussian that spreads them.
SPACING = 4


def distorted(images: np.ndarray, order: np.ndarray, distortion: Distortion, rng: np.random.Generator) -> np.ndarray:
    """Return a copy of the images, each distorted by its own draw. What comes in from outside an image is 0.

    Args:
        images: float32 (N, side, side) or (N, side, side, 3).
        order: in which the draws are dealt out, indices (N,).
        distortion: how much.
        rng: draws.
    """
    outputs = np.empty_like(images)
    for start in range(0, len(order), ROWS):
        rows = order[start : start + ROWS]
        for row, (x, y) in zip(rows, draw_sources(len(rows), images.shape[1], distortion, rng), strict=True):
            outputs[row] = cv2.remap(images[row], x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return outputs


def draw_sources(count: int, side: int, distortion: Distortion, rng: np.random.Generator) -> np.ndarray:
    """Draw where the pixels of ``count`` images come from: x and y in pixels, float32 (count, 2, side, side)."""
    middle = np.float32((side - 1) / 2)
    grid = np.indices((side, side), np.float32)[::-1].reshape(2, -1) - middle  # x right, y down, from the middle
    matrices, shifts = draw_affine(count, distortion, rng)
    places = matrices @ grid + (shifts[:, :, None] + middle)
    if distortion.elastic:
        spread = spread_matrix(side)
        points = distortion.elastic * rng.standard_normal((count, 2, *spread.shape[1:] * 2), np.float32)
        places += (spread @ points @ spread.T).reshape(places.shape)
    return places.reshape(count, 2, side, side)


def draw_affine(count: int, distortion: Distortion, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw float32 matrices (count, 2, 2) and shifts (count, 2), in pixels, that lead from a pixel to its source.

    The matrix is a rotation times a shear times a scaling of each axis. Angles, shear and shift are uniform; the
    logarithms of the scales are, so that twice as large is as likely as half.
    """
    turn = np.radians(rng.uniform(-distortion.rotate, distortion.rotate, count))
    shear = rng.uniform(-distortion.shear, distortion.shear, count)
    scale = np.exp(rng.uniform(-1, 1, (2, count)) * math.log1p(distortion.scale))
    shifts = rng.uniform(-distortion.shift, distortion.shift, (count, 2))
    cos, sin = np.cos(turn), np.sin(turn)
    # [[cos, -sin], [sin, cos]] @ [[1, shear], [0, 1]] @ diag(scale)
    rows = [[cos, cos * shear - sin], [sin, sin * shear + cos]]
    matrices = (np.array(rows) * scale).transpose(2, 0, 1)
    return matrices.astype(np.float32), shifts.astype(np.float32)


def spread_matrix(side: int) -> np.ndarray:
    """The matrix (side, points) that spreads points on a coarse line over the pixels, rows of length 1.

    So a displacement has the standard deviation of the points wherever it is.
    """
    points = np.arange(-SPACING, side + SPACING, SPACING) + SPACING / 2
    weights = np.exp(-0.5 * ((np.arange(side)[:, None] - points) / SPACING) ** 2)
    return (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype(np.float32)
