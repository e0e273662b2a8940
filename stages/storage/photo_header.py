"""What a photo's header says of it, before any memory is spent on its pixels."""

import logging
from pathlib import Path
from typing import NamedTuple

from PIL import ExifTags, Image

# Everything that photos are saved as and OpenCV reads.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")
UNREADABLE = f"cut off, damaged, or none of {', '.join(FORMATS)}"

logging.getLogger("PIL").setLevel(logging.ERROR)
Image.MAX_IMAGE_PIXELS = None  # crop.max_pixels is asked instead


class PhotoHeader(NamedTuple):
    """Width and height in pixels as the file has them, and the EXIF orientation, 1 to 8."""

    width: int
    height: int
    orientation: int

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height as viewers show the photo."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


def read_header(path: Path) -> PhotoHeader | None:
    """Read a photo's header; None where it is no photo."""
    try:
        with Image.open(path, formats=FORMATS) as picture:
            (width, height), orientation = picture.size, picture.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # Pillow's readers raise errors of many kinds on damaged data
        return None
    return PhotoHeader(width, height, orientation if orientation in range(1, 9) else 1)
