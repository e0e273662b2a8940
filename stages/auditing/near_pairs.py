"""Finding what is near in a large set: all pairs of hashes or images within a distance, and the nearest neighbours."""

from itertools import combinations

import faiss
import numpy as np

from stages.auditing.pairs import IDENTICAL, NEAR, Pair, ordered
from stages.runtime.parallel import available_workers

# The search is in float32: what it finds near the threshold is measured again exactly.
SLACK = 1e-3


def near_hashes(bits: np.ndarray, max_distance: int) -> list[tuple[int, int, int]]:
    """Return all pairs of hashes that differ in at most ``max_distance`` bits: both places and the differing bits.

    Args:
        bits: bool (N, B).
        max_distance: in bits.
    """
    faiss.omp_set_num_threads(available_workers())
    packed = np.packbits(bits, axis=1)
    index = faiss.IndexBinaryFlat(bits.shape[1])
    index.add(packed)
    starts, differing, places = index.range_search(packed, max_distance + 1)  # those below the radius
    first = np.repeat(np.arange(len(bits)), np.diff(starts.astype(np.int64)))
    later = places > first
    found = (first, places, differing.astype(np.int64))
    return sorted(zip(*(each[later].tolist() for each in found), strict=True))


def near_images(images: np.ndarray, max_distance: float, neighbours: int) -> tuple[list[Pair], np.ndarray]:
    """Return the pairs of duplicates, closest first, and the nearest others of every image.

    Args:
        images: uint8 (N, H, W).
        max_distance: how far apart near-duplicates may be, see :func:`distances`.
        neighbours: how many nearest others to return, fewer than N.

    Returns:
        pairs, and indices (N, neighbours), nearest first.
    """
    rows = normalise(images)
    index = faiss.IndexFlatL2(rows.shape[1])
    index.add(rows)
    faiss.omp_set_num_threads(1)  # else neighbours that are all but equally near change places
    nearest = _without_self(index.search(rows, neighbours + 1)[1])
    faiss.omp_set_num_threads(available_workers())  # what this finds is measured again
    starts, _, places = index.range_search(rows, max_distance**2 + SLACK)
    first = np.repeat(np.arange(len(rows)), np.diff(starts.astype(np.int64)))
    candidates = np.column_stack([first, places])[places > first]
    apart = distances(images[candidates[:, 0]], images[candidates[:, 1]])
    groups: dict[bytes, list[int]] = {}
    for i, image in enumerate(images):
        groups.setdefault(image.tobytes(), []).append(i)
    identical = {pair for members in groups.values() for pair in combinations(members, 2)}
    near = [
        Pair(i, j, distance, NEAR)
        for (i, j), distance in zip(candidates.tolist(), apart.tolist(), strict=True)
        if distance <= max_distance and (i, j) not in identical
    ]
    return ordered([Pair(i, j, 0.0, IDENTICAL) for i, j in identical] + near), nearest


def normalise(images: np.ndarray, dtype: type = np.float32) -> np.ndarray:
    """Return rows (N, pixels) of mean 0 and length 1, so that neither brightness nor contrast counts.

    Images of one gray alone become rows of zeros. ``images`` is uint8 (N, H, W).
    """
    rows = images.reshape(len(images), np.prod(images.shape[1:])).astype(dtype)  # also where there is no image
    rows -= rows.mean(axis=1, keepdims=True)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


def distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Distance of each image of ``first`` to that of ``second`` beside it, float64 (N,).

    It is the Euclidean distance of the normalised images, sqrt(2 - 2 r) for the correlation r of their pixels: 0 the
    same, 1.4 unrelated, 2 the negative.
    """
    return np.linalg.norm(normalise(first, np.float64) - normalise(second, np.float64), axis=1)


def _without_self(nearest: np.ndarray) -> np.ndarray:
    """Leave each image out of its own nearest (N, k + 1): (N, k). Among many identical ones it may not be there."""
    own = nearest == np.arange(len(nearest))[:, None]
    own[~own.any(axis=1), -1] = True
    return nearest[~own].reshape(len(nearest), -1)
