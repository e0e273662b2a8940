"""One photo: a background, people in front of it, light, blur and noise."""

from collections.abc import Sequence

import numpy as np

from stages.runtime.opencv import cv2
from stages.sources.sample.pen import varied
from stages.sources.sample.person import Person, draw_person

SIZES = ((320, 240), (400, 300), (480, 320), (300, 400), (480, 480), (640, 427), (640, 480), (800, 533), (800, 600))
SMALLEST, LARGEST = 8, 200  # limits of a face box's short side, in pixels
_COLOURS = (
    (200, 190, 175), (120, 130, 140), (70, 75, 85), (150, 120, 90), (80, 110, 90), (60, 60, 110), (225, 225, 225),
)  # fmt: skip


def draw_photo(labels: Sequence[str], rng: np.random.Generator) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Draw a photo of as many people as there are labels.

    Returns:
        The photo, uint8 (H, W, 3) in OpenCV's order of colours, and a box for each label: xmin, ymin, xmax, ymax in
        whole pixels inside the photo.
    """
    width, height = SIZES[rng.integers(min(len(labels) // 3, 5), len(SIZES))]  # a crowd needs room
    photo, places = _background(width, height, rng), _places(len(labels), width, height, rng)
    boxes: list[tuple[int, ...]] = [()] * len(labels)
    # From top to bottom: shoulders then cover only what lies below every face drawn before.
    for index in np.argsort(places[:, 1] + places[:, 2] / 2, kind="stable"):
        x, y, size = places[index]
        person = draw_person(labels[index], size, rng)
        left, top = round(x - person.middle[0]), round(y - person.middle[1])
        reach, low = round(1.75 * person.unit), round(y + 1.8 * person.unit)
        cv2.rectangle(photo, (round(x) - reach, low), (round(x) + reach, height), person.clothes, cv2.FILLED)
        _paste(photo, person.patch, left, top)
        boxes[index] = _box(person, left, top, width, height, rng)
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
            # Half a face is about 0.5 by 0.67 of its width: the photo's edge cuts off a little of some.
            x = rng.uniform(0.46 * size, width - 0.46 * size, 60)
            y = rng.uniform(0.6 * size, height - 0.6 * size, 60)
            reach = 0.62 * (placed[:, 2] + size)
            apart = np.abs(x[:, None] - placed[:, 0]) > reach
            free = (apart | (np.abs(y[:, None] - placed[:, 1]) > 1.35 * reach)).all(axis=1)
            if free.any():
                placed = np.vstack([placed, (x[free][0], y[free][0], size)])
                break
            size = max(size * 0.85, SMALLEST * 1.2)
    return placed[rng.permutation(count)]


def _paste(photo: np.ndarray, patch: np.ndarray, left: int, top: int) -> None:
    low_y, low_x = max(top, 0), max(left, 0)
    under = photo[low_y : top + patch.shape[0], low_x : left + patch.shape[1]]
    patch = patch[low_y - top :, low_x - left :][: under.shape[0], : under.shape[1]]
    through = cv2.cvtColor(255 - patch[..., 3], cv2.COLOR_GRAY2BGR)
    under[:] = cv2.add(np.ascontiguousarray(patch[..., :3]), cv2.multiply(under, through, scale=1 / 255))


def _box(person: Person, left: int, top: int, width: int, height: int, rng: np.random.Generator) -> tuple[int, ...]:
    """The face's box on the photo, as a person with a mouse would have drawn it: off by a few percent a side."""
    xmin, ymin, xmax, ymax = person.box
    error = np.clip(rng.normal(0, 0.022, 4), -0.06, 0.06) * ([xmax - xmin, ymax - ymin] * 2)
    edges = person.box + error + np.array([left, top, left, top])
    low = np.clip(np.rint(edges[:2]), 0, [width - SMALLEST, height - SMALLEST])
    high = np.maximum(np.minimum(np.rint(edges[2:]), [width, height]), low + SMALLEST)
    return tuple(int(value) for value in (*low, *high))


def _background(width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """Houses, shelves and posters, or trees and lamps, more or less out of focus."""
    upper, lower = (np.array(_any_colour(rng)) for _ in range(2))
    share = np.linspace(0, 1, height)[:, None, None]
    photo = np.rint(np.broadcast_to(upper * (1 - share) + lower * share, (height, width, 3))).astype(np.uint8)
    if rng.random() < 0.25:
        photo //= 3  # at night
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(8, 60))):
            x, y, wide, high = rng.integers((-30, -30, 8, 8), (width, height, 140, 160)).tolist()
            cv2.rectangle(photo, (x, y), (x + wide, y + high), _any_colour(rng), cv2.FILLED)
    else:
        base = _any_colour(rng)
        for _ in range(int(rng.integers(30, 160))):
            x, y, wide, high = rng.integers((0, 0, 4, 4), (width, height, 26, 26)).tolist()
            cv2.ellipse(photo, (x, y), (wide, high), 0, 0, 360, varied(base, rng, 30), cv2.FILLED, cv2.LINE_AA)
    return cv2.GaussianBlur(photo, (0, 0), rng.choice([0.8, 2.0, 5.0]))


def _any_colour(rng: np.random.Generator) -> tuple[float, ...]:
    return varied(rng.choice(_COLOURS), rng, 28)


def _expose(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light from one side, a tint, exposure, fog and the sensor's noise."""
    height, width = photo.shape[:2]
    angle, strength = rng.uniform((0, 0), (2 * np.pi, 0.35)).astype(np.float32)
    x, y = (np.linspace(-1, 1, count, dtype=np.float32) for count in (width, height))
    light = 1 + strength * (x[None, :] * np.cos(angle) + y[:, None] * np.sin(angle))
    gain = (np.exp(rng.normal(0.1, 0.16)) * np.exp(rng.normal(0, 0.04, 3))).astype(np.float32)
    fog = np.float32(rng.choice([0.0, 0.15, 0.3], p=[0.85, 0.12, 0.03]))
    noise = np.float32(rng.choice([1.0, 4.0, 9.0], p=[0.5, 0.35, 0.15]))
    above = rng.standard_normal((height, width), dtype=np.float32) * noise + fog * 175
    lit = [plane * (light * ((1 - fog) * own)) + above for plane, own in zip(cv2.split(photo), gain, strict=True)]
    return cv2.merge([np.rint(np.clip(plane, 0, 255)).astype(np.uint8) for plane in lit])
