"""Photos of any common kind as 8-bit colour pictures."""

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from stages.errors import InputError

# The kinds that OpenCV decodes and turns by their EXIF orientation (AVIF it decodes, but doesn't turn).
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")
EXIF_ORIENTATION = 274

# Pillow's own limit would warn and raise at sizes of its own choice; ours is crop.max_pixels.
Image.MAX_IMAGE_PIXELS = None


class PhotoError(InputError):
    """A photo that cannot be decoded; the message says why, and leaves its name to the caller."""


def decode_photo(path: Path, max_pixels: int) -> np.ndarray:
    """Return the photo as uint8 (height, width, 3), channels in the order blue, green, red, 0 to 255.

    The photo is turned as its EXIF orientation says. Gray and palette become colour, CMYK becomes RGB, 16 bits
    become the upper 8, transparency is dropped (the colours under it stay, as torchvision's ImageFolder has
    it), and of an animation the first frame is taken.

    Raises:
        PhotoError: the file is missing, a folder, unreadable, empty, no photo, cut off, or has more than
            ``max_pixels`` pixels (seen from its header, before any memory is spent on it).
    """
    content = _read(path)
    width, height = _header(content).size
    if width * height > max_pixels:
        raise PhotoError(f"{width} x {height} pixels are more than crop.max_pixels: {max_pixels}")
    try:
        photo = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise PhotoError(f"cannot be decoded: {error.err}") from None
    if photo is None:
        raise PhotoError("cut off or damaged: its header is that of a photo, the rest cannot be decoded")
    return photo


def exif_orientation(path: Path) -> int:
    """The EXIF orientation, 1 to 8, of a photo that can be decoded (1: as stored)."""
    header = _header(_read(path))
    try:
        return header.getexif().get(EXIF_ORIENTATION, 1)
    except Exception:  # Pillow's EXIF parser raises errors of many kinds on damaged data, which OpenCV passes over
        return 1


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PhotoError(f"cannot be read: {error.strerror}") from None
    if not content:
        raise PhotoError("the file is empty")
    return content


def _header(content: bytes) -> Image.Image:
    """Read the header alone: Pillow leaves the pixels undecoded until they are asked for."""
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except (OSError, ValueError, SyntaxError):
        raise PhotoError(f"no {', '.join(FORMATS)} picture; it begins with {content[:12]!r}") from None
