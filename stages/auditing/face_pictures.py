"""Pictures of the audit of the faces: their sizes, how many there are on a photo, and the duplicates."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from stages.auditing.face_audit import FacesAudit
from stages.auditing.pairs import TEST, TRAIN
from stages.auditing.photos import Photo
from stages.faces.decode import decode_photo
from stages.results.pictures import hide_axes, plt

MOST_CLASSES = 8
MOST_PAIRS = 24
THUMBNAIL = (270, 180)  # pixels, width and height
PAIRS_IN_A_ROW = 3
# Upper ends of the bins "faces on one photo".
BINS = (1, 2, 3, 5, 10, 20, 50)


def draw_sizes(photos: Sequence[Photo], crop_size: int) -> plt.Figure:
    """Draw the shorter sides of the faces and the number of faces on a photo, each by class, a row a split."""
    labels = Counter(face.label for photo in photos for face in photo.faces)
    shown = sorted(label for label, _ in labels.most_common(MOST_CLASSES))
    sides = [face.side for photo in photos for face in photo.faces]
    edges = np.geomspace(max(1, min(sides)), max(sides) + 1, 24)
    figure, grid = plt.subplots(2, 2, figsize=(11, 6.4), layout="constrained", sharex="col")
    for row, split in zip(grid, (TRAIN, TEST), strict=True):
        members = [photo for photo in photos if photo.split == split]
        for i, label in enumerate(shown):
            counts = [sum(face.label == label for face in photo.faces) for photo in members]
            own = [face.side for photo in members for face in photo.faces if face.label == label]
            name, colour = f"{label} ({len(own):,})", plt.cm.tab10(i)
            if own:
                weights = np.full(len(own), 1 / len(own))
                row[0].hist(own, edges, weights=weights, histtype="step", linewidth=1.6, color=colour, label=name)
            places = np.arange(len(BINS) + 1) + (i - len(shown) / 2 + 0.5) * 0.8 / len(shown)
            row[1].bar(places, _binned(counts), 0.8 / len(shown), color=colour, label=name)
        row[0].axvline(crop_size, color="black", linewidth=0.8, linestyle=":")
        row[0].set(xscale="log", ylabel=f"{split}: share of the class")
        row[0].xaxis.set_major_formatter("{x:g}")  # the usual one writes powers as TeX, which is off for the labels
        row[1].set(ylabel=f"{split}: photos", xticks=range(len(BINS) + 1), xticklabels=_bin_names())
        row[1].legend(title="class (faces)", fontsize=8)
    grid[1, 0].set_xlabel(f"shorter side of the face in pixels (dotted: the crops' {crop_size})")
    grid[1, 1].set_xlabel("faces of the class on one photo")
    return figure


def _binned(counts: Sequence[int]) -> np.ndarray:
    """Photos with 1, 2, 3, 4 to 5, ... faces; photos without any are left out."""
    places = np.searchsorted(BINS, [count for count in counts if count])
    return np.bincount(places, minlength=len(BINS) + 1)


def _bin_names() -> list[str]:
    lows = [1, *(high + 1 for high in BINS)]
    ranges = [str(low) if low == high else f"{low}–{high}" for low, high in zip(lows, BINS, strict=False)]
    return [*ranges, f"> {BINS[-1]}"]


def draw_duplicates(audit: FacesAudit, images: Path, max_pixels: int) -> plt.Figure:
    """Draw pairs of duplicate photos side by side, those across the split first."""
    splits = audit.splits
    pairs = sorted(audit.pairs, key=lambda pair: splits[pair.first] == splits[pair.second])
    shown = pairs[:MOST_PAIRS]
    if not shown:
        return plain_panel("Duplicate photos: none found")
    rows = -(-len(shown) // PAIRS_IN_A_ROW)
    size = (PAIRS_IN_A_ROW * 4.6, rows * 2.1 + 0.5)
    figure, grid = plt.subplots(rows, PAIRS_IN_A_ROW, figsize=size, layout="constrained", squeeze=False)
    hide_axes(grid)
    for axes, pair in zip(grid.flat, shown, strict=False):
        both = [audit.photos[pair.first], audit.photos[pair.second]]
        axes.imshow(np.hstack([_thumbnail(images / photo.file, max_pixels) for photo in both]))
        names = "\n".join(f"{photo.split}: {photo.file}, {len(photo.faces)} faces" for photo in both)
        axes.set_title(f"{pair.kind}, {pair.distance} bits\n{names}", fontsize=6.5)
    figure.suptitle(f"Duplicate photos: {len(shown)} of {len(pairs)} pairs, those across the split first", fontsize=10)
    return figure


def plain_panel(text: str) -> plt.Figure:
    """A panel that says that there is nothing to draw."""
    figure, axes = plt.subplots(figsize=(5, 1.2), layout="constrained")
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center")
    return figure


def _thumbnail(path: Path, max_pixels: int) -> np.ndarray:
    photo = decode_photo(path, max_pixels).pixels
    return cv2.resize(photo, THUMBNAIL, interpolation=cv2.INTER_AREA)[..., ::-1]
