"""One photo: a background, people in front of it, light, blur and noise."""

from collections.abc import Sequence

import cv2
import numpy as np

from stages.sources.draw_pen import varied
from stages.sources.draw_person import Person, draw_person

SIZES = ((320, 240), (400, 300), (480, 320), (300, 400), (480, 480), (640, 427), (640, 480), (800, 533), (800, 600))
SMALLEST, LARGEST = 8, 200
"""Limits of a face box's short side, in pixels."""

Box = tuple[int, int, int, int]
_COLOURS = (
    (200, 190, 175),
    (120, 130, 140),
    (70, 75, 85),
    (150, 120, 90),
    (80, 110, 90),
    (60, 60, 110),
    (225, 225, 225),
)


def draw_photo(labels: Sequence[str], rng: np.random.Generator) -> tuple[np.ndarray, list[Box]]:
    """Draw a photo of as many people as there are labels.

    Returns:
        The photo, uint8 (H, W, 3) in OpenCV's order of colours, and a box for each label: xmin, ymin, xmax, ymax
        in whole pixels inside the photo.
    """
    small = min(len(labels) // 3, 5)  # a crowd needs room
    width, height = SIZES[rng.integers(small, len(SIZES))]
    photo = _background(width, height, rng)
    places = _places(len(labels), width, height, rng)
    boxes: list[Box] = [(0, 0, 0, 0)] * len(labels)
    # From top to bottom: shoulders then cover only what lies below every face drawn before.
    for index in np.argsort(places[:, 1] + places[:, 2] / 2, kind="stable"):
        x, y, size = places[index]
        person = draw_person(labels[index], size, rng)
        _stand(photo, person, x, y)
        _paste(photo, person, x, y)
        boxes[index] = _box(person, x, y, width, height, rng)
    return _expose(photo, rng), boxes


def _places(count: int, width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """Middle and width of ``count`` faces, (count, 3) in pixels, that overlap little; they shrink until they fit."""
    room = min(width, height) * (0.45 if count < 3 else 0.85 / np.sqrt(count))
    largest = min(LARGEST / 1.21, max(room, 12.0))  # tilted heads and loose boxes are wider than the face
    sizes = np.exp(rng.uniform(np.log(max(SMALLEST * 1.2, largest / 5)), np.log(largest), count))
    far_off = rng.random(count) < 0.04
    sizes = np.where(far_off, np.minimum(sizes, rng.uniform(SMALLEST, 2.5 * SMALLEST, count)), sizes)
    placed = np.empty((0, 3))
    for size in np.sort(sizes)[::-1]:
        while True:
            free = _free_places(placed, size, width, height, rng)
            if len(free):
                placed = np.vstack([placed, free[0]])
                break
            size = max(size * 0.85, SMALLEST * 1.2)
    return placed[rng.permutation(count)]


def _free_places(placed: np.ndarray, size: float, width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    # Half a face is about 0.5 by 0.67 of its width: the photo's edge cuts off a little of some.
    x = rng.uniform(0.46 * size, width - 0.46 * size, 60)
    y = rng.uniform(0.6 * size, height - 0.6 * size, 60)
    candidates = np.stack([x, y, np.full(60, size)], axis=1)
    reach = 0.62 * (placed[None, :, 2] + size)
    apart_x = np.abs(x[:, None] - placed[None, :, 0]) > reach
    apart_y = np.abs(y[:, None] - placed[None, :, 1]) > 1.35 * reach
    return candidates[(apart_x | apart_y).all(axis=1)]


def _stand(photo: np.ndarray, person: Person, x: float, y: float) -> None:
    """The body below the shoulders, down to the lower edge of the photo."""
    reach, top = 1.75 * person.unit, y + 1.8 * person.unit
    corners = ((x - reach, top), (x + reach, top), (x + reach, photo.shape[0]), (x - reach, photo.shape[0]))
    cv2.fillPoly(photo, [np.rint(corners).astype(np.int32)], person.clothes, cv2.LINE_AA)


def _paste(photo: np.ndarray, person: Person, x: float, y: float) -> None:
    left, top = round(x - person.middle[0]), round(y - person.middle[1])
    rows, columns = person.patch.shape[:2]
    low_y, low_x = max(top, 0), max(left, 0)
    high_y, high_x = min(top + rows, photo.shape[0]), min(left + columns, photo.shape[1])
    patch = person.patch[low_y - top : high_y - top, low_x - left : high_x - left]
    under = photo[low_y:high_y, low_x:high_x]
    through = cv2.cvtColor(255 - patch[..., 3], cv2.COLOR_GRAY2BGR)
    under[:] = cv2.add(cv2.cvtColor(patch, cv2.COLOR_BGRA2BGR), cv2.multiply(under, through, scale=1 / 255))


def _box(person: Person, x: float, y: float, width: int, height: int, rng: np.random.Generator) -> Box:
    """The face's box on the photo, as a person with a mouse would have drawn it: off by a few percent a side."""
    left, top = round(x - person.middle[0]), round(y - person.middle[1])
    xmin, ymin, xmax, ymax = person.box
    error = np.clip(rng.normal(0, 0.022, 4), -0.06, 0.06) * np.array([xmax - xmin, ymax - ymin] * 2)
    edges = np.array([xmin + left, ymin + top, xmax + left, ymax + top]) + error
    x_low, x_high = _inside(edges[0], edges[2], width)
    y_low, y_high = _inside(edges[1], edges[3], height)
    return x_low, y_low, x_high, y_high


def _inside(low: float, high: float, limit: int) -> tuple[int, int]:
    """Whole pixels from ``low`` to ``high`` between 0 and ``limit``, at least ``SMALLEST`` apart."""
    first, last = max(round(low), 0), min(round(high), limit)
    first = min(first, limit - SMALLEST)
    return first, max(last, first + SMALLEST)


def _background(width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    upper, lower = (np.array(varied(_COLOURS[rng.integers(len(_COLOURS))], rng, 25), np.float32) for _ in range(2))
    share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    photo = np.broadcast_to(upper * (1 - share) + lower * share, (height, width, 3))
    photo = np.ascontiguousarray(np.rint(photo).astype(np.uint8))
    _SCENES[rng.integers(len(_SCENES))](photo, rng)
    sigma = float(rng.choice([0.8, 2.0, 5.0]))
    return cv2.GaussianBlur(photo, (0, 0), sigma)


def _street(photo: np.ndarray, rng: np.random.Generator) -> None:
    """Houses with windows."""
    height, width = photo.shape[:2]
    left = 0
    while left < width:
        right, top = left + int(rng.integers(40, 160)), int(rng.integers(0, height // 2))
        cv2.rectangle(photo, (left, top), (right, height), _any_colour(rng), cv2.FILLED)
        light, step = _any_colour(rng), int(rng.integers(14, 34))
        for x in range(left + 6, right - 8, step):
            for y in range(top + 8, height, step):
                cv2.rectangle(photo, (x, y), (x + step // 2, y + step // 2), light, cv2.FILLED)
        left = right


def _leaves(photo: np.ndarray, rng: np.random.Generator) -> None:
    """Blots of one colour family, small and many: trees, or a crowd far off."""
    height, width = photo.shape[:2]
    base = _any_colour(rng)
    for _ in range(160):
        middle = (int(rng.integers(width)), int(rng.integers(height)))
        axes = (int(rng.integers(4, 26)), int(rng.integers(4, 26)))
        cv2.ellipse(photo, middle, axes, 0, 0, 360, varied(base, rng, 24), cv2.FILLED, cv2.LINE_AA)


def _room(photo: np.ndarray, rng: np.random.Generator) -> None:
    """Shelves, posters and lamps: upright rectangles of any colour on a wall."""
    height, width = photo.shape[:2]
    for _ in range(int(rng.integers(4, 14))):
        x, y = int(rng.integers(-30, width)), int(rng.integers(-30, height))
        size = (x + int(rng.integers(20, 140)), y + int(rng.integers(20, 160)))
        cv2.rectangle(photo, (x, y), size, _any_colour(rng), cv2.FILLED)


def _lights(photo: np.ndarray, rng: np.random.Generator) -> None:
    """Lamps out of focus at night."""
    height, width = photo.shape[:2]
    photo[:] = photo // 3
    for _ in range(30):
        middle = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(photo, middle, int(rng.integers(4, 22)), varied((150, 190, 230), rng, 45), cv2.FILLED, cv2.LINE_AA)


_SCENES = (_street, _leaves, _room, _lights)


def _any_colour(rng: np.random.Generator) -> tuple[float, float, float]:
    return varied(_COLOURS[rng.integers(len(_COLOURS))], rng, 28)


def _expose(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light from one side, a tint, exposure, contrast and the sensor's noise."""
    height, width = photo.shape[:2]
    angle, strength = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0, 0.35))
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    light = 1 + np.float32(strength) * (x[None, :] * np.float32(np.cos(angle)) + y[:, None] * np.float32(np.sin(angle)))
    gain = float(np.exp(rng.normal(0.1, 0.16))) * np.exp(rng.normal(0, 0.04, 3))
    fog = float(rng.choice([0.0, 0.15, 0.3], p=[0.85, 0.12, 0.03]))
    noise = float(rng.choice([1.0, 4.0, 9.0], p=[0.5, 0.35, 0.15]))
    light *= np.float32(1 - fog)
    above = rng.standard_normal((height, width), dtype=np.float32) * np.float32(noise) + np.float32(fog * 175)
    lit = [plane * (light * np.float32(own)) + above for plane, own in zip(cv2.split(photo), gain, strict=True)]
    return cv2.merge([np.rint(np.clip(plane, 0, 255)).astype(np.uint8) for plane in lit])
