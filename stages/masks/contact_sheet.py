"""A picture with samples of every class, to see at a glance what the networks get to see."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stages.drawing.figures import hide_axes, plt, readable
from stages.masks.crop import Face
from stages.masks.images import read_crop
from stages.runtime.errors import counted
from stages.runtime.opencv import cv2
from stages.storage.dataset import SPLITS

TILE, GAP, COLUMNS, MOST_LABELS = 64, 4, 12, 40


def draw_contact_sheet(faces: Sequence[Face], folder: Path) -> plt.Figure:
    """Draw two rows a class, training and test faces, chosen evenly along the annotations.

    Args:
        faces: what became of each; those that were cut are shown.
        folder: where the crops lie.
    """
    cut = [face for face in faces if face.crop]
    labels = sorted({face.annotation.label for face in cut})
    shown = labels[:MOST_LABELS]
    pitch = TILE + GAP
    canvas = np.full((2 * len(shown) * pitch, COLUMNS * pitch, 3), 255, np.uint8)
    figure, axes = plt.subplots(figsize=(10.5, 0.72 * 2 * len(shown) + 0.6), layout="constrained")
    for row, (label, split) in enumerate((label, split) for label in shown for split in SPLITS):
        members = [face for face in cut if (face.annotation.label, face.annotation.split) == (label, split)]
        places = np.unique(np.linspace(0, len(members) - 1, min(COLUMNS, len(members))).round().astype(int))
        for column, place in enumerate(places):
            tile = cv2.resize(read_crop(folder / members[place].crop), (TILE, TILE), interpolation=cv2.INTER_AREA)
            canvas[row * pitch : row * pitch + TILE, column * pitch : column * pitch + TILE] = tile
        text = f"{readable([label])[0][:24]}\n{split}: {counted(len(members), 'face')}"
        axes.text(-10, row * pitch + TILE / 2, text, ha="right", va="center", fontsize=9)
    axes.imshow(canvas)
    axes.set_xlim(-0.2 * canvas.shape[1], canvas.shape[1])
    hide_axes(axes)
    more = f"; {len(labels) - len(shown)} more classes are not shown" if len(labels) > len(shown) else ""
    axes.set_title(f"Samples of the cropped faces{more}", fontsize=11)
    return figure
