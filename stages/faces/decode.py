"""Photos of any common kind as 8-bit colour pictures."""

import io
import logging
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, TiffImagePlugin, UnidentifiedImageError

from stages.errors import InputError
from stages.faces.boxes import Box
from stages.faces.png_check import check_png
from stages.faces.quiet import quiet_stderr

# Everything that photos are saved as. Pillow can open many more kinds, among them some that run other programs.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")
# Pixels of these hold numbers whose black and white nobody tells.
NO_RANGE = {"I": "32-bit or signed whole numbers", "F": "fractions"}
STRIP = 1 << 20  # bytes that are converted at a time

# Pillow's own limit is one for the whole process: one photo is opened at a time, and ours holds for the rest.
Image.MAX_IMAGE_PIXELS = None
_OPENING = threading.Lock()

# Pillow warns of damaged metadata, naming no file. What hinders decoding is an error, and gets our line.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())


class PhotoError(InputError):
    """A photo that cannot be decoded; the message says why, and leaves its name to the caller."""


@dataclass(frozen=True)
class Photo:
    """A decoded photo, upright; ``orientation`` is the EXIF orientation by which it was turned.

    ``decoded`` is all of its pixels, or a picture of Pillow's that stands upright already: making an array of all of
    it takes a quarter of the time of decoding, and of most photos only the faces are wanted.
    """

    decoded: np.ndarray | Image.Image
    orientation: int
    path: Path = Path("photo")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.decoded.shape[1::-1] if isinstance(self.decoded, np.ndarray) else self.decoded.size

    @property
    def pixels(self) -> np.ndarray:
        """All pixels, uint8 (height, width, 3), channels in the order blue, green, red, 0 to 255."""
        return self.cut(Box(0, 0, *self.size))

    def cut(self, box: Box) -> np.ndarray:
        """The pixels within a box within the photo, in the form of :attr:`pixels`.

        Raises:
            InputError: the computer has not enough memory for them.
        """
        if isinstance(self.decoded, np.ndarray):
            return self.decoded[box.ymin : box.ymax, box.xmin : box.xmax]
        with _enough_memory(self.path):
            return _as_bgr(self.decoded, box)


def decode_photo(path: Path, max_pixels: int) -> Photo:
    """Decode a photo.

    The photo is turned as its EXIF orientation says (1 to 8; any other counts as 1, as stored). Gray and palette
    become colour, CMYK becomes RGB without a colour profile, 16 bits become the upper 8, transparency is dropped
    (the colours under it stay, as torchvision's ImageFolder has it), and of an animation the first frame is taken.

    Memory: that of the file, and for a time up to 11 bytes a pixel (WebP: 16) where all pixels have 3.

    Raises:
        PhotoError: the file is missing, no regular file, unreadable, empty, no photo, cut off, damaged where its
            format can tell, without pixels or a known range of values, or has more than ``max_pixels`` pixels (seen
            from its header, before any memory is spent on it).
        InputError: the computer has not enough memory for it.
    """
    content = _read(path)
    try:
        with _enough_memory(path):
            return _decode(content, max_pixels, path)
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise PhotoError(f"more pixels than crop.max_pixels: {max_pixels}. {error}") from None
    except UnidentifiedImageError:
        raise PhotoError(f"no readable {', '.join(FORMATS)}; it begins with {content[:12]!r}") from None
    except Exception as error:  # Pillow's readers raise errors of many kinds on damaged data
        reason = str(error)[:120] if str(error).isprintable() else ascii(str(error)[:120])
        raise PhotoError(f"cut off or damaged: {reason or type(error).__name__}") from None


@contextmanager
def _enough_memory(path: Path) -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise InputError(f"{path}: not enough memory; set WORKERS=1, or lower crop.max_pixels") from None


def _read(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for, a device read for ever
            raise PhotoError(f"cannot be read: {'a folder' if path.is_dir() else 'no regular file'}")
        content = path.read_bytes()
    except OSError as error:
        raise PhotoError(f"cannot be read: {error.strerror}") from None
    if not content:
        raise PhotoError("the file is empty")
    return content


def _decode(content: bytes, max_pixels: int, path: Path) -> Photo:
    with _opened(content, max_pixels) as picture:
        _check_size(picture, max_pixels)
        if picture.format == "PNG":
            check_png(content)
        # Of TIFF, Pillow turns what it loads, and forgets how; PNG may have its EXIF behind the pixels.
        stored = _orientation(picture) if picture.format == "TIFF" else 1
        # Pillow hands compressed TIFF to a library that writes to the terminal what it finds wrong.
        with quiet_stderr() if picture.format == "TIFF" else nullcontext():
            picture.load()
        if picture.mode == "P" and picture.palette is None:
            raise PhotoError("its palette is missing")
        if picture.mode in NO_RANGE:
            raise PhotoError(f"its pixels are {NO_RANGE[picture.mode]}; save it with 8 or 16 bits a channel")
        if picture.format == "TIFF":
            return Photo(_as_bgr(picture), stored, path)
        orientation = _orientation(picture)
        if picture.mode == "RGB" and orientation == 1:
            return Photo(picture, orientation, path)
        return Photo(_turned(_as_bgr(picture), orientation), orientation, path)


def _opened(content: bytes, max_pixels: int) -> Image.Image:
    """Read the header alone: Pillow leaves the pixels undecoded until they are asked for.

    Some of its readers spend memory as they open a picture. They ask Pillow's limit first, and refuse twice as many.
    """
    with _OPENING:
        Image.MAX_IMAGE_PIXELS = max_pixels
        try:
            return Image.open(io.BytesIO(content), formats=FORMATS)
        finally:
            Image.MAX_IMAGE_PIXELS = None


def _check_size(picture: Image.Image, max_pixels: int) -> None:
    # The pixels of a TIFF may come in tiles, which are unpacked as wholes, however small the picture is.
    tags = picture.tag_v2 if picture.format == "TIFF" else {}
    tile = tags.get(TiffImagePlugin.TILEWIDTH, 1), tags.get(TiffImagePlugin.TILELENGTH, 1)
    for name, (width, height) in (("", picture.size), ("a tile of ", tile)):
        if width * height > max_pixels:
            raise PhotoError(f"{name}{width} x {height} pixels are more than crop.max_pixels: {max_pixels}")
        if width * height == 0:
            raise PhotoError(f"no pixels: {name}{width} x {height}")


def _orientation(picture: Image.Image) -> int:
    try:
        found = picture.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # errors of many kinds again: a photo with damaged EXIF stands as stored
        return 1
    return found if found in range(1, 9) else 1


def _as_bgr(picture: Image.Image, box: Box | None = None) -> np.ndarray:
    """Convert all of a picture, or a box of it, a few rows at a time: no second copy of a large photo is needed."""
    left, upper, right, lower = box or (0, 0, *picture.size)
    width, height = right - left, lower - upper
    tags = picture.tag_v2 if picture.format == "TIFF" else {}
    pixels = np.empty((height, width, 3), np.uint8)
    rows = max(1, STRIP // (4 * width))
    for top in range(0, height, rows):
        strip = picture.crop((left, upper + top, right, upper + min(top + rows, height)))
        if strip.mode.startswith("I;16"):
            pixels[top : top + rows] = _upper_bits(np.asarray(strip), tags)[..., None]
        else:
            colours = (strip if strip.mode == "RGB" else strip.convert("RGB")).tobytes("raw", "BGR")
            pixels[top : top + rows] = np.frombuffer(colours, np.uint8).reshape(-1, width, 3)
    return pixels


def _upper_bits(gray: np.ndarray, tags: Mapping[int, Any]) -> np.ndarray:
    """The upper 8 of the bits that gray pixels have, by the tags of a TIFF: 12 or 16 bits, and which end is white."""
    bits = tags.get(TiffImagePlugin.BITSPERSAMPLE, (16,))[0]
    upper = gray >> (bits - 8)
    white_is_zero = tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION, 1) == 0
    return 255 - upper if white_is_zero else upper


def _turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn and mirror a stored picture upright (EXIF 2.3, tag 274)."""
    if orientation >= 5:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
