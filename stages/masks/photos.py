"""Photos of any common kind as 8-bit colour pictures, upright."""

from dataclasses import dataclass
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image

from stages.runtime.opencv import cv2
from stages.storage.photo_header import UNREADABLE, read_header

HASH_SIDE, SHRUNK = 16, 256


class PhotoError(Exception):
    """A photo that cannot be decoded; the message says why, and leaves its name to the caller."""


@dataclass(frozen=True)
class Photo:
    """A decoded photo.

    Attributes:
        pixels: uint8 (height, width, 3), blue green red, turned upright.
        orientation: the EXIF orientation by which it was turned, 1 to 8.
    """

    pixels: np.ndarray
    orientation: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright photo, in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height as the file has them."""
        return self.size[::-1] if self.orientation >= 5 else self.size


def decode_photo(path: Path, max_pixels: int) -> Photo:
    """Decode a photo, turned as its EXIF orientation says.

    Gray and palettes become colour, 16 bits become 8, transparency is dropped, and of an animation the first frame is
    taken.

    Raises:
        PhotoError: the file is missing, unreadable, empty, no photo, cut off, damaged where its format can tell, or has
            more than ``max_pixels`` pixels (seen from its header, before any memory is spent on it).
    """
    try:
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise PhotoError(f"cannot be read: {error.strerror or error}") from None
    if not len(content):
        raise PhotoError("the file is empty")
    header = read_header(path)
    if header is None:
        raise PhotoError(UNREADABLE)
    if header.width * header.height > max_pixels:
        raise PhotoError(f"{header.width} x {header.height} pixels are more than crop.max_pixels: {max_pixels}")
    try:
        pixels = cv2.imdecode(content, cv2.IMREAD_COLOR)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise PhotoError("cut off or damaged")
    return Photo(pixels, header.orientation)


def perceptual_hash(pixels: np.ndarray) -> str:
    """Return the pHash of a photo, 256 bits in hexadecimal: signs of its lowest 16 x 16 cosine frequencies, less their
    median. Photos that were resized, saved again or slightly cut still look alike to it.

    Source: ``phash`` of the library imagehash, after C. Zauner, "Implementation and Benchmarking of Perceptual Image
    Hash Functions" (2010).
    """
    # The hash shrinks to 64 x 64 by Lanczos, slow on whole photos; shrinking by area first changes few bits.
    gray = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), (SHRUNK, SHRUNK), interpolation=cv2.INTER_AREA)
    return str(imagehash.phash(Image.fromarray(gray), hash_size=HASH_SIDE))
