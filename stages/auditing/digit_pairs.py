"""Digits that are alike: duplicates, and the nearest neighbours of every digit."""

from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import numpy as np
from threadpoolctl import threadpool_limits

from stages.auditing.pairs import IDENTICAL, NEAR, Pair
from stages.workers import available_workers

CHUNK = 1024
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

    Time grows with the square of N (17,768 digits: 3 seconds on two cores), memory with N alone.

    Args:
        images: uint8 (N, H, W).
        max_distance: how far apart near-duplicates may be, see :func:`distances`.
        neighbours: how many nearest others to return, fewer than N.

    Returns:
        pairs, and indices (N, neighbours) in no order.
    """
    rows = normalise(images)
    least = 1 - max_distance**2 / 2 - SLACK
    # One thread a product, several products at a time: so the bytes do not depend on the number of processors.
    with threadpool_limits(1), ThreadPoolExecutor(available_workers()) as pool:
        found = list(pool.map(lambda at: _compare(rows, at, least, neighbours), range(0, len(rows), CHUNK)))
    near, nearest = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return _pairs(images, near, max_distance), nearest


def _compare(rows: np.ndarray, start: int, least: float, neighbours: int) -> tuple[np.ndarray, np.ndarray]:
    """Compare a chunk of images with all, a chunk at a time.

    Returns:
        Pairs of an image of the chunk and a later one whose correlation is at least ``least``, indices (M, 2); and the
        nearest others of the chunk's images, (chunk, neighbours).
    """
    chunk = rows[start : start + CHUNK]
    best = np.full((len(chunk), neighbours), -2, np.float32)  # lower than any correlation
    nearest = np.zeros((len(chunk), neighbours), np.int64)
    near = []
    for first in range(0, len(rows), CHUNK):
        alike = chunk @ rows[first : first + CHUNK].T
        if first == start:
            np.fill_diagonal(alike, -2)  # no image is its own neighbour
        i, j = np.nonzero(alike >= least)
        near.append(np.stack([start + i, first + j], axis=1)[first + j > start + i])
        closer = np.flatnonzero(alike.max(axis=1) > best.min(axis=1))
        values = np.hstack([best[closer], alike[closer]])
        places = np.hstack([nearest[closer], np.broadcast_to(first + np.arange(alike.shape[1]), alike[closer].shape)])
        kept = np.argpartition(values, -neighbours, axis=1)[:, -neighbours:]
        best[closer] = np.take_along_axis(values, kept, axis=1)
        nearest[closer] = np.take_along_axis(places, kept, axis=1)
    return np.concatenate(near), nearest


def _pairs(images: np.ndarray, candidates: np.ndarray, max_distance: float) -> list[Pair]:
    identical = _identical(images)
    parts = [candidates[at : at + CHUNK] for at in range(0, len(candidates), CHUNK)]
    apart = [each for part in parts for each in distances(images[part[:, 0]], images[part[:, 1]])]
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
