"""Perceptual hashes: photos that were resized, saved again or slightly cut still look alike to them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import imagehash
import numpy as np
from PIL import Image
from threadpoolctl import threadpool_limits

from stages.auditing.pairs import IDENTICAL, NEAR, Pair
from stages.errors import InputError
from stages.faces.decode import PhotoError, decode_photo
from stages.faces.photos import file_size
from stages.workers import available_workers

SIDE = 16
BITS = SIDE * SIDE
SHRUNK = 256  # pixels
CHUNK = 1024  # hashes that are compared at a time


@dataclass(frozen=True)
class PhotoHash:
    """``bits``: bool (256,); ``width`` and ``height`` of the upright photo in pixels."""

    bits: np.ndarray
    width: int
    height: int


def hash_photo(path: Path, max_pixels: int) -> PhotoHash:
    """Return the pHash of a photo: signs of its lowest 16 x 16 cosine frequencies, less their median.

    Source: ``phash`` of the library imagehash, after C. Zauner, "Implementation and Benchmarking of Perceptual
    Image Hash Functions" (2010).

    Raises:
        InputError: the photo cannot be decoded.
    """
    try:
        photo = decode_photo(path, max_pixels).pixels
    except PhotoError as error:
        raise InputError(f"{path}: {error}; run `dvc repro crop_faces`") from None
    # The hash shrinks to 64 x 64 by Lanczos, slow on whole photos; shrinking by area first changes few bits.
    gray = cv2.resize(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY), (SHRUNK, SHRUNK), interpolation=cv2.INTER_AREA)
    bits = imagehash.phash(Image.fromarray(gray), hash_size=SIDE).hash.ravel()
    return PhotoHash(bits, photo.shape[1], photo.shape[0])


def hash_photos(images: Path, files: Sequence[str], max_pixels: int) -> dict[str, PhotoHash]:
    """Hash each of ``files`` in the folder ``images``, several at a time; the result is by file."""
    wanted = sorted(set(files), key=lambda file: (-file_size(images / file), file))  # none large left for the end
    cv2.setNumThreads(1)  # one thread a photo
    with ThreadPoolExecutor(available_workers()) as pool:
        hashes = pool.map(lambda file: hash_photo(images / file, max_pixels), wanted)
        return dict(zip(wanted, hashes, strict=True))


def pair_photos(bits: np.ndarray, digests: Sequence[str], max_distance: int) -> list[Pair]:
    """Return the pairs with the same digest, or at most ``max_distance`` differing bits, closest first.

    Args:
        bits: hashes, bool (N, 256).
        digests: of the files' bytes (N).
    """
    signs = np.where(bits, np.float32(1), np.float32(-1))
    with threadpool_limits(1), ThreadPoolExecutor(available_workers()) as pool:
        found = pool.map(lambda start: _close(signs, start, max_distance), range(0, len(bits), CHUNK))
        pairs = [
            Pair(first, other, distance, IDENTICAL if digests[first] == digests[other] else NEAR)
            for close in found
            for first, other, distance in close.tolist()
        ]
    return sorted(pairs, key=lambda pair: (pair.kind != IDENTICAL, pair.distance, pair.first, pair.second))


def _close(signs: np.ndarray, start: int, max_distance: int) -> np.ndarray:
    """Compare a chunk of hashes with those behind it: the close ones' places and differing bits, (M, 3).

    The products are whole numbers up to 256, which float32 holds exactly: its matrix product is many times as fast as
    that of whole numbers.
    """
    found = [np.empty((0, 3), np.int64)]
    for first in range(start, len(signs), CHUNK):
        distances = (BITS - signs[start : start + CHUNK] @ signs[first : first + CHUNK].T) / 2
        i, j = np.nonzero(distances <= max_distance)
        close = np.stack([start + i, first + j, distances[i, j].astype(np.int64)], axis=1)
        found.append(close[close[:, 1] > close[:, 0]])
    return np.concatenate(found)
