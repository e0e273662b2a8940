"""A picture with samples of every class, to see at a glance what the networks get to see."""

from pathlib import Path

import numpy as np

from stages.drawing.figures import hide_axes, plt, readable
from stages.masks.faces import Faces
from stages.masks.images import read_crop
from stages.runtime.errors import counted
from stages.runtime.opencv import cv2
from stages.storage.dataset import SPLITS

TILE, GAP, COLUMNS, MOST_LABELS = 64, 4, 12, 40


def draw_contact_sheet(faces: Faces, folder: Path) -> plt.Figure:
    """Draw two rows a class, training and test faces, chosen evenly along the annotations.

    Args:
        faces: what became of each; those that were cut are shown.
        folder: where the crops lie.
    """
    rows = faces.query("SELECT label, split, COUNT(*) FROM cut GROUP BY label, split")
    counts = {(label, split): count for label, split, count in rows}
    labels = sorted({label for label, _ in counts})
    shown = labels[:MOST_LABELS]
    pitch = TILE + GAP
    canvas = np.full((2 * len(shown) * pitch, COLUMNS * pitch, 3), 255, np.uint8)
    figure, axes = plt.subplots(figsize=(10.5, 0.72 * 2 * len(shown) + 0.6), layout="constrained")
    for row, (label, split) in enumerate((label, split) for label in shown for split in SPLITS):
        count = counts.get((label, split), 0)
        places = set(np.linspace(0, count - 1, min(COLUMNS, count)).round().astype(int).tolist())
        members = faces.query("SELECT crop FROM cut WHERE label = ? AND split = ? ORDER BY id", label, split)
        chosen = (crop for place, (crop,) in enumerate(members) if place in places)
        for column, crop in enumerate(chosen):
            tile = cv2.resize(read_crop(folder / crop), (TILE, TILE), interpolation=cv2.INTER_AREA)
            canvas[row * pitch : row * pitch + TILE, column * pitch : column * pitch + TILE] = tile
        text = f"{readable([label])[0][:24]}\n{split}: {counted(count, 'face')}"
        axes.text(-10, row * pitch + TILE / 2, text, ha="right", va="center", fontsize=9)
    axes.imshow(canvas)
    axes.set_xlim(-0.2 * canvas.shape[1], canvas.shape[1])
    hide_axes(axes)
    more = f"; {len(labels) - len(shown)} more classes are not shown" if len(labels) > len(shown) else ""
    axes.set_title(f"Samples of the cropped faces{more}", fontsize=11)
    return figure
