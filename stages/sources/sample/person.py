"""One person: a head of random looks that wears its mask as the label says, as a small transparent patch."""

from dataclasses import dataclass

import numpy as np

from stages.runtime.opencv import cv2
from stages.sources.sample.pen import EXTENT_UP, EXTENT_X, Colour, Pen, ellipse, scaled, varied

_FINEST_UNIT = 26  # heads are drawn at least this many pixels a face unit large and then made smaller
_SKINS = (
    (150, 180, 228),
    (170, 200, 240),
    (120, 160, 212),
    (95, 135, 190),
    (70, 105, 160),
    (50, 75, 120),
    (36, 52, 84),
)
_HAIRS = ((22, 22, 26), (30, 34, 44), (35, 50, 75), (50, 80, 120), (90, 150, 190), (150, 152, 155), (205, 208, 210))
_CLOTHES = ((40, 40, 42), (90, 60, 40), (160, 160, 165), (60, 60, 170), (130, 90, 50), (70, 120, 80), (215, 215, 220))
_MASKS = {
    "surgical": ((225, 205, 150), (232, 226, 205), (238, 238, 238), (190, 215, 160), (215, 190, 235), (205, 160, 90)),
    "cloth": ((200, 200, 205), (120, 150, 205), (90, 120, 60), (70, 60, 160), (150, 120, 90), (160, 185, 215)),
    "n95": ((235, 238, 240), (215, 222, 225), (190, 192, 195)),
    "dark": ((28, 28, 30), (60, 45, 35), (62, 60, 58), (35, 30, 48)),
    "patterned": ((220, 220, 225), (180, 170, 230), (200, 170, 110), (110, 190, 200)),
}
_MASK_SHARES = (0.53, 0.12, 0.16, 0.1, 0.09)
# Ends of uniform draws: upper edge on the midline, lower edge, half width in half faces, and slant, in face units.
_FITS = {
    "good": ((-0.02, 0.98, 0.86, 0.02), (0.17, 1.14, 0.97, 0.14)),  # over mouth and nose
    "below the nose": ((0.41, 1.02, 0.84, -0.02), (0.52, 1.18, 0.95, 0.08)),
    "below the chin": ((0.64, 1.10, 0.75, -0.22), (0.8, 1.30, 0.92, -0.08)),
}


@dataclass(frozen=True)
class Person:
    """A drawn head and shoulders.

    Attributes:
        patch: uint8 (H, W, 4), blue green red alpha, colours premultiplied by alpha.
        box: xmin, ymin, xmax, ymax of the face in pixels of the patch, tight on forehead, cheeks and chin.
        middle: x, y of the middle of the face in the patch.
        clothes: their colour.
        unit: pixels a face unit (half the height of the face).
    """

    patch: np.ndarray
    box: np.ndarray
    middle: tuple[float, float]
    clothes: Colour
    unit: float


def draw_person(label: str, size: float, rng: np.random.Generator) -> Person:
    """Draw a face about ``size`` pixels wide.

    Args:
        label: ``good`` (mask worn right), ``none`` (worn wrongly) or ``bad`` (no mask).
        size: in pixels.
        rng: all the chance there is.
    """
    width, jaw = rng.uniform((0.68, 0.02), (0.82, 0.3))
    skin, hair, clothes = (varied(rng.choice(kind), rng, 9) for kind in (_SKINS, _HAIRS, _CLOTHES))
    unit = size / (2 * width)
    fine = int(np.ceil(_FINEST_UNIT / unit))
    yaw, pitch, roll = np.clip(rng.normal(0, (0.27, 0.08, 0.1)), -0.75, 0.75)
    pen = Pen(unit * fine, width, yaw, pitch, roll)
    angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    narrow = 1 - jaw * np.clip(np.sin(angle), 0, 1) ** 2
    outline = np.stack([width * narrow * np.cos(angle), np.sin(angle)], axis=1)
    style = str(rng.choice(["short", "long", "bald", "hat"], p=[0.42, 0.32, 0.1, 0.16]))
    _draw_head(pen, outline, skin, hair, clothes, style, rng)
    _draw_lower_face(pen, label, skin, hair, style, rng)
    if rng.random() < 0.25:
        _draw_glasses(pen, rng)
    _draw_top(pen, style, hair if style != "hat" else scaled(clothes, 1.15), rng)
    patch = pen.canvas
    if fine > 1:
        patch = cv2.resize(patch, None, fx=1 / fine, fy=1 / fine, interpolation=cv2.INTER_AREA)
    sigma = size * rng.choice([0.0, 0.02, 0.045, 0.075], p=[0.45, 0.35, 0.15, 0.05])  # out of focus, most a little
    patch = cv2.GaussianBlur(patch, (0, 0), sigma) if sigma > 0.3 else patch
    face = pen.place(outline[outline[:, 1] > -0.85], flat=True) / fine
    box = np.concatenate([face.min(axis=0), face.max(axis=0)])
    return Person(patch, box, (EXTENT_X * unit, EXTENT_UP * unit), clothes, unit)


def _draw_head(
    pen: Pen, outline: np.ndarray, skin: Colour, hair: Colour, clothes: Colour, style: str, rng: np.random.Generator
) -> None:
    """Shoulders, long hair, neck, ears, skin with a shadow, eyes, brows and nose."""
    left = [(-1.75, 2.6), (-1.75, 1.9), (-1.5, 1.6), (-0.6, 1.3)]
    pen.fill([*left, *((-x, y) for x, y in reversed(left))], clothes, flat=True)
    width = pen.half_width
    if style == "long":
        bottom = rng.uniform(0.8, 1.7)
        pen.fill([*ellipse(0, -0.1, width + 0.2, 1.1)[8:], (width, bottom), (-width, bottom)], hair, flat=True)
    pen.fill([(-0.42, 0.6), (0.42, 0.6), (0.5, 1.45), (0, 1.6), (-0.5, 1.45)], scaled(skin, 0.72), flat=True)
    if style != "long":
        for side in (-1, 1):
            pen.fill(ellipse(side * width, 0.05, 0.11, 0.2), scaled(skin, 0.88), flat=True)
    pen.fill(outline, skin, flat=True)
    shade, side = rng.uniform(0.7, 0.95), rng.choice([-1, 1])
    pen.paint(ellipse(side * width * 0.75, 0.2, width * 0.3, 0.75), scaled(skin, shade), 0.6, flat=True)
    pen.paint(ellipse(0, 0.22, 0.1, 0.3), scaled(skin, 1.1), 0.7)
    opened, brow = rng.choice([0.02, 0.055, 0.08], p=[0.2, 0.5, 0.3]), rng.uniform(0.03, 0.08)
    for x in (-0.31, 0.31):
        pen.paint(ellipse(x, -0.09, 0.19, 0.13), scaled(skin, 0.75), 0.5)
        pen.fill(ellipse(x, -0.07, 0.14, opened), (215, 220, 222))
        pen.fill(ellipse(x, -0.07, min(0.065, opened), opened), (25, 30, 40))
        pen.line([(x - 0.18, -0.3), (x, -0.34), (x + 0.18, -0.3)], scaled(hair, 0.9), brow)
    side = 1 if pen.yaw >= 0 else -1
    pen.line([(side * 0.07, -0.02), (side * 0.1, 0.2), (side * 0.16, 0.33)], scaled(skin, 0.82), 0.03)
    pen.paint([(-0.16, 0.34), (0, 0.28), (0.16, 0.34), (0.08, 0.41), (-0.08, 0.41)], scaled(skin, 0.68), 0.7)


def _draw_lower_face(pen: Pen, label: str, skin: Colour, hair: Colour, style: str, rng: np.random.Generator) -> None:
    """Mouth, beard and mask, and what is mistaken for a mask or hides one: a scarf, a hand."""
    lips = scaled(varied(scaled(skin, 0.72), rng, 6), 1.05)
    if rng.random() < 0.3:
        pen.fill(ellipse(0, 0.64, 0.22, 0.12), lips)
        pen.fill(ellipse(0, 0.645, 0.16, 0.07), (30, 25, 60) if rng.random() < 0.6 else (226, 230, 233))
    else:
        pen.fill([(-0.23, 0.61), (-0.07, 0.56), (0.07, 0.56), (0.23, 0.61), (0.1, 0.67), (-0.1, 0.67)], lips)
        pen.line([(-0.23, 0.61), (0, 0.615), (0.23, 0.61)], scaled(skin, 0.45), 0.025)
    if style != "long" and rng.random() < 0.2:
        arc, low = np.linspace(0.1, np.pi - 0.1, 14), rng.uniform(1.0, 1.12)
        chin = np.stack([pen.half_width * 0.9 * np.cos(arc), low * np.sin(arc)], axis=1)
        cheeks = [(-pen.half_width * 0.72, 0.45), (0, 0.45), (pen.half_width * 0.72, 0.45)]
        pen.paint(np.vstack([chin, cheeks]), hair, rng.choice([0.35, 0.65, 0.95]))
    if rng.random() < 0.17:
        top = rng.uniform(0.9, 1.08)
        upper = [(-0.75, top), (-0.4, top + 0.12), (0, top + 0.18), (0.4, top + 0.12), (0.75, top)]
        cloth = _cloth(pen, _mask_colour(rng), rng.random() < 0.4, rng)
        pen.paint([*upper, (0.95, 1.6), (-0.95, 1.6)], cloth, flat=True)
    if label != "bad":
        wrong = "below the nose" if rng.random() < 0.55 else "below the chin"
        _draw_mask(pen, rng.uniform(*_FITS["good" if label == "good" else wrong]), rng)
    if rng.random() < (0.12 if label == "bad" else 0.05):
        _draw_hand(pen, scaled(skin, 0.93), rng)


def _draw_mask(pen: Pen, fit: np.ndarray, rng: np.random.Generator) -> None:
    """A mask of any kind, with its loops and folds; ``fit`` as in :data:`_FITS`."""
    kind = str(rng.choice(list(_MASKS), p=_MASK_SHARES))
    colour = varied(rng.choice(_MASKS[kind]), rng, 10)
    (top, bottom, side, slant), x = fit, np.linspace(-1, 1, 11)
    side, corner = side * pen.half_width, bottom - 0.32 * min(1.0, bottom - top)
    for sign in (-1, 1):
        loop = [(sign * side * 0.95, top + slant), (sign * pen.half_width * 0.98, 0.0), (sign * side * 0.9, corner)]
        pen.line(loop, scaled(colour, 0.9), 0.03)
    cup = kind == "n95"
    upper = np.stack([x * side, top + slant * np.abs(x) ** 1.3 + 0.12 * cup * x**2], axis=1)
    lower = np.stack([x * side * 0.9, bottom - (bottom - corner) * np.abs(x) ** (1.2 if cup else 2.0)], axis=1)
    pen.paint(np.vstack([upper, lower[::-1]]), _cloth(pen, colour, kind == "patterned", rng))
    if kind == "surgical":
        for share in (0.3, 0.5, 0.7):
            y = top + share * (bottom - top)
            pen.line([(-0.92 * side, y - 0.04), (0, y + 0.02), (0.92 * side, y - 0.04)], scaled(colour, 0.84), 0.025)
    elif cup:
        pen.fill(ellipse(0.15, (top + bottom) / 2 + 0.05, 0.09, 0.08), scaled(colour, 0.75))
    else:
        pen.line([(0, top), (0, bottom)], scaled(colour, 0.85), 0.025)


def _cloth(pen: Pen, colour: Colour, patterned: bool, rng: np.random.Generator) -> np.ndarray:
    """Cloth (H, W, 3), shaded downwards, with stripes or checks where it is patterned."""
    rows, columns = pen.canvas.shape[:2]
    y, x = (np.arange(count, dtype=np.float32) / np.float32(pen.unit) for count in (rows, columns))
    shade = (1.05 - np.float32(rng.uniform(0, 0.2)) * (y - EXTENT_UP))[:, None, None]
    plain, other = np.array(colour, np.float32), np.array(varied(rng.choice(_CLOTHES), rng, 40), np.float32)
    if not patterned:
        return np.broadcast_to(np.clip(plain * shade, 0, 255), (rows, columns, 3))
    angle, step = rng.uniform((0, 12), (np.pi, 26)).astype(np.float32)
    along = np.cos(angle) * x[None, :] + np.sin(angle) * y[:, None]
    across = np.cos(angle) * y[:, None] - np.sin(angle) * x[None, :]
    waves = np.sin(along * step) * (np.sin(across * step) if rng.random() < 0.6 else 1)
    share = np.clip(waves * 3 + 0.5, 0, 1)[..., None]
    return np.clip((plain * (1 - share) + other * share) * shade, 0, 255)


def _draw_hand(pen: Pen, skin: Colour, rng: np.random.Generator) -> None:
    """A hand at mouth or chin, some holding a cup, a telephone or a handkerchief."""
    x, y, lean = rng.uniform((-0.3, 0.62, -0.4), (0.3, 0.95, 0.4))
    pen.fill([(x - 0.2, y + 0.2), (x + 0.2, y + 0.2), (x + lean + 0.25, 2.2), (x + lean - 0.25, 2.2)], skin, flat=True)
    if rng.random() < 0.5:
        wide, high = rng.uniform((0.18, 0.15), (0.4, 0.35))
        thing = [(x - wide, y - high), (x + wide, y - high), (x + wide * 0.8, y + high), (x - wide * 0.8, y + high)]
        pen.fill(thing, _mask_colour(rng), flat=True)
    for finger in range(4):
        pen.fill(ellipse(x, y + 0.1 + 0.11 * finger, 0.27, 0.065), scaled(skin, 1 - 0.04 * finger), flat=True)


def _draw_glasses(pen: Pen, rng: np.random.Generator) -> None:
    """Glasses, one pair in four of them dark."""
    high, shaded = rng.uniform(0.11, 0.17), rng.random() < 0.25
    for x in (-0.31, 0.31):
        if shaded:
            pen.paint(ellipse(x, -0.06, 0.21, high), (25, 22, 22), 0.9)
        pen.line(ellipse(x, -0.06, 0.21, high), (40, 40, 45), 0.035, closed=True)
    pen.line([(-0.1, -0.08), (0.1, -0.08)], (40, 40, 45), 0.035)


def _draw_top(pen: Pen, style: str, cloth: Colour, rng: np.random.Generator) -> None:
    """What lies over the forehead: hair, a fringe, or a hat."""
    if style == "bald":
        return
    low, width = rng.uniform(-0.72, -0.5) + 0.12 * (style == "hat"), pen.half_width + 0.07
    shift = 0.25 * np.sin(pen.yaw)  # a hairline moves sideways as the head turns
    dome = ellipse(0, -0.12, width, rng.uniform(1.0, 1.15))[8:]
    pen.fill(
        [*dome, (width, low + 0.25), (0.45 + shift, low), (shift - 0.45, low), (-width, low + 0.25)], cloth, flat=True
    )
    if style != "hat" and rng.random() < 0.45:
        end = rng.uniform(-0.45, -0.25)
        pen.fill([(-0.6, low - 0.1), (0.6, low - 0.1), (0.5, end - 0.08), (0, end), (-0.55, end)], cloth)


def _mask_colour(rng: np.random.Generator) -> Colour:
    return varied(rng.choice(_MASKS[str(rng.choice(list(_MASKS)))]), rng, 16)
