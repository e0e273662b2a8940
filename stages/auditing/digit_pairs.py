"""Digits that are alike: duplicates, and the nearest neighbours of every digit."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from threadpoolctl import threadpool_limits

from stages.auditing.pairs import IDENTICAL, NEAR, Pair

CHUNK = 512
# The matrix product is in float32: what it finds near the threshold is measured again in float64.
SLACK = 1e-4


def normalise(images: np.ndarray, dtype: type = np.float32) -> np.ndarray:
    """Return rows (N, pixels) of mean 0 and length 1, so that neither brightness nor contrast counts.

    Images of one gray alone become rows of zeros. ``images`` is uint8 (N, H, W).
    """
    rows = images.reshape(len(images), np.prod(images.shape[1:])).astype(dtype)  # also where there is no image
    rows -= rows.mean(axis=1, keepdims=True)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


def distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Distance of each image of ``first`` to that of ``second`` beside it, float64 (N,).

    It is the Euclidean distance of the normalised images, sqrt(2 - 2 r) for the correlation r of their pixels:
    0 the same, 1.4 unrelated, 2 the negative.
    """
    return np.linalg.norm(normalise(first, np.float64) - normalise(second, np.float64), axis=1)


def compare_all(images: np.ndarray, max_distance: float, neighbours: int) -> tuple[list[Pair], np.ndarray]:
    """Return the pairs of duplicates, closest first, and the nearest others of every image.

    Args:
        images: uint8 (N, H, W).
        max_distance: how far apart near-duplicates may be, see :func:`distances`.
        neighbours: how many nearest others to return, fewer than N.

    Returns:
        pairs, and indices (N, neighbours) in no order.
    """
    rows = normalise(images)
    near, found = [], []
    # One processor: so the bytes do not depend on how many there are.
    with threadpool_limits(1):
        for start, alike in _products(rows):
            here = start + np.arange(len(alike))
            alike[np.arange(len(alike)), here] = -2  # no image is its own neighbour
            nearest = np.argpartition(alike, -neighbours, axis=1)[:, -neighbours:]
            found.append(nearest)
            i, j = np.nonzero(alike >= 1 - max_distance**2 / 2 - SLACK)
            near.append(np.stack([start + i, j], axis=1)[j > start + i])
    return _pairs(images, np.concatenate(near), max_distance), np.concatenate(found)


def _products(rows: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Correlations of a few rows at a time with all rows: the whole matrix would not fit the memory."""
    for start in range(0, len(rows), CHUNK):
        yield start, rows[start : start + CHUNK] @ rows.T


def _pairs(images: np.ndarray, candidates: np.ndarray, max_distance: float) -> list[Pair]:
    identical = _identical(images)
    apart = distances(images[candidates[:, 0]], images[candidates[:, 1]])
    near = [
        Pair(int(i), int(j), float(distance), NEAR)
        for (i, j), distance in zip(candidates, apart, strict=True)
        if distance <= max_distance and (int(i), int(j)) not in identical
    ]
    pairs = [Pair(i, j, 0.0, IDENTICAL) for i, j in identical] + near
    return sorted(pairs, key=lambda pair: (pair.kind != IDENTICAL, pair.distance, pair.first, pair.second))


def _identical(images: np.ndarray) -> set[tuple[int, int]]:
    groups: dict[bytes, list[int]] = {}
    for i, image in enumerate(images):
        groups.setdefault(image.tobytes(), []).append(i)
    return {pair for members in groups.values() for pair in combinations(members, 2)}
