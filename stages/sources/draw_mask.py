"""Masks of several kinds and ways to wear them, and the things that are mistaken for masks."""

from dataclasses import dataclass

import numpy as np

from stages.sources.draw_face import CLOTHES, Head
from stages.sources.draw_pen import EXTENT_UP, Colour, Pen, ellipse, scaled, varied

KINDS = ("surgical", "cloth", "n95", "dark", "patterned")
_KIND_SHARES = (0.53, 0.12, 0.16, 0.1, 0.09)
_COLOURS = {
    "surgical": ((225, 205, 150), (232, 226, 205), (238, 238, 238), (190, 215, 160), (215, 190, 235), (205, 160, 90)),
    "cloth": ((200, 200, 205), (120, 150, 205), (90, 120, 60), (70, 60, 160), (150, 120, 90), (160, 185, 215)),
    "n95": ((235, 238, 240), (215, 222, 225), (190, 192, 195)),
    "dark": ((28, 28, 30), (60, 45, 35), (62, 60, 58), (35, 30, 48)),
    "patterned": ((220, 220, 225), (180, 170, 230), (200, 170, 110), (110, 190, 200)),
}


@dataclass(frozen=True)
class Fit:
    """Where a mask sits, in face units: its upper edge on the midline, its lower one, and half its width."""

    top: float
    bottom: float
    side: float
    slant: float


def good_fit(width: float, rng: np.random.Generator) -> Fit:
    """Over mouth and nose: the upper edge lies on the bridge of the nose. ``width`` is half the face's."""
    top, bottom, side, slant = rng.uniform((-0.02, 0.98, 0.86, 0.02), (0.17, 1.14, 0.97, 0.14)).tolist()
    return Fit(top, bottom, side * width, slant)


def wrong_fit(width: float, rng: np.random.Generator) -> Fit:
    """Below the nose, or under the chin. ``width`` is half the face's."""
    if rng.random() < 0.55:
        top, bottom, side, slant = rng.uniform((0.41, 1.02, 0.84, -0.02), (0.52, 1.18, 0.95, 0.08)).tolist()
        return Fit(top, bottom, side * width, slant)
    top, high, side, slant = rng.uniform((0.64, 0.42, 0.75, -0.22), (0.8, 0.55, 0.92, -0.08)).tolist()
    return Fit(top, top + high, side * width, slant)


def draw_mask(pen: Pen, fit: Fit, rng: np.random.Generator) -> None:
    """A mask of any kind in the place that ``fit`` gives, with its loops and folds."""
    kind = str(rng.choice(KINDS, p=_KIND_SHARES))
    colours = _COLOURS[kind]
    colour = varied(colours[rng.integers(len(colours))], rng, 10)
    loop = scaled(colour, 0.9)
    for side in (-1, 1):
        ear = [(side * pen.half_width * 0.98, 0.0)]
        corners = [(side * fit.side * 0.95, fit.top + fit.slant), (side * fit.side * 0.9, _corner(fit))]
        pen.line(np.vstack([corners[:1], ear, corners[1:]]), loop, 0.03)
    shape = _outline(fit, cup=kind == "n95")
    pen.paint(shape, _texture(pen, colour, patterned=kind == "patterned", rng=rng))
    _FINISH.get(kind, _seam)(pen, fit, colour)


def _corner(fit: Fit) -> float:
    return fit.bottom - 0.32 * min(1.0, fit.bottom - fit.top)


def _outline(fit: Fit, cup: bool) -> np.ndarray:
    x = np.linspace(-1, 1, 11)
    sharp = 1.2 if cup else 2.0
    top = np.stack([x * fit.side, fit.top + fit.slant * np.abs(x) ** 1.3 + (0.12 * x**2 if cup else 0)], axis=1)
    lift = fit.bottom - _corner(fit)
    bottom = np.stack([x * fit.side * 0.9, fit.bottom - lift * np.abs(x) ** sharp], axis=1)
    return np.vstack([top, bottom[::-1]])


def _texture(pen: Pen, colour: Colour, patterned: bool, rng: np.random.Generator) -> np.ndarray:
    """Cloth (H, W, 3), shaded downwards, with stripes, checks or dots where it is patterned."""
    rows, columns = pen.canvas.shape[:2]
    y = np.arange(rows, dtype=np.float32)[:, None] / np.float32(pen.unit)
    shade = (1.05 - np.float32(rng.uniform(0, 0.2)) * (y - EXTENT_UP))[..., None]
    if not patterned:
        plain = np.clip(np.array(colour, np.float32) * shade, 0, 255)
        return np.broadcast_to(plain, (rows, columns, 3))
    x = np.arange(columns, dtype=np.float32)[None, :] / np.float32(pen.unit)
    other = np.array(varied(CLOTHES[rng.integers(len(CLOTHES))], rng, 40), np.float32)
    angle, step = float(rng.uniform(0, np.pi)), float(rng.uniform(12, 26))
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    waves = np.sin(along * step)
    kind = rng.choice(["stripes", "checks", "dots"])
    if kind == "checks":
        waves = waves * np.sin(across * step)
    elif kind == "dots":
        waves = waves + np.sin(across * step) - 0.8
    share = np.clip(waves * 3 + 0.5, 0, 1)[..., None]
    return np.clip((np.array(colour, np.float32) * (1 - share) + other * share) * shade, 0, 255)


def _pleats(pen: Pen, fit: Fit, colour: Colour) -> None:
    x = np.array([-0.92, -0.4, 0.0, 0.4, 0.92]) * fit.side
    for share in (0.3, 0.5, 0.7):
        y = fit.top + share * (fit.bottom - fit.top)
        pen.line(np.stack([x, y + np.array([-0.04, 0, 0.02, 0, -0.04])], axis=1), scaled(colour, 0.84), 0.025)
    pen.line(np.stack([x, fit.top + 0.05 + fit.slant * np.abs(x / fit.side)], axis=1), scaled(colour, 1.08), 0.03)


def _valve(pen: Pen, fit: Fit, colour: Colour) -> None:
    middle = (fit.top + fit.bottom) / 2
    pen.tint(ellipse(0, middle, fit.side * 0.4, 0.22), scaled(colour, 1.1), 0.6)
    pen.fill(ellipse(0.15, middle + 0.05, 0.09, 0.08, 12), scaled(colour, 0.75))


def _seam(pen: Pen, fit: Fit, colour: Colour) -> None:
    pen.line([(0, fit.top), (0.01, (fit.top + fit.bottom) / 2), (0, fit.bottom)], scaled(colour, 0.85), 0.025)


_FINISH = {"surgical": _pleats, "n95": _valve}


def draw_scarf(pen: Pen, rng: np.random.Generator) -> None:
    """A scarf round the neck: cloth under the chin that is no mask."""
    top = float(rng.uniform(0.9, 1.08))
    upper = [(-0.75, top), (-0.4, top + 0.12), (0, top + 0.18), (0.4, top + 0.12), (0.75, top)]
    cloth = _texture(pen, _any_mask_colour(rng), patterned=bool(rng.random() < 0.4), rng=rng)
    pen.paint([*upper, (0.95, 1.6), (-0.95, 1.6)], cloth, flat=True)


def draw_hand(pen: Pen, head: Head, rng: np.random.Generator) -> None:
    """A hand at mouth or chin, some holding a paper cup, a telephone or a handkerchief."""
    x, y = float(rng.uniform(-0.3, 0.3)), float(rng.uniform(0.62, 0.95))
    skin = scaled(head.skin, 0.93)
    lean = float(rng.uniform(-0.4, 0.4))
    pen.fill([(x - 0.2, y + 0.2), (x + 0.2, y + 0.2), (x + lean + 0.25, 2.2), (x + lean - 0.25, 2.2)], skin, flat=True)
    if rng.random() < 0.5:
        wide, high = rng.uniform(0.18, 0.4), rng.uniform(0.15, 0.35)
        thing = [(x - wide, y - high), (x + wide, y - high), (x + wide * 0.8, y + high), (x - wide * 0.8, y + high)]
        pen.fill(thing, _any_mask_colour(rng), flat=True)
    for finger in range(4):
        middle = y + 0.1 + 0.11 * finger
        pen.fill(ellipse(x, middle, 0.27, 0.065, 12), scaled(skin, 1 - 0.04 * finger), flat=True)


def _any_mask_colour(rng: np.random.Generator) -> Colour:
    colours = _COLOURS[KINDS[rng.integers(len(KINDS))]]
    return varied(colours[rng.integers(len(colours))], rng, 16)
