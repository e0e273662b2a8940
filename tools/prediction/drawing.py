"""A photo with boxes, labels and probabilities drawn on it."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from stages.drawing.figures import COLOURS, readable
from stages.masks.boxes import Box


def drawn(pixels: np.ndarray, boxes: Sequence[Box], classes: Sequence[str], probabilities: np.ndarray) -> Image.Image:
    """Draw a box a face in the colour of its class, with its label and probability above it.

    Args:
        pixels: uint8 (height, width, 3), blue green red.
        boxes: within the photo.
        classes: names (K,).
        probabilities: (N, K).
    """
    picture = Image.fromarray(np.ascontiguousarray(pixels[..., ::-1]))
    pen, line = ImageDraw.Draw(picture), max(2, round(min(picture.size) / 200))
    font, names = ImageFont.load_default(max(12, round(min(picture.size) / 30))), readable(classes)
    for box, chances in zip(boxes, probabilities, strict=True):
        best = int(chances.argmax())
        colour = ImageColor.getrgb(COLOURS[best % len(COLOURS)])
        pen.rectangle(tuple(box), outline=colour, width=line)
        words = f"{names[best]} {chances[best]:.0%}"
        _, _, wide, high = pen.textbbox((0, 0), words, font=font)
        top = max(0, box.ymin - high - line)
        pen.rectangle((box.xmin, top, box.xmin + wide + 2 * line, top + high + line), fill=colour)
        pen.text((box.xmin + line, top), words, fill="white", font=font)
    return picture
