"""Heads: skin, hair, eyes, nose, mouth, beards, glasses and hats, all drawn with a pen in face units."""

from dataclasses import dataclass

import numpy as np

from stages.sources.draw_pen import Colour, Pen, ellipse, scaled, varied

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
_HAIR_SHARES = (0.34, 0.24, 0.14, 0.08, 0.06, 0.09, 0.05)
_STYLES = ("short", "long", "bob", "bald", "cap", "beanie", "veil")
_STYLE_SHARES = (0.38, 0.2, 0.14, 0.08, 0.08, 0.06, 0.06)
CLOTHES = ((40, 40, 42), (90, 60, 40), (160, 160, 165), (60, 60, 170), (130, 90, 50), (70, 120, 80), (215, 215, 220))


@dataclass(frozen=True)
class Head:
    """What a head looks like; ``half_width`` is in face units, the height being 2."""

    half_width: float
    jaw: float
    skin: Colour
    hair: Colour
    style: str
    clothes: Colour

    def outline(self) -> np.ndarray:
        """The face without ears and hair, (32, 2) in face units; the jaw narrows towards the chin."""
        angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)
        narrow = 1 - self.jaw * np.clip(np.sin(angle), 0, 1) ** 2
        return np.stack([self.half_width * narrow * np.cos(angle), np.sin(angle)], axis=1)


def random_head(rng: np.random.Generator) -> Head:
    """A head of any skin, hair, build and clothes."""
    return Head(
        half_width=float(rng.uniform(0.68, 0.82)),
        jaw=float(rng.uniform(0.02, 0.3)),
        skin=varied(_SKINS[rng.integers(len(_SKINS))], rng, 9),
        hair=varied(_HAIRS[rng.choice(len(_HAIRS), p=_HAIR_SHARES)], rng, 6),
        style=str(rng.choice(_STYLES, p=_STYLE_SHARES)),
        clothes=varied(CLOTHES[rng.integers(len(CLOTHES))], rng, 18),
    )


def draw_behind(pen: Pen, head: Head) -> None:
    """What the face hides in part: shoulders, neck, long hair, the back of a veil."""
    left = [(-1.75, 2.6), (-1.75, 1.9), (-1.5, 1.6), (-0.6, 1.3)]
    pen.fill_upright([*left, *((-x, y) for x, y in reversed(left))], head.clothes)
    width = head.half_width
    if head.style in ("long", "bob"):
        bottom = 1.7 if head.style == "long" else 0.85
        pen.fill(_mane(width + 0.2, bottom), head.hair, flat=True)
    pen.fill([(-0.42, 0.6), (0.42, 0.6), (0.5, 1.45), (0, 1.6), (-0.5, 1.45)], scaled(head.skin, 0.72), flat=True)
    if head.style == "veil":
        pen.fill(_mane(width + 0.25, 1.6), head.clothes, flat=True)


def _mane(width: float, bottom: float) -> np.ndarray:
    arc = np.linspace(np.pi, 2 * np.pi, 14)
    top = np.stack([width * np.cos(arc), -0.1 + 1.1 * np.sin(arc)], axis=1)
    return np.vstack([top, [[width * 1.05, bottom], [-width * 1.05, bottom]]])


def draw_face(pen: Pen, head: Head, rng: np.random.Generator) -> None:
    """The bare face: skin, ear, eyes, brows and nose."""
    width, skin = head.half_width, head.skin
    for side in (-1, 1):
        if abs(pen.yaw) < 0.2 and head.style not in ("long", "veil"):
            pen.fill(ellipse(side * width, 0.05, 0.11, 0.2, 12), scaled(skin, 0.88), flat=True)
    pen.fill(head.outline(), skin, flat=True)
    shadow = float(rng.uniform(0.7, 0.95))
    side = 1 if rng.random() < 0.5 else -1
    pen.tint(ellipse(side * width * 0.75, 0.2, width * 0.3, 0.75), scaled(skin, shadow), 0.6, flat=True)
    pen.tint(ellipse(0, 0.93, width * 0.55, 0.14), scaled(skin, shadow), 0.6)
    if abs(pen.yaw) >= 0.2 and head.style not in ("long", "veil"):
        _draw_far_side(pen, head)
    pen.tint(ellipse(0, 0.22, 0.1, 0.3, 14), scaled(skin, 1.1), 0.7)
    _draw_eyes(pen, head, rng)
    _draw_nose(pen, head)


def _draw_far_side(pen: Pen, head: Head) -> None:
    """What a turned head shows behind the cheek: the ear, and hair behind it."""
    side = -np.sign(pen.yaw)
    ear = side * (head.half_width * np.cos(pen.yaw) - 0.02)
    edge = side * (head.half_width + 0.06)
    if head.style != "bald":
        hair = [(ear * 0.92, -0.6), (ear, 0.05), (ear + side * 0.1, 0.35), (edge * 0.97, 0.3), (edge, -0.6)]
        pen.fill(hair, head.hair, flat=True)
    pen.fill(ellipse(ear, 0.08, 0.1, 0.19, 12), scaled(head.skin, 0.85), flat=True)
    pen.line(ellipse(ear + side * 0.02, 0.06, 0.05, 0.11, 10), scaled(head.skin, 0.7), 0.02, flat=True, closed=True)


def _draw_eyes(pen: Pen, head: Head, rng: np.random.Generator) -> None:
    dark = scaled(head.skin, 0.35)
    opened = float(rng.choice([0.02, 0.055, 0.08], p=[0.2, 0.5, 0.3]))
    brow = float(rng.uniform(0.03, 0.08))
    for x in (-0.31, 0.31):
        pen.tint(ellipse(x, -0.09, 0.19, 0.13, 12), scaled(head.skin, 0.75), 0.5)
        pen.fill(ellipse(x, -0.07, 0.14, opened, 14), (215, 220, 222))
        pen.fill(ellipse(x, -0.07, min(0.065, opened), opened, 10), (25, 30, 40))
        pen.line([(x - 0.15, -0.05), (x, -0.08 - opened), (x + 0.15, -0.05)], dark, 0.035)
        tilt = 0.05 if x > 0 else -0.05
        pen.line([(x - 0.18, -0.28 - tilt), (x, -0.33), (x + 0.18, -0.28 + tilt)], scaled(head.hair, 0.9), brow)


def _draw_nose(pen: Pen, head: Head) -> None:
    side = 1 if pen.yaw >= 0 else -1
    dark = scaled(head.skin, 0.68)
    pen.line([(side * 0.07, -0.02), (side * 0.1, 0.2), (side * 0.16, 0.33)], scaled(head.skin, 0.82), 0.03)
    pen.tint([(-0.16, 0.34), (0, 0.28), (0.16, 0.34), (0.08, 0.41), (-0.08, 0.41)], dark, 0.7)
    for x in (-0.075, 0.075):
        pen.fill(ellipse(x, 0.38, 0.035, 0.02, 8), scaled(head.skin, 0.4))


def draw_mouth(pen: Pen, head: Head, rng: np.random.Generator) -> None:
    """A mouth: closed, smiling or wide open."""
    lips = varied(scaled(head.skin, 0.72), rng, 6)
    lips = (lips[0], lips[1] * 0.85, min(lips[2] * 1.15, 255.0))
    kind = rng.choice(["closed", "smile", "open"], p=[0.55, 0.25, 0.2])
    if kind == "open":
        pen.fill(ellipse(0, 0.64, 0.2, 0.13), lips)
        pen.fill(ellipse(0, 0.645, 0.15, 0.085), (30, 25, 60))
        pen.fill([(-0.11, 0.58), (0.11, 0.58), (0.09, 0.62), (-0.09, 0.62)], (225, 230, 232))
    elif kind == "smile":
        pen.fill([(-0.3, 0.55), (0, 0.6), (0.3, 0.55), (0.16, 0.69), (0, 0.72), (-0.16, 0.69)], lips)
        pen.fill([(-0.22, 0.575), (0, 0.61), (0.22, 0.575), (0.1, 0.65), (-0.1, 0.65)], (228, 232, 235))
    else:
        pen.fill([(-0.23, 0.61), (-0.07, 0.56), (0.07, 0.56), (0.23, 0.61), (0.1, 0.67), (-0.1, 0.67)], lips)
        pen.line([(-0.23, 0.61), (0, 0.615), (0.23, 0.61)], scaled(head.skin, 0.45), 0.025)


def draw_beard(pen: Pen, head: Head, rng: np.random.Generator) -> None:
    """A beard round the chin, from stubble to full: the lower half of a face may be dark or white without a mask."""
    width = head.half_width
    arc = np.linspace(0.1, np.pi - 0.1, 14)
    narrow = 1 - head.jaw * np.sin(arc) ** 2
    chin = np.stack([width * narrow * np.cos(arc), np.sin(arc) * float(rng.uniform(1.0, 1.12))], axis=1)
    cheeks = [(-width * 0.72, 0.45), (-0.28, 0.47), (0, 0.44), (0.28, 0.47), (width * 0.72, 0.45)]
    strength = float(rng.choice([0.35, 0.65, 0.95]))
    pen.tint(np.vstack([chin, cheeks]), head.hair, strength)


def draw_glasses(pen: Pen, rng: np.random.Generator) -> None:
    """Glasses, one pair in four of them dark."""
    frame = varied((40, 40, 45), rng, 20)
    high = float(rng.uniform(0.11, 0.17))
    shaded = rng.random() < 0.25
    for x in (-0.31, 0.31):
        lens = ellipse(x, -0.06, 0.21, high, 14)
        if shaded:
            pen.tint(lens, (25, 22, 22), 0.9)
        pen.line(lens, frame, 0.035, closed=True)
    pen.line([(-0.1, -0.08), (0.1, -0.08)], frame, 0.035)


def draw_top(pen: Pen, head: Head, rng: np.random.Generator) -> None:
    """What lies over the forehead: hair, a fringe, a hat, the rim of a veil."""
    if head.style == "bald":
        return
    hairy = head.style in ("short", "long", "bob")
    low = float(rng.uniform(-0.72, -0.5)) + (0.0 if hairy else 0.12)
    cloth = head.hair if hairy else scaled(head.clothes, 1.15)
    pen.fill(_dome(pen, head.half_width + 0.07, low, float(rng.uniform(1.0, 1.15))), cloth, flat=True)
    if hairy and rng.random() < 0.45:
        end = float(rng.uniform(-0.45, -0.25))
        fringe = [(-0.6, low - 0.1), (0.6, low - 0.1), (0.5, end - 0.08), (0.1, end), (-0.2, end - 0.06), (-0.55, end)]
        pen.fill(fringe, cloth)
    if head.style == "cap":
        upper = [(-0.62, low), (0, low - 0.06), (0.62, low)]
        pen.fill([*upper, (0.5, low + 0.17), (0, low + 0.22), (-0.5, low + 0.17)], scaled(cloth, 0.7))
    if head.style in ("long", "veil"):
        for edge in (-head.half_width, head.half_width):
            inner = [(edge * 0.9, -0.35), (edge * 0.86, 0.4), (edge * 0.93, 1.05)]
            pen.fill([(edge * 1.1, -0.5), *inner, (edge * 1.25, 1.1)], cloth, flat=True)


def _dome(pen: Pen, width: float, low: float, high: float) -> np.ndarray:
    """The top of the head down to a hairline at ``low``, which moves sideways as the head turns."""
    arc = np.linspace(np.pi, 2 * np.pi, 16)
    dome = np.stack([width * np.cos(arc), -0.12 + high * np.sin(arc)], axis=1)
    shift = 0.25 * np.sin(pen.yaw)
    middle = [(0.45 + shift, low + 0.02), (shift, low), (-0.45 + shift, low + 0.05)]
    return np.vstack([dome, [(width * 0.88, low + 0.25), *middle, (-width * 0.88, low + 0.25)]])
