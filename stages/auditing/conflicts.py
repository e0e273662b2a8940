"""Labels that disagree: the same face, found in two copies of a photo, called by two names."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stages.auditing.pairs import Pair
from stages.auditing.photo_hashes import PhotoHash
from stages.auditing.photos import Photo, PhotoFace

COLUMNS = ("photo", "split", "label", "other", "other_split", "other_label", "overlap", "box", "other_box")
# Boxes of one face, drawn twice by hand, overlap by more than half; neighbours' boxes hardly ever do.
LEAST_OVERLAP = 0.5


def overlaps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of every box of ``first`` (N, 4) with every box of ``second`` (M, 4): (N, M)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (first, second)]
    return shared / (areas[0][:, None] + areas[1] - shared)


def match_faces(first: Photo, second: Photo, sizes: Sequence[PhotoHash]) -> list[tuple[PhotoFace, PhotoFace, float]]:
    """Faces at matching places of two copies of a photo, each at most once, with the overlap of their boxes.

    Boxes are compared as shares of their photo's width and height, so copies may differ in size.

    Source: the assignment of largest total overlap (Kuhn 1955), by SciPy's ``linear_sum_assignment``.
    """
    from scipy.optimize import linear_sum_assignment  # here: slow to load, and most data have no two copies

    shares = [
        np.array([face.box for face in photo.faces]) / [size.width, size.height, size.width, size.height]
        for photo, size in zip((first, second), sizes, strict=True)
    ]
    overlap = overlaps(*shares)
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    return [
        (first.faces[i], second.faces[j], float(overlap[i, j]))
        for i, j in zip(rows, columns, strict=True)
        if overlap[i, j] >= LEAST_OVERLAP
    ]


def find_conflicts(
    photos: Sequence[Photo], pairs: Sequence[Pair], hashes: dict[str, PhotoHash]
) -> tuple[pd.DataFrame, int]:
    """Return a row for each pair of matching faces whose labels differ, and how many faces match in all."""
    rows, matched = [], 0
    for pair in pairs:
        first, second = photos[pair.first], photos[pair.second]
        matches = match_faces(first, second, [hashes[first.file], hashes[second.file]])
        matched += len(matches)
        for face, other, overlap in matches:
            if face.label != other.label:
                one = (first.names[0], first.split, face.label, second.names[0], second.split, other.label, overlap)
                rows.append((*one, " ".join(map(str, face.box)), " ".join(map(str, other.box))))
    return pd.DataFrame(rows, columns=COLUMNS), matched
