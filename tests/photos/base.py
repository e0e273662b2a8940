"""What the tests on photos are made of: a picture, what is expected of a file, and EXIF by hand."""

import io
import struct
from typing import NamedTuple

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 60, 40


class Good(NamedTuple):
    """A file that is to be read: its bytes, the pixels wanted (RGB), and how far each may differ."""

    content: bytes
    pixels: np.ndarray
    tolerance: int = 0


class Bad(NamedTuple):
    """A file that is to be refused, and a pattern of the reason."""

    content: bytes
    reason: str


def colours() -> np.ndarray:
    """A smooth picture, uint8 (40, 60, 3), that no mirroring or turning leaves as it is."""
    x, y = np.meshgrid(np.linspace(0, 1, WIDTH), np.linspace(0, 1, HEIGHT))
    return (np.stack([x, y, x * y], axis=-1) * 200 + 20).astype(np.uint8)


def grays() -> np.ndarray:
    """A smooth picture in gray, uint8 (40, 60)."""
    return colours()[..., 2]


def as_rgb(gray: np.ndarray) -> np.ndarray:
    """The same in all three channels."""
    return np.repeat(gray[..., None], 3, axis=2).astype(np.uint8)


def stored(picture: np.ndarray | Image.Image, kind: str, **options) -> bytes:
    """What Pillow writes."""
    file = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(file, kind, **options)
    return file.getvalue()


def exif(orientation: int, endian: str = "<", more: bytes = b"", entries: int | None = None) -> bytes:
    """A block of EXIF with the tag Orientation; ``more`` are further entries of 12 bytes each."""
    order = b"II*\0" if endian == "<" else b"MM\0*"
    count = 1 + len(more) // 12 if entries is None else entries
    entry = struct.pack(endian + "HHIHH", 274, 3, 1, orientation, 0)
    return order + struct.pack(endian + "IH", 8, count) + entry + more + struct.pack(endian + "I", 0)


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """What a viewer shows of stored pixels, from the definition of the tag: where row 0 and column 0 of the file are.

    1 top left, 2 top right, 3 bottom right, 4 bottom left, 5 left top, 6 right top, 7 right bottom, 8 left bottom.
    """
    rows, columns = pixels.shape[:2]
    turned = np.empty((columns, rows, 3) if orientation >= 5 else pixels.shape, np.uint8)
    for row in range(rows):
        for column in range(columns):
            down, right = rows - 1 - row, columns - 1 - column
            at = {1: (row, column), 2: (row, right), 3: (down, right), 4: (down, column)}
            at |= {5: (column, row), 6: (column, down), 7: (right, down), 8: (right, row)}
            turned[at[orientation]] = pixels[row, column]
    return turned


def cut_everywhere(content: bytes, parts: int = 10) -> dict[str, bytes]:
    """The file cut off after every tenth, and without its last byte."""
    cuts = {f"{10 * part} %": len(content) * part // parts for part in range(1, parts)} | {
        "last byte": len(content) - 1
    }
    return {name: content[:length] for name, length in cuts.items()}
