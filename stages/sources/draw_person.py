"""One person: a head of random looks that wears its mask as the label says, as a small transparent patch."""

from dataclasses import dataclass

import cv2
import numpy as np

from stages.sources import draw_face, draw_mask
from stages.sources.draw_pen import EXTENT_UP, EXTENT_X, Colour, Pen

_FINEST_UNIT = 26  # heads are drawn at least this many pixels a face unit large and then made smaller


@dataclass(frozen=True)
class Person:
    """A drawn head and shoulders.

    Attributes:
        patch: uint8 (H, W, 4), blue green red alpha, colours premultiplied by alpha.
        box: xmin, ymin, xmax, ymax of the face in pixels of the patch, tight on forehead, cheeks and chin.
        middle: x, y of the middle of the face in the patch.
        clothes: their colour, blue green red.
        unit: pixels a face unit (half the height of the face).
    """

    patch: np.ndarray
    box: tuple[float, float, float, float]
    middle: tuple[float, float]
    clothes: Colour
    unit: float


def draw_person(label: str, size: float, rng: np.random.Generator) -> Person:
    """Draw a face about ``size`` pixels wide.

    Args:
        label: ``good`` (mask worn right), ``none`` (worn wrongly) or ``bad`` (no mask).
    """
    head = draw_face.random_head(rng)
    unit = size / (2 * head.half_width)
    fine = int(np.ceil(_FINEST_UNIT / unit))
    yaw, pitch, roll = np.clip(rng.normal(0, (0.27, 0.08, 0.1)), -0.75, 0.75)
    pen = Pen(unit * fine, head.half_width, float(yaw), float(pitch), float(roll))
    draw_face.draw_behind(pen, head)
    draw_face.draw_face(pen, head, rng)
    _draw_lower_face(pen, head, label, rng)
    if rng.random() < 0.25:
        draw_face.draw_glasses(pen, rng)
    draw_face.draw_top(pen, head, rng)
    patch = pen.canvas
    if fine > 1:
        rows, columns = patch.shape[:2]
        patch = cv2.resize(patch, (round(columns / fine), round(rows / fine)), interpolation=cv2.INTER_AREA)
    middle = (EXTENT_X * unit, EXTENT_UP * unit)
    return Person(_soft(patch, size, rng), _box(pen, head, fine), middle, head.clothes, unit)


def _draw_lower_face(pen: Pen, head: draw_face.Head, label: str, rng: np.random.Generator) -> None:
    """Mouth, beard and mask, and what is mistaken for a mask or hides one."""
    draw_face.draw_mouth(pen, head, rng)
    if head.style not in ("long", "bob", "veil") and rng.random() < 0.2:
        draw_face.draw_beard(pen, head, rng)
    if rng.random() < 0.17:
        draw_mask.draw_scarf(pen, rng)
    if label == "good":
        draw_mask.draw_mask(pen, draw_mask.good_fit(head.half_width, rng), rng)
    elif label == "none":
        draw_mask.draw_mask(pen, draw_mask.wrong_fit(head.half_width, rng), rng)
    if rng.random() < (0.12 if label == "bad" else 0.05):
        draw_mask.draw_hand(pen, head, rng)


def _soft(patch: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    """The patch out of focus by up to a thirteenth of the face's width, most only a little."""
    sigma = size * float(rng.choice([0.0, 0.02, 0.045, 0.075], p=[0.45, 0.35, 0.15, 0.05]))
    return cv2.GaussianBlur(patch, (0, 0), sigma) if sigma > 0.3 else patch


def _box(pen: Pen, head: draw_face.Head, fine: int) -> tuple[float, float, float, float]:
    outline = head.outline()
    pixels = pen.place(outline[outline[:, 1] > -0.85], flat=True) / fine
    (xmin, ymin), (xmax, ymax) = pixels.min(axis=0).tolist(), pixels.max(axis=0).tolist()
    return xmin, ymin, xmax, ymax
