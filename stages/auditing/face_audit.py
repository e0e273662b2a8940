"""The audit of the faces: what is counted, and which photos leak from training into the test set."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from stages.auditing.conflicts import find_conflicts
from stages.auditing.pairs import (
    TEST,
    TRAIN,
    Pair,
    across,
    check_classes_stay,
    count_pairs,
    leaking,
    pair_lines,
    refuse_across,
)
from stages.auditing.photo_hashes import BITS, PhotoHash, pair_photos
from stages.auditing.photos import Photo

# What crop_faces has counted, and belongs to what the data hide.
KNOWN = ("clipped", "missing_photos", "repaired", "skipped")
PAIR_COLUMNS = ("photo", "other", "split", "other_split", "distance", "kind", "faces", "other_faces")


@dataclass(frozen=True)
class FacesAudit:
    """What was found.

    ``leaked`` and ``left_out`` are places in ``photos``: test photos with a duplicate in training, and training
    photos that are left out of training for theirs; ``conflicts`` are faces whose labels disagree, ``matched``
    the number of faces compared for it.
    """

    photos: list[Photo]
    pairs: list[Pair]
    leaked: list[int]
    left_out: list[int]
    conflicts: pd.DataFrame
    matched: int

    @property
    def splits(self) -> list[str]:
        """The side of every photo."""
        return [photo.split for photo in self.photos]


def audit_faces(
    photos: list[Photo],
    hashes: Mapping[str, PhotoHash],
    digests: Mapping[str, str],
    duplicates: str,
    max_distance: int,
) -> FacesAudit:
    """Find duplicate photos and what follows from them.

    Args:
        photos: training before test.
        hashes, digests: perceptual hash and SHA-256 of every photo, by its safe name.
        duplicates: report, stop, or drop: leave training photos with a duplicate in the test set out of training.
        max_distance: bits of 256 in which near-duplicates may differ.

    Raises:
        InputError: with drop, a class would lose all its training faces.
    """
    bits = np.stack([hashes[photo.file].bits for photo in photos])
    pairs = pair_photos(bits, [digests[photo.file] for photo in photos], max_distance)
    splits = [photo.split for photo in photos]
    left_out = leaking(pairs, splits, TRAIN) if duplicates == "drop" else []
    out = set(left_out)
    training = [(i in out, photo.faces) for i, photo in enumerate(photos) if photo.split == TRAIN]
    check_classes_stay(
        "audit.faces.duplicates",
        [face.label for _, faces in training for face in faces],
        [dropped for dropped, faces in training for _ in faces],
    )
    conflicts, matched = find_conflicts(photos, pairs, hashes)
    return FacesAudit(photos, pairs, leaking(pairs, splits, TEST), left_out, conflicts, matched)


def refuse_leaks(audit: FacesAudit) -> None:
    """Refuse photos that are on both sides of the split.

    Raises:
        InputError: names the first pair.
    """

    def described(pair: Pair) -> str:
        first, second = (audit.photos[place].names[0][:200] for place in (pair.first, pair.second))
        alike = f"{pair.kind} duplicates ({pair.distance} of {BITS} bits differ)"
        return f"training photo {first!r} and test photo {second!r} are {alike}"

    refuse_across(across(audit.pairs, audit.splits), "faces", described)


def count_audit(audit: FacesAudit, known: Mapping[str, Any], crop_size: int) -> dict[str, Any]:
    """Return the content of audit.json.

    Args:
        known: the content of counts.json.
        crop_size: side of the crops in pixels; faces below it are enlarged.
    """
    photos, leaks = audit.photos, across(audit.pairs, audit.splits)
    in_training = {pair.first for pair in leaks}
    return {
        "photos": {split: audit.splits.count(split) for split in (TRAIN, TEST)},
        "duplicate_pairs": count_pairs(audit.pairs, audit.splits),
        "leak": {
            "train_photos": len(in_training),
            "train_faces": _faces_of([photos[i] for i in sorted(in_training)]),
            "test_photos": len(audit.leaked),
            "test_faces": _faces_of([photos[i] for i in audit.leaked]),
        },
        "left_out": {
            "photos": len(audit.left_out),
            "faces": _faces_of([photos[i] for i in audit.left_out])["all"],
        },
        "labels": {"faces_in_two_copies": audit.matched, "conflicts": len(audit.conflicts)},
        "classes": {split: _classes([p for p in photos if p.split == split], crop_size) for split in (TRAIN, TEST)},
    } | {name: known[name] for name in KNOWN}


def _faces_of(photos: Sequence[Photo]) -> dict[str, int]:
    labels = Counter(face.label for photo in photos for face in photo.faces)
    return {"all": labels.total()} | {f"of_{label}": labels[label] for label in sorted(labels)}


def _classes(photos: Sequence[Photo], crop_size: int) -> dict[str, dict[str, float]]:
    """By class: faces, their photos, most in one photo, and their shorter sides in pixels."""
    classes = {}
    for label in sorted({face.label for photo in photos for face in photo.faces}):
        counts = [sum(face.label == label for face in photo.faces) for photo in photos]
        sides = sorted(face.side for photo in photos for face in photo.faces if face.label == label)
        classes[label] = {
            "faces": len(sides),
            "photos": sum(count > 0 for count in counts),
            "most_in_one_photo": max(counts),
            "smallest_side": sides[0],
            "median_side": median(sides),
            "largest_side": sides[-1],
            "smaller_than_crop": sum(side < crop_size for side in sides),
        }
    return classes


def pair_table(audit: FacesAudit) -> pd.DataFrame:
    """A row a pair of duplicates, identical ones first: names, splits, differing bits, and faces in each."""
    rows = []
    for pair in audit.pairs:
        first, second = audit.photos[pair.first], audit.photos[pair.second]
        sides = (first.names[0], second.names[0], first.split, second.split)
        rows.append((*sides, pair.distance, pair.kind, len(first.faces), len(second.faces)))
    return pd.DataFrame(rows, columns=PAIR_COLUMNS)


def summary(audit: FacesAudit) -> str:
    """What a reader should know, in a few lines."""
    counts, leaked = count_pairs(audit.pairs, audit.splits), [audit.photos[i] for i in audit.leaked]
    lines = pair_lines(counts, "photos")
    lines.append(f"faces in two copies of a photo: {audit.matched}, with different labels: {len(audit.conflicts)}")
    if leaked:
        faces = _faces_of(leaked)
        by_class = ", ".join(f"{name.removeprefix('of_')} {n}" for name, n in faces.items() if name != "all")
        lines.append(f"the test set shares {len(leaked)} photos with training: {faces['all']} faces ({by_class})")
    if audit.left_out:
        dropped = _faces_of([audit.photos[i] for i in audit.left_out])
        lines.append(f"left out of training: {len(audit.left_out)} photos, {dropped['all']} faces")
    return "\n".join(lines)
