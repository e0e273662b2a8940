"""Finding what is near in a large set: all pairs of hashes or images within a distance, and the nearest neighbours."""

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

import faiss
import numpy as np

from stages.auditing.pairs import IDENTICAL, NEAR, Pair, ordered
from stages.runtime.errors import InputError
from stages.runtime.parallel import available_workers

MOST_PAIRS = 5_000_000  # that are listed
# A hash of 256 bits is cut into words, and these into parts, of 12 or 13 bits: 8,192 lists for a million hashes.
WORDS, WORD_BITS, PARTS = 4, 64, 5
BLOCK = 1 << 21  # lists that are asked for at once
# What finds the nearest five of nearly all digits without comparing whole images.
COMPONENTS, CANDIDATES, SAMPLE = 128, 64, 20_000
# The search is in float32: what it finds near the threshold is measured again exactly.
SLACK = 1e-3


def near_hashes(bits: np.ndarray, max_distance: int) -> list[tuple[int, int, int]]:
    """Return all pairs of hashes that differ in at most ``max_distance`` bits: both places and the differing bits.

    Source: multi-index hashing (Norouzi, Punjani and Fleet 2012), in two levels and by faiss's inverted lists.

    Args:
        bits: bool (N, B), B at most 256.
        max_distance: in bits.

    Raises:
        InputError: there are more than ``MOST_PAIRS``.
    """
    kinds, kind_of = np.unique(np.packbits(bits, axis=1), axis=0, return_inverse=True)
    kinds = np.unpackbits(kinds, axis=1, count=bits.shape[1]).astype(bool)
    # Numbers that add up to max_distance + 1: near hashes differ in fewer bits than its number in one word at least.
    words = np.stack([_packed(kinds[:, word::WORDS]) for word in range(WORDS)], axis=1)
    found = np.empty((0, 3), np.int64)
    for word, fewer in enumerate(_shares(max_distance + 1, WORDS)):
        ends = np.cumsum([0, *_shares(WORD_BITS, PARTS)]).tolist()
        for start, end, fewer_here in zip(ends, ends[1:], _shares(fewer, PARTS), strict=False):
            new = [found]
            for pairs in _near_words(words[:, word], range(start, end), fewer_here, fewer):
                apart = np.bitwise_count(words[pairs[:, 0]] ^ words[pairs[:, 1]]).sum(axis=1, dtype=np.int64)
                new.append(np.column_stack([pairs, apart])[apart <= max_distance])
                _check_number(sum(map(len, new[1:])), kind_of)
            found = np.unique(np.concatenate(new), axis=0)
    return _all_pairs(found, kind_of)


def _near_words(words: np.ndarray, bits: range, fewer_here: int, fewer: int) -> Iterator[np.ndarray]:
    """Yield pairs (M, 2) of words that differ in fewer than ``fewer`` bits, in ``bits`` in fewer than ``fewer_here``.

    ``words`` is uint64 (N,). Words with the same ``bits`` form a list; each list meets those whose number has few other
    bits, and of two lists the one of the lower number meets the other.
    """
    if not fewer_here:
        return
    numbers = ((words >> np.uint64(bits.start)) & np.uint64(2 ** len(bits) - 1)).astype(np.int64)
    places = np.argsort(numbers, kind="stable")  # neighbours in this order ask for the same lists
    numbers, codes = numbers[places], words[places, None].view(np.uint8)
    lists = faiss.IndexBinaryIVF(faiss.IndexBinaryFlat(WORD_BITS), WORD_BITS, 2 ** len(bits))
    lists.is_trained = True  # they need no centres: what is in which list, and which are searched, is given
    ids = np.arange(len(codes))
    lists.add_core(len(codes), faiss.swig_ptr(codes), faiss.swig_ptr(ids), faiss.swig_ptr(numbers))
    few = [flip for count in range(fewer_here) for flip in combinations(range(len(bits)), count)]
    flips = np.array([sum(1 << bit for bit in flip) for flip in few])
    lists.nprobe = len(flips)
    step = max(1, BLOCK // len(flips))
    for start in range(0, len(codes), step):
        own = numbers[start : start + step, None]
        others = np.where(own ^ flips >= own, own ^ flips, -1)
        bounds, _, there = lists.range_search_preassigned(
            codes[start : start + step], fewer, others, np.zeros(others.shape, np.int32)
        )
        here = start + np.repeat(np.arange(len(own)), np.diff(bounds.astype(np.int64)))
        pairs = places[np.column_stack([here, there])[here < there]]
        yield np.sort(pairs, axis=1)


def _packed(bits: np.ndarray) -> np.ndarray:
    """Words of at most 64 bits, bool (N, B), as uint64 (N,)."""
    padded = np.zeros((len(bits), WORD_BITS), bool)
    padded[:, : bits.shape[1]] = bits
    return np.packbits(padded, axis=1, bitorder="little").view("<u8")[:, 0]


def _shares(total: int, parts: int) -> list[int]:
    """Share ``total`` out as evenly as whole numbers can, the larger ones first."""
    return [total // parts + (part < total % parts) for part in range(parts)]


def _all_pairs(near: np.ndarray, kind_of: np.ndarray) -> list[tuple[int, int, Any]]:
    """Return all pairs of samples with their distances, in order: of each kind, and of kinds that are near (M, 3).

    Raises:
        InputError: there are more than ``MOST_PAIRS``; names the kind with the most samples.
    """
    sizes, distance = np.bincount(kind_of), near[:, 2].tolist()
    near = near[:, :2].astype(np.int64)
    _check_number(int((sizes * (sizes - 1) // 2).sum() + sizes[near].prod(axis=1).sum()), kind_of)
    members = [kind.tolist() for kind in np.split(np.argsort(kind_of, kind="stable"), np.cumsum(sizes)[:-1])]
    found = [(*pair, 0) for kind in members for pair in combinations(kind, 2)]
    for (first, second), apart in zip(near.tolist(), distance, strict=True):
        found += [(min(pair), max(pair), apart) for pair in product(members[first], members[second])]
    return sorted(found)


def _check_number(pairs: int, kind_of: np.ndarray) -> None:
    """Refuse more pairs than can be listed; their number grows as the square of a group of copies."""
    if pairs > MOST_PAIRS:
        sizes = np.bincount(kind_of)
        place = int((kind_of == sizes.argmax()).argmax())
        raise InputError(
            f"audit: more than {MOST_PAIRS:,} pairs of duplicates; sample {place} (from 0, training before test) is "
            f"there {sizes.max():,} times; take copies out of the data, or lower max_distance"
        )


def near_images(images: np.ndarray, max_distance: float, neighbours: int) -> tuple[list[Pair], np.ndarray]:
    """Return the pairs of duplicates, closest first, and the nearest others of every image.

    Args:
        images: uint8 (N, H, W).
        max_distance: how far apart near-duplicates may be, see :func:`distances`.
        neighbours: how many nearest others to return, fewer than N.

    Returns:
        pairs, and indices (N, neighbours), nearest first.

    Raises:
        InputError: there are more than ``MOST_PAIRS`` pairs.
    """
    candidates, nearest = _search(normalise(images), max_distance**2, neighbours + 1)
    contents: dict[bytes, int] = {}
    kind_of = np.array([contents.setdefault(image.tobytes(), len(contents)) for image in images])
    kinds = np.sort(kind_of[candidates], axis=1)
    kinds = np.unique(kinds[kinds[:, 0] < kinds[:, 1]], axis=0)
    firsts = np.unique(kind_of, return_index=True)[1]
    apart = distances(images[firsts[kinds[:, 0]]], images[firsts[kinds[:, 1]]])
    pairs = _all_pairs(np.column_stack([kinds, apart])[apart <= max_distance], kind_of)
    kind = {True: IDENTICAL, False: NEAR}
    found = [Pair(i, j, float(apart), kind[kind_of[i] == kind_of[j]]) for i, j, apart in pairs]
    return ordered(found), _without_self(nearest)


def _search(rows: np.ndarray, limit: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs (M, 2), among them all of squared distance up to ``limit``, and the ``count`` nearest of each row.

    Rows are first compared by their principal components and the length of what remains: their distance is then
    never larger than that of the whole rows. Whoever is not among the candidates that this finds is further away than
    the last of them; where that does not suffice, the whole row is searched for.

    Source: lower bounds as filters (Faloutsos et al. 1994), in several steps (Seidl and Kriegel 1998).
    """
    faiss.omp_set_num_threads(available_workers())
    short, whole = _components(rows), faiss.IndexFlatL2(rows.shape[1])
    index = faiss.IndexFlatL2(short.shape[1])
    index.add(short)
    whole.add(rows)
    below, places = index.search(short, min(max(CANDIDATES, 2 * count), len(rows)))
    apart = np.empty_like(below)
    whole.compute_distance_subset(
        len(rows), faiss.swig_ptr(rows), places.shape[1], faiss.swig_ptr(apart), faiss.swig_ptr(places)
    )
    by_distance = np.lexsort((places, apart))[:, :count]
    nearest = np.take_along_axis(places, by_distance, axis=1)
    furthest = np.take_along_axis(apart, by_distance[:, -1:], axis=1)[:, 0]
    unsure = np.flatnonzero(below[:, -1] <= np.maximum(furthest, limit) + SLACK)
    first, column = np.nonzero(below <= limit + SLACK)
    pairs = [np.column_stack([first, places[first, column]])]
    if len(unsure):
        bounds, _, found = whole.range_search(rows[unsure], limit + SLACK)
        pairs.append(np.column_stack([np.repeat(unsure, np.diff(bounds.astype(np.int64))), found]))
        faiss.omp_set_num_threads(1)  # else neighbours that are all but equally near change places
        nearest[unsure] = whole.search(rows[unsure], count)[1]
    return np.concatenate(pairs), nearest


def _components(rows: np.ndarray) -> np.ndarray:
    """The first principal components of rows (N, D) and the length of what these leave: float32 (N, C)."""
    centred = rows - rows.mean(axis=0)
    some = centred[:: -(-len(rows) // SAMPLE)]
    axes = np.linalg.eigh(some.T @ some)[1][:, -COMPONENTS:]
    short = centred @ axes
    rest = np.linalg.norm(centred, axis=1) ** 2 - np.linalg.norm(short, axis=1) ** 2
    return np.column_stack([short, np.sqrt(np.maximum(rest, 0))])


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
