"""A pen that draws on a turned head: points in face units become pixels of a small transparent patch."""

from collections.abc import Sequence

import numpy as np

from stages.runtime.opencv import cv2

Colour = tuple[float, float, float]  # blue, green, red, each 0 to 255
Points = np.ndarray | Sequence[tuple[float, float]]  # x, y of each point
EXTENT_X, EXTENT_UP, EXTENT_DOWN = 2.1, 2.0, 2.3  # what the patch spans to either side, above and below, in face units
_SHIFT = 4  # OpenCV takes sixteenths of a pixel, which is what makes small faces smooth


class Pen:
    """Draws filled shapes and lines for one head.

    Face units: the origin is the middle of the face, x to the right, y down, the chin at y = 1. The face is an
    ellipsoid of half width ``half_width``; ``yaw``, ``pitch`` and ``roll`` (radians) turn it. ``canvas`` is the patch,
    uint8 (H, W, 4), blue green red alpha, colours premultiplied by alpha; ``unit`` is the pixels that a unit takes.
    """

    def __init__(self, unit: float, half_width: float, yaw: float, pitch: float, roll: float) -> None:
        height, width = round((EXTENT_UP + EXTENT_DOWN) * unit), round(2 * EXTENT_X * unit)
        self.canvas = np.zeros((height, width, 4), np.uint8)
        self.unit, self.half_width, self.yaw, self.pitch, self.roll = unit, half_width, yaw, pitch, roll

    def place(self, points: Points, flat: bool = False) -> np.ndarray:
        """Pixels (n, 2) of points in face units: on the turned face or, if ``flat``, tilted by ``roll`` alone."""
        x, y = np.asarray(points, np.float64).T
        if not flat:
            depth = 0.8 * np.sqrt(np.clip(1 - (x / self.half_width) ** 2 - (y / 1.15) ** 2, 0, 1))
            x, y = x * np.cos(self.yaw) + depth * np.sin(self.yaw), y + depth * np.sin(self.pitch)
        sine, cosine = np.sin(self.roll), np.cos(self.roll)
        return np.stack([x * cosine - y * sine + EXTENT_X, x * sine + y * cosine + EXTENT_UP], axis=1) * self.unit

    def fill(self, points: Points, colour: Colour, flat: bool = False) -> None:
        """Fill a polygon."""
        cv2.fillPoly(self.canvas, [_fixed(self.place(points, flat))], (*colour, 255), cv2.LINE_AA, _SHIFT)

    def line(self, points: Points, colour: Colour, width: float, closed: bool = False) -> None:
        """Draw a line ``width`` face units wide, at least one pixel."""
        thickness = max(1, round(width * self.unit))
        cv2.polylines(self.canvas, [_fixed(self.place(points))], closed, (*colour, 255), thickness, cv2.LINE_AA, _SHIFT)

    def paint(self, points: Points, texture: np.ndarray | Colour, strength: float = 1.0, flat: bool = False) -> None:
        """Blend a polygon in that shows one colour, or one a pixel of ``canvas`` (H, W, 3); ``strength`` 0 to 1."""
        pixels = self.place(points, flat)
        low = np.clip(np.floor(pixels.min(axis=0)).astype(int) - 1, 0, None)
        high = np.ceil(pixels.max(axis=0)).astype(int) + 2
        here = (slice(low[1], high[1]), slice(low[0], high[0]))
        under = self.canvas[here]
        cover = np.zeros(under.shape[:2], np.uint8)
        cv2.fillPoly(cover, [_fixed(pixels - low)], 255, cv2.LINE_AA, _SHIFT)
        share = cover * np.float32(strength / 255)  # one plane at a time: far faster than four values a pixel
        values = np.asarray(texture, np.float32)
        values = values if values.ndim == 1 else values[here].transpose(2, 0, 1)
        for channel, value in enumerate((*values, np.float32(255))):
            plane = under[..., channel]
            plane[:] = np.rint(plane + (value - plane) * share)


def ellipse(x: float, y: float, radius_x: float, radius_y: float, points: int = 16) -> np.ndarray:
    """Outline (points, 2) of an upright ellipse in face units."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.stack([x + radius_x * np.cos(angle), y + radius_y * np.sin(angle)], axis=1)


def scaled(colour: Colour, factor: float) -> Colour:
    """The colour made darker (``factor`` < 1) or lighter (> 1)."""
    return tuple(np.clip(np.array(colour) * factor, 0, 255).tolist())


def varied(colour: Colour, rng: np.random.Generator, spread: float = 12.0) -> Colour:
    """The colour with a normal error of ``spread`` on every channel."""
    return tuple(np.clip(np.array(colour) + rng.normal(0, spread, 3), 0, 255).tolist())


def _fixed(pixels: np.ndarray) -> np.ndarray:
    return np.rint(pixels * (1 << _SHIFT)).astype(np.int32)
