"""Files that are no photo of the kinds read, whatever they are called."""

import io
import struct
import zipfile

import cv2
import numpy as np
from PIL import Image

from tests.photos.base import Bad, colours, stored


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("photo.jpg", stored(colours(), "JPEG"))
    return file.getvalue()


def bad() -> dict[str, Bad]:
    """Files to refuse, with the reason."""
    rgb, image = colours(), Image.fromarray(colours())
    floats = rgb.astype(np.float32) / 255
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><rect width="9" height="9"/></svg>'
    files = {
        "one byte": b"\xff",
        "NUL bytes": bytes(5000),
        "noise": np.random.default_rng(0).bytes(5000),
        "HTML": b"<!DOCTYPE html><html><body>404</body></html>",
        "text": b"Not Found\n",
        "JSON": b'{"error": "not found"}',
        "SVG": svg,
        "XML": b'<?xml version="1.0"?>' + svg,
        "ZIP": _zip(),
        "gzip": b"\x1f\x8b\x08" + bytes(50),
        "PDF": stored(image, "PDF"),
        "PostScript": stored(image, "EPS"),
        "ICO": stored(image, "ICO"),
        "TGA": stored(image, "TGA"),
        "JPEG 2000": stored(image, "JPEG2000"),
        "a JPEG 2000 codestream": cv2.imencode(".jp2", rgb)[1].tobytes()[85:],
        "AVIF": stored(image, "AVIF"),
        "HEIC": struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(500),
        "JPEG XL": b"\xff\x0a" + bytes(100),
        "HDR": cv2.imencode(".hdr", floats)[1].tobytes(),
        "EXR": b"\x76\x2f\x31\x01" + bytes(500),
        "PFM": cv2.imencode(".pfm", floats)[1].tobytes(),
        "PPM": cv2.imencode(".ppm", rgb)[1].tobytes(),
        "PGM as text": b"P2 2 2 255 1 2 3 4\n",
        "PAM": cv2.imencode(".pam", rgb)[1].tobytes(),
        "Sun raster": cv2.imencode(".ras", rgb)[1].tobytes(),
        "PCX": stored(image, "PCX"),
        "Photoshop": b"8BPS\0\1" + bytes(500),
        "QOI": b"qoif" + struct.pack(">IIBB", 60, 40, 3, 0) + bytes(500),
        "MP4": struct.pack(">I", 24) + b"ftypisom" + bytes(500),
        "a program": b"\x7fELF\x02\x01\x01" + bytes(500),
        "a symbolic link of Windows": b"L\0\0\0\x01\x14\x02\0" + bytes(60),
        "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
    }
    found = {name: Bad(content, r"no readable JPEG, .*; it begins with b") for name, content in files.items()}
    found["an empty file"] = Bad(b"", "the file is empty")
    return found
