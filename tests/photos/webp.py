"""WebP files of every kind, whole and damaged."""

import struct

import numpy as np
from PIL import Image

from tests.photos.base import Bad, Good, colours, cut_everywhere, exif, stored, upright


def chunk(name: bytes, data: bytes) -> bytes:
    """One chunk of RIFF: name, length, data, and a byte more where the length is odd."""
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def riff(*chunks: bytes) -> bytes:
    """A WebP file of these chunks."""
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _three_bytes(number: int) -> bytes:
    return struct.pack("<I", number)[:3]


def extended(flags: int, width: int, height: int) -> bytes:
    """The chunk VP8X: what the file has besides pixels, and the size of its canvas."""
    return chunk(b"VP8X", struct.pack("<I", flags) + _three_bytes(width - 1) + _three_bytes(height - 1))


def animated(width: int, height: int, picture: np.ndarray, x: int = 0, y: int = 0) -> bytes:
    """An animation of one picture on a larger canvas; x and y are even."""
    bits = stored(picture, "WEBP", lossless=True)[12:]
    rows, columns = picture.shape[:2]
    place = b"".join(map(_three_bytes, (x // 2, y // 2, columns - 1, rows - 1, 100))) + b"\0"
    return riff(extended(2, width, height), chunk(b"ANIM", bytes(6)), chunk(b"ANMF", place + bits))


def good() -> dict[str, Good]:
    """Files to read, by what they are."""
    rgb = colours()
    image = Image.fromarray(rgb)
    clear = Image.fromarray(np.dstack([rgb, np.full(rgb.shape[:2], 90, np.uint8)]))
    frames = {"save_all": True, "append_images": [Image.fromarray(255 - rgb)], "lossless": True}
    canvas = np.zeros((40, 60, 3), np.uint8)
    canvas[6:26, 10:40] = rgb[:20, :30]
    found = {
        "lossy": Good(stored(rgb, "WEBP", quality=95), rgb, 8),
        "lossless": Good(stored(rgb, "WEBP", lossless=True), rgb),
        "alpha, lossy": Good(stored(clear, "WEBP", quality=95), rgb, 8),
        "alpha, lossless": Good(stored(clear, "WEBP", lossless=True, exact=True), rgb),
        "animation": Good(stored(image, "WEBP", **frames), rgb),
        "a picture smaller than its canvas": Good(animated(60, 40, rgb[:20, :30].copy(), 10, 6), canvas),
        "a colour profile of junk": Good(stored(rgb, "WEBP", lossless=True, icc_profile=b"junk"), rgb),
        "EXIF of junk": Good(stored(rgb, "WEBP", lossless=True, exif=b"junk"), rgb),
        "garbage behind": Good(stored(rgb, "WEBP", lossless=True) + b"garbage", rgb),
        "1 x 1": Good(stored(rgb[:1, :1].copy(), "WEBP", lossless=True), rgb[:1, :1]),
    }
    for orientation in range(1, 9):
        content = stored(rgb, "WEBP", lossless=True, exif=exif(orientation))
        found[f"EXIF orientation {orientation}"] = Good(content, upright(rgb, orientation))
    return found


def bad() -> dict[str, Bad]:
    """Files to refuse, with the reason."""
    rgb = colours()
    lossy, lossless = stored(rgb, "WEBP"), stored(rgb, "WEBP", lossless=True)
    files = {
        "another size than its canvas": riff(extended(0, 70, 50), lossy[12:]),
        "a picture outside its canvas": animated(60, 40, rgb[:20, :30].copy(), 50, 30),
        "an animation without pictures": riff(extended(2, 60, 40), chunk(b"ANIM", bytes(6))),
        "an unknown kind of pixels": lossy.replace(b"VP8 ", b"VP8?"),
        "a sound file": riff(b"").replace(b"WEBP", b"WAVE"),
    }
    for kind, content in (("lossy", lossy), ("lossless", lossless)):
        files |= {f"{kind}, cut off, {name}": cut for name, cut in cut_everywhere(content).items()}
    found = {name: Bad(content, "cut off or damaged|no readable JPEG") for name, content in files.items()}
    claims = riff(extended(0, 16_383, 16_383), lossy[12:])
    found["claims 16383 x 16383"] = Bad(claims, "more pixels than crop.max_pixels")
    return found
