"""The audit of the faces: duplicate photos within and across the split, labels that disagree, sizes and counts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from stages.auditing.near_pairs import near_hashes
from stages.auditing.pairs import (
    IDENTICAL,
    NEAR,
    Pair,
    check_classes_stay,
    count_pairs,
    leaking,
    lines,
    ordered,
    refuse_across,
)
from stages.config.params import Params
from stages.drawing.figures import draw_mosaic, look, message_figure, plt, readable
from stages.masks.boxes import Box
from stages.masks.index import USED, read_index, read_photos
from stages.masks.photos import decode_photo
from stages.runtime.opencv import cv2
from stages.storage.dataset import SPLITS, TEST, TRAIN

IMAGES = Path("data/raw/masks/images")
PAIR_COLUMNS = ("photo", "other", "split", "other_split", "distance", "kind", "faces", "other_faces")
LABEL_COLUMNS = ("photo", "split", "label", "other", "other_split", "other_label", "overlap", "box", "other_box")
# Boxes of one face, drawn twice by hand, overlap by more than half; neighbours' boxes hardly ever do.
LEAST_OVERLAP = 0.5
MOST_CLASSES, MOST_PAIRS, PAIRS_IN_A_ROW = 8, 24, 3
THUMBNAIL = (270, 180)  # pixels, width and height
BINS = (1, 2, 3, 5, 10, 20, 50)  # upper ends of the bins "faces on one photo"


@dataclass(frozen=True)
class Photo:
    """A photo on one side of the split, with its faces there; on both sides, it is two of these.

    Attributes:
        split: train or test.
        file: its safe name.
        original: the name it came with.
        size: width and height of the upright photo, in pixels.
        sha256: of its bytes.
        phash: its perceptual hash, bool (256,).
        labels: of its faces.
        boxes: of its faces, in pixels of the upright photo.
    """

    split: str
    file: str
    original: str
    size: tuple[int, int]
    sha256: str
    phash: np.ndarray
    labels: list[str]
    boxes: list[Box]


@dataclass(frozen=True)
class Audit:
    """What was found.

    Attributes:
        photos: training before test.
        pairs: of duplicates.
        conflicts: faces of two copies of a photo whose labels differ, a row each.
        matched: how many faces stand in two copies.
        side: of the small crops, in pixels.
        max_pixels: of a photo.
    """

    photos: list[Photo]
    pairs: list[Pair]
    conflicts: pd.DataFrame
    matched: int
    side: int
    max_pixels: int

    @property
    def splits(self) -> list[str]:
        """The side of every photo."""
        return [photo.split for photo in self.photos]

    def leaked(self) -> list[str]:
        """Files of the test photos that have a duplicate in training."""
        return [self.photos[place].file for place in leaking(self.pairs, self.splits, TEST)]

    def left_out(self) -> list[str]:
        """Files of the training photos that have a duplicate in the test set.

        Raises:
            InputError: a class would lose all its training faces.
        """
        places = set(leaking(self.pairs, self.splits, TRAIN))
        faces = [
            (label, place in places)
            for place, photo in enumerate(self.photos)
            if photo.split == TRAIN
            for label in photo.labels
        ]
        check_classes_stay("masks", [label for label, _ in faces], [out for _, out in faces])
        return [self.photos[place].file for place in sorted(places)]

    def refuse_leaks(self) -> None:
        """Refuse photos that are on both sides of the split.

        Raises:
            InputError: names the first pair.
        """

        def described(pair: Pair) -> str:
            first, second = (self.photos[place].original[:200] for place in (pair.first, pair.second))
            alike = f"{pair.kind} duplicates ({pair.distance} of 256 bits differ)"
            return f"training photo {first!r} and test photo {second!r} are {alike}"

        refuse_across(self.pairs, self.splits, "masks", described)

    def counts(self) -> dict[str, Any]:
        """The content of audit.json."""
        leaked = [self.photos[place] for place in leaking(self.pairs, self.splits, TEST)]
        return {
            "duplicate_pairs": count_pairs(self.pairs, self.splits),
            "leaked_test_photos": len(leaked),
            "leaked_test_faces": _faces_of(leaked),
            "faces_in_two_copies": self.matched,
            "label_conflicts": len(self.conflicts),
            "classes": {split: self._classes(split) for split in SPLITS},
        }

    def duplicates(self) -> pd.DataFrame:
        """A row a pair of duplicates, identical ones first: names, splits, differing bits, and faces in each."""
        rows = []
        for pair in self.pairs:
            first, second = self.photos[pair.first], self.photos[pair.second]
            sides = (first.original, second.original, first.split, second.split)
            rows.append((*sides, pair.distance, pair.kind, len(first.labels), len(second.labels)))
        return pd.DataFrame(rows, columns=PAIR_COLUMNS)

    def doubtful_labels(self) -> pd.DataFrame:
        """The conflicts."""
        return self.conflicts

    def summary(self) -> str:
        """What a reader should know, in a few lines."""
        text = lines(self.pairs, self.splits, "photos")
        text.append(f"faces in two copies of a photo: {self.matched}, with different labels: {len(self.conflicts)}")
        leaked = [self.photos[place] for place in leaking(self.pairs, self.splits, TEST)]
        if leaked:
            faces = _faces_of(leaked)
            by_class = ", ".join(f"{name} {number}" for name, number in faces.items() if name != "all")
            text.append(f"the test set shares {len(leaked)} photos with training: {faces['all']} faces ({by_class})")
        return "\n".join(text)

    def draw(self) -> plt.Figure:
        """Draw the shorter sides of the faces and the number of faces on a photo, each by class, a row a split."""
        labels = Counter(label for photo in self.photos for label in photo.labels)
        shown = sorted(label for label, _ in labels.most_common(MOST_CLASSES))
        sides = [box.side for photo in self.photos for box in photo.boxes]
        edges = np.geomspace(max(1, min(sides)), max(sides) + 1, 24)
        figure, grid = plt.subplots(2, 2, figsize=(11, 6.4), layout="constrained", sharex="col")
        for row, split in zip(grid, SPLITS, strict=True):
            members = [photo for photo in self.photos if photo.split == split]
            for i, (label, name) in enumerate(zip(shown, readable(shown), strict=True)):
                own = [box.side for photo in members for box in _boxes_of(photo, label)]
                colour, text = look(i)["color"], f"{name} ({len(own):,})"
                if own:
                    weights = np.full(len(own), 1 / len(own))
                    row[0].hist(own, edges, weights=weights, histtype="step", linewidth=1.6, color=colour, label=text)
                places = np.arange(len(BINS) + 1) + (i - len(shown) / 2 + 0.5) * 0.8 / len(shown)
                counts = _binned([photo.labels.count(label) for photo in members])
                row[1].bar(places, counts, 0.8 / len(shown), color=colour, label=text)
            row[0].axvline(self.side, color="black", linewidth=0.8, linestyle=":")
            row[0].set(xscale="log", ylabel=f"{split}: share of the class")
            row[0].xaxis.set_major_formatter("{x:g}")  # the usual one writes powers as TeX, which is off for the labels
            row[1].set(ylabel=f"{split}: photos", xticks=range(len(BINS) + 1), xticklabels=_bin_names())
            row[1].legend(title="class (faces)", fontsize=8)
        grid[1, 0].set_xlabel(f"shorter side of the face in pixels (dotted: the crops' {self.side})")
        grid[1, 1].set_xlabel("faces of the class on one photo")
        return figure

    def draw_duplicates(self) -> plt.Figure:
        """Draw pairs of duplicate photos side by side, those across the split first."""
        splits = self.splits
        pairs = sorted(self.pairs, key=lambda pair: splits[pair.first] == splits[pair.second])[:MOST_PAIRS]
        if not pairs:
            return message_figure("Duplicate photos: none found")
        tiles, titles = [], []
        for pair in pairs:
            both = [self.photos[pair.first], self.photos[pair.second]]
            tiles.append(np.hstack([self._thumbnail(photo) for photo in both]))
            names = "\n".join(f"{photo.split}: {photo.file}, {len(photo.labels)} faces" for photo in both)
            titles.append(f"{pair.kind}, {pair.distance} bits\n{names}")
        size = (PAIRS_IN_A_ROW * 4.6, -(-len(pairs) // PAIRS_IN_A_ROW) * 2.3 + 0.5)
        figure, axes = plt.subplots(figsize=size, layout="constrained")
        draw_mosaic(axes, tiles, titles, PAIRS_IN_A_ROW, font_size=6.5)
        axes.set_title(
            f"Duplicate photos: {len(pairs)} of {len(self.pairs)} pairs, those across the split first", fontsize=10
        )
        return figure

    def _thumbnail(self, photo: Photo) -> np.ndarray:
        pixels = decode_photo(IMAGES / photo.file, self.max_pixels).pixels
        return cv2.resize(pixels, THUMBNAIL, interpolation=cv2.INTER_AREA)[..., ::-1]

    def _classes(self, split: str) -> dict[str, dict[str, float]]:
        """By class: faces, their photos, most in one photo, and their shorter sides in pixels."""
        photos, classes = [photo for photo in self.photos if photo.split == split], {}
        for label in sorted({label for photo in photos for label in photo.labels}):
            counts = [photo.labels.count(label) for photo in photos]
            sides = sorted(box.side for photo in photos for box in _boxes_of(photo, label))
            classes[label] = {
                "faces": len(sides),
                "photos": sum(count > 0 for count in counts),
                "most_in_one_photo": max(counts),
                "smallest_side": sides[0],
                "median_side": median(sides),
                "largest_side": sides[-1],
                "smaller_than_crop": sum(side < self.side for side in sides),
            }
        return classes


def audit(params: Params) -> Audit:
    """Find duplicate photos and what follows from them."""
    photos = read_cropped_photos()
    close = near_hashes(np.stack([photo.phash for photo in photos]), params.audit.masks.max_distance)
    pairs = ordered(
        [Pair(i, j, bits, IDENTICAL if photos[i].sha256 == photos[j].sha256 else NEAR) for i, j, bits in close]
    )
    conflicts, matched = find_conflicts(photos, pairs)
    return Audit(photos, pairs, conflicts, matched, params.crop.side, params.crop.max_pixels)


def read_cropped_photos() -> list[Photo]:
    """The photos of which faces were cut out, training before test, each by the order of its first face."""
    facts = read_photos().set_index("file")
    index = read_index()
    found = []
    for (split, file), faces in index[index["skipped"] == ""].groupby(["split", "file"], sort=False):
        of = facts.loc[file]
        bits = np.array(list(f"{int(of['phash'], 16):0256b}")) == "1"
        boxes = [Box(*map(int, row)) for row in faces[list(USED)].itertuples(index=False)]
        size = (int(of["width"]), int(of["height"]))
        found.append(Photo(split, file, of["original"], size, of["sha256"], bits, faces["label"].tolist(), boxes))
    return sorted(found, key=lambda photo: photo.split != TRAIN)


def find_conflicts(photos: Sequence[Photo], pairs: Sequence[Pair]) -> tuple[pd.DataFrame, int]:
    """Return a row for each pair of matching faces whose labels differ, and how many faces match in all."""
    rows, matched = [], 0
    for pair in pairs:
        first, second = photos[pair.first], photos[pair.second]
        for i, j, overlap in match_faces(first, second):
            matched += 1
            if first.labels[i] != second.labels[j]:
                one = (first.original, first.split, first.labels[i], second.original, second.split, second.labels[j])
                boxes = (" ".join(map(str, first.boxes[i])), " ".join(map(str, second.boxes[j])))
                rows.append((*one, overlap, *boxes))
    return pd.DataFrame(rows, columns=LABEL_COLUMNS), matched


def match_faces(first: Photo, second: Photo) -> list[tuple[int, int, float]]:
    """Faces at matching places of two copies of a photo, each at most once, with the overlap of their boxes.

    Boxes are compared as shares of their photo's width and height, so copies may differ in size.

    Source: the assignment of largest total overlap (Kuhn 1955), by SciPy's ``linear_sum_assignment``.
    """
    overlap = overlaps(*(np.array(photo.boxes) / [*photo.size, *photo.size] for photo in (first, second)))
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    found = zip(rows.tolist(), columns.tolist(), overlap[rows, columns].tolist(), strict=True)
    return [match for match in found if match[2] >= LEAST_OVERLAP]


def overlaps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of every box of ``first`` (N, 4) with every box of ``second`` (M, 4): (N, M)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (first, second)]
    return shared / (areas[0][:, None] + areas[1] - shared)


def _boxes_of(photo: Photo, label: str) -> list[Box]:
    return [box for box, own in zip(photo.boxes, photo.labels, strict=True) if own == label]


def _faces_of(photos: Sequence[Photo]) -> dict[str, int]:
    labels = Counter(label for photo in photos for label in photo.labels)
    return {"all": labels.total()} | {label: labels[label] for label in sorted(labels)}


def _binned(counts: Sequence[int]) -> np.ndarray:
    """Photos with 1, 2, 3, 4 to 5, ... faces; photos without any are left out."""
    places = np.searchsorted(BINS, [count for count in counts if count])
    return np.bincount(places, minlength=len(BINS) + 1)


def _bin_names() -> list[str]:
    lows = [1, *(high + 1 for high in BINS)]
    ranges = [str(low) if low == high else f"{low}–{high}" for low, high in zip(lows, BINS, strict=False)]
    return [*ranges, f"> {BINS[-1]}"]
