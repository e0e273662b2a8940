"""A photo with boxes, labels and probabilities drawn on it."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from stages.drawing.figures import COLOURS, readable
from tools.prediction.asking import Found


def drawn(pixels: np.ndarray, found: Sequence[Found]) -> Image.Image:
    """Draw a box a face in the colour of its class, with its number, label and probability above it.

    Args:
        pixels: uint8 (height, width, 3), blue green red.
        found: of one variant, in the order of the table, which numbers them.
    """
    picture = Image.fromarray(np.ascontiguousarray(pixels[..., ::-1]))
    pen, line = ImageDraw.Draw(picture), max(2, round(min(picture.size) / 200))
    font = ImageFont.load_default(max(12, round(min(picture.size) / 30)))
    for number, one in enumerate(found, 1):
        classes, box = list(one.probabilities), one.box
        colour = ImageColor.getrgb(COLOURS[classes.index(one.label) % len(COLOURS)])
        pen.rectangle(tuple(box), outline=colour, width=line)
        words = f"{number} {readable([one.label])[0]} {one.probabilities[one.label]:.0%}"
        _, _, wide, high = pen.textbbox((0, 0), words, font=font)
        top = max(0, box.ymin - high - line)
        pen.rectangle((box.xmin, top, box.xmin + wide + 2 * line, top + high + line), fill=colour)
        pen.text((box.xmin + line, top), words, fill="white", font=font)
    return picture
