"""A picture with samples of every class, to see at a glance what the networks get to see."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from stages.faces.crop import Cropped
from stages.faces.split import TEST, TRAIN

TILE, GAP = 64, 4  # pixels
TEXT_WIDTH, MARGIN, HEADER = 150, 16, 44  # pixels
COLUMNS = 12
MAX_LABELS = 40
INK, QUIET, PAPER = (30, 30, 30), (120, 120, 120), (255, 255, 255)


def draw_contact_sheet(results: Sequence[Cropped], folder: Path) -> bytes:
    """Return a PNG: two rows a class, training and test faces, chosen evenly along the annotations.

    ``folder`` is where the crops lie. The same crops give the same picture.
    """
    cut = [each for each in results if each.crop]
    labels = sorted({each.face.label for each in cut})
    pitch = TILE + GAP
    class_height = 2 * pitch + MARGIN
    shown = labels[:MAX_LABELS]
    size = (2 * MARGIN + TEXT_WIDTH + COLUMNS * pitch, HEADER + len(shown) * class_height + MARGIN)
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    more = f"; {len(labels) - len(shown)} more classes are not shown" if len(labels) > len(shown) else ""
    draw.text((MARGIN, MARGIN), f"Samples of the cropped faces{more}", INK, ImageFont.load_default(18))
    for row, label in enumerate(shown):
        top = HEADER + row * class_height + MARGIN // 2
        draw.line((MARGIN, top - MARGIN // 2, size[0] - MARGIN, top - MARGIN // 2), (225, 225, 225))
        for line, split in enumerate((TRAIN, TEST)):
            members = [each for each in cut if each.face.label == label and each.face.split == split]
            _draw_row(sheet, draw, top + line * pitch, label if line == 0 else "", split, members, folder)
    encoded = cv2.imencode(".png", np.asarray(sheet)[..., ::-1])[1]
    return encoded.tobytes()


def _draw_row(
    sheet: Image.Image,
    draw: ImageDraw.ImageDraw,
    top: int,
    title: str,
    split: str,
    members: Sequence[Cropped],
    folder: Path,
) -> None:
    """Draw the name of the class (in its first row), how many faces the split has of it, and samples."""
    draw.text((MARGIN, top + 4), _fitting(draw, title), INK, ImageFont.load_default(17))
    faces = "face" if len(members) == 1 else "faces"
    draw.text((MARGIN, top + 30), f"{split}: {len(members):,} {faces}", QUIET, ImageFont.load_default(13))
    chosen = np.unique(np.linspace(0, len(members) - 1, min(COLUMNS, len(members))).round().astype(int))
    for column, place in enumerate(chosen):
        left = MARGIN + TEXT_WIDTH + column * (TILE + GAP)
        sheet.paste(_tile(folder / members[place].crop), (left, top))


def _tile(path: Path) -> Image.Image:
    crop = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    smaller = crop.shape[0] > TILE
    resized = cv2.resize(crop, (TILE, TILE), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    return Image.fromarray(resized[..., ::-1].copy())


def _fitting(draw: ImageDraw.ImageDraw, text: str) -> str:
    """The text in one line, cut off where it is too long for its place."""
    text, font = " ".join(text.split()), ImageFont.load_default(17)
    if draw.textlength(text, font) <= TEXT_WIDTH - GAP:
        return text
    while text and draw.textlength(text + "...", font) > TEXT_WIDTH - GAP:
        text = text[:-1]
    return text + "..."
