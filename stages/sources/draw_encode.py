"""Encoding a drawn photo the ways that real photos come: JPEG, gray, turned by EXIF, or a PNG in disguise."""

import struct

import cv2
import numpy as np

FORMATS = ("jpeg", "gray", "exif", "png", "alpha")
_TURNED_CLOCKWISE = 6  # EXIF orientation: the picture must be turned by 90 degrees clockwise to be upright


def encode(photo: np.ndarray, form: str, quality: int) -> bytes:
    """Encode an upright photo, uint8 (H, W, 3).

    Args:
        form: ``jpeg``; ``gray`` (JPEG of one channel); ``exif`` (JPEG that lies on its side and says so);
            ``png``; ``alpha`` (PNG with four channels, opaque).
        quality: of a JPEG, 1 to 100.
    """
    if form == "png":
        return _encode(".png", photo, [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if form == "alpha":
        opaque = np.full((*photo.shape[:2], 1), 255, np.uint8)
        return _encode(".png", np.concatenate([photo, opaque], axis=2), [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if form == "gray":
        photo = cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY)
    if form == "exif":
        photo = cv2.rotate(photo, cv2.ROTATE_90_COUNTERCLOCKWISE)
    content = _encode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return _with_orientation(content, _TURNED_CLOCKWISE) if form == "exif" else content


def _encode(extension: str, photo: np.ndarray, options: list[int]) -> bytes:
    done, content = cv2.imencode(extension, photo, options)
    if not done:
        raise RuntimeError(f"OpenCV could not encode {extension}")
    return content.tobytes()


def _with_orientation(content: bytes, orientation: int) -> bytes:
    """Put an EXIF segment (big-endian TIFF with the one tag 0x0112) behind the start marker of a JPEG."""
    tiff = b"MM\x00\x2a" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    segment = b"Exif\x00\x00" + tiff
    return content[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + content[2:]
