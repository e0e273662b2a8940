"""JPEG files of every kind, whole and damaged."""

import base64
import io
import struct

import cv2
import numpy as np
from PIL import Image

from tests.photos.base import Bad, Good, as_rgb, colours, cut_everywhere, exif, grays, stored, upright

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
SOF0, SOF3, DHT, SOS, APP1, APP14, COM = 0xC0, 0xC3, 0xC4, 0xDA, 0xE1, 0xEE, 0xFE
SMOOTH = 6  # what JPEG may lose of a smooth picture
# A picture of 24 x 16 pixels as `cjpeg -quality 90 -arithmetic` of libjpeg-turbo writes it: Pillow cannot.
ARITHMETIC = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8X"
    "GBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/yQAR"
    "CAAQABgDASIAAhEBAxEB/8wACgAQEAUBEBEF/9oADAMBAAIRAxEAPwD/ANxG9VkOdL6p7v2c4qBcH7Qn93Bu2Np32Z4FbMhDXOW6Y+Th5BzA"
    "UX8dbukulXTWihRamTHcRv1s+/8ArGzpa86+ePIEFcD/2Q=="
)


def segments(content: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The segments up to and with the first SOS as (marker, payload), and everything behind them."""
    found, at = [], 2
    while not found or found[-1][0] != SOS:
        length = struct.unpack_from(">H", content, at + 2)[0]
        found.append((content[at + 1], content[at + 4 : at + 2 + length]))
        at += 2 + length
    return found, content[at:]


def joined(parts: list[tuple[int, bytes]], scan: bytes) -> bytes:
    """The inverse of :func:`segments`."""
    return SOI + b"".join(bytes([0xFF, m]) + struct.pack(">H", 2 + len(p)) + p for m, p in parts) + scan


def with_segments(content: bytes, *new: tuple[int, bytes]) -> bytes:
    """Put segments in front of the others."""
    parts, scan = segments(content)
    return joined([*new, *parts], scan)


def without(content: bytes, *markers: int) -> bytes:
    """Leave segments out."""
    parts, scan = segments(content)
    return joined([part for part in parts if part[0] not in markers], scan)


def with_frame(content: bytes, change) -> bytes:
    """Change the payload of the frame header: precision, height, width, components."""
    parts, scan = segments(content)
    return joined([(m, bytes(change(bytearray(p))) if 0xC0 <= m <= 0xC2 else p) for m, p in parts], scan)


def sized(content: bytes, width: int, height: int) -> bytes:
    """Let the frame header claim another size."""
    return with_frame(content, lambda p: p[:1] + struct.pack(">HH", height, width) + p[5:])


def turned(orientation: int, endian: str = "<") -> bytes:
    """A photo as stored, with an EXIF orientation."""
    return with_segments(stored(colours(), "JPEG", quality=95), (APP1, b"Exif\0\0" + exif(orientation, endian)))


def _mpo() -> bytes:
    """Two photos in one file, as stereo cameras write them."""
    file = io.BytesIO()
    second = Image.fromarray(colours()[::-1].copy())
    Image.fromarray(colours()).save(file, "MPO", save_all=True, append_images=[second], quality=95)
    return file.getvalue()


def _restarts(damaged: bool = False) -> bytes:
    content = cv2.imencode(".jpg", colours()[..., ::-1], [cv2.IMWRITE_JPEG_RST_INTERVAL, 1])[1].tobytes()
    return content.replace(b"\xff\xd2", b"\xff\xd5", 1) if damaged else content


def _ycck() -> tuple[bytes, np.ndarray]:
    """CMYK stored as YCCK: black and inverted Y, Cb, Cr; the marker of Adobe says so by its last byte."""
    # Adobe stores all four inverted; and so does Pillow, which is given the inverse of what is to lie in the file.
    ycc = np.asarray(Image.fromarray(255 - colours()).convert("YCbCr"))
    planes = np.dstack([ycc, np.full(ycc.shape[:2], 255, np.uint8)])
    content = stored(Image.fromarray(255 - planes, "CMYK"), "JPEG", quality=100, subsampling=0)
    parts, scan = segments(content)
    adobe = b"Adobe\0\x64\0\0\0\0\x02"
    return joined([(m, adobe if m == APP14 else p) for m, p in parts], scan), colours()


def good() -> dict[str, Good]:
    """Files to read, by what they are."""
    rgb, whole = colours(), stored(colours(), "JPEG", quality=95)
    cmyk = stored(Image.fromarray(rgb).convert("CMYK"), "JPEG", quality=95)
    thumbnail = with_segments(whole, (APP1, b"Exif\0\0" + exif(1) + stored(rgb[::8, ::8].copy(), "JPEG")))
    x, y = np.meshgrid(np.linspace(0, 1, 24), np.linspace(0, 1, 16))
    small = (np.stack([x, y, x * y], axis=-1) * 200 + 20).astype(np.uint8)
    files = {
        "baseline": whole,
        "4:4:4": stored(rgb, "JPEG", quality=95, subsampling=0),
        "the usual Huffman tables left out": without(whole, DHT),
        "progressive": stored(rgb, "JPEG", quality=95, progressive=True),
        "RGB without a change of colours": stored(rgb, "JPEG", quality=95, keep_rgb=True),
        "CMYK": cmyk,
        "CMYK without the marker of Adobe": without(cmyk, APP14),
        "restart markers": _restarts(),
        "garbage behind": whole + b"garbage" * 99,
        "a ZIP behind": whole + b"PK\x03\x04" + bytes(50) + b"PK\x05\x06" + bytes(18),
        "HTML in a comment": with_segments(whole, (COM, b"<html><script>alert(1)</script></html>")),
        "a PDF in a comment": with_segments(whole, (COM, b"%PDF-1.4 endobj")),
        "fill bytes before markers": SOI + b"\xff\xff\xff" + whole[2:],
        "two photos in one file": _mpo(),
        "a thumbnail beside the photo": thumbnail,
        "a colour profile of junk": with_segments(whole, (0xE2, b"ICC_PROFILE\0\x01\x01junk")),
        "EXIF without an end": with_segments(whole, (APP1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff")),
        "EXIF of junk": with_segments(whole, (APP1, b"Exif\0\0" + bytes(range(256)))),
        "EXIF that begins in itself": with_segments(whole, (APP1, b"Exif\0\0II*\0" + bytes(4) + exif(1))),
        "EXIF orientation 0": turned(0),
        "EXIF orientation 9": turned(9),
        "EXIF orientation 65535": turned(65535),
        "EXIF whose directories run in a circle": with_segments(
            whole, (APP1, b"Exif\0\0" + exif(1)[:-4] + b"\x08\0\0\0")
        ),
        "EXIF in many pieces": with_segments(whole, *[(APP1, b"Exif\0\0" + exif(1))] * 50),
    }
    found = {name: Good(content, rgb, SMOOTH) for name, content in files.items()}
    found["gray"] = Good(stored(grays(), "JPEG", quality=95), as_rgb(grays()), SMOOTH)
    ycck, wanted = _ycck()
    found["YCCK"] = Good(ycck, wanted, SMOOTH)
    found["arithmetic coding"] = Good(base64.b64decode(ARITHMETIC), small, 12)
    found["EXIF after a huge count"] = Good(
        with_segments(whole, (APP1, b"Exif\0\0" + exif(6, more=struct.pack("<HHII", 0x9286, 7, 2**32 - 1, 8)))),
        upright(rgb, 6),
        SMOOTH,
    )
    for orientation in range(1, 9):
        for endian, name in (("<", "Intel"), (">", "Motorola")):
            wanted = upright(rgb, orientation)
            found[f"EXIF orientation {orientation}, {name}"] = Good(turned(orientation, endian), wanted, SMOOTH)
    for width, height in ((1, 1), (1, 3000), (3000, 1), (17, 3)):
        flat = np.full((height, width, 3), (200, 90, 30), np.uint8)
        found[f"{width} x {height}"] = Good(stored(flat, "JPEG", quality=95), flat, 3)
    return found


def bad() -> dict[str, Bad]:
    """Files to refuse, with the reason."""
    whole = stored(colours(), "JPEG", quality=95)
    parts, scan = segments(whole)
    damaged = "cut off or damaged|no readable JPEG"
    files = {
        "12 bits": with_frame(whole, lambda p: b"\x0c" + p[1:]),
        "lossless": joined([(SOF3 if m == SOF0 else m, p) for m, p in parts], scan),
        "hierarchical": joined([(0xC5 if m == SOF0 else m, p) for m, p in parts], scan),
        "no frame header": without(whole, SOF0),
        "no quantisation tables": without(whole, 0xDB),
        "two frame headers": with_segments(whole, next(part for part in parts if part[0] == SOF0)),
        "two components": with_frame(whole, lambda p: p[:5] + b"\x02" + p[6:12]),
        "a component of sampling 0": with_frame(whole, lambda p: p[:7] + b"\0" + p[8:]),
        "a segment longer than the file": with_segments(whole)[:4] + b"\xff\xff" + whole[6:],
        "the header alone": joined(parts, b""),
        "the thumbnail alone": joined([(APP1, b"Exif\0\0" + exif(1) + stored(grays()[::8], "JPEG"))], EOI),
        "no more than its first bytes": whole[:3],
    }
    files |= {f"cut off, {name}": cut for name, cut in cut_everywhere(whole).items()}
    progressive = stored(colours(), "JPEG", progressive=True)
    files |= {f"progressive, cut off, {name}": cut for name, cut in cut_everywhere(progressive).items()}
    found = {name: Bad(content, damaged) for name, content in files.items()}
    found["claims 65500 x 65500"] = Bad(sized(whole, 65500, 65500), "more pixels than crop.max_pixels")
    found["claims 0 x 40"] = Bad(sized(whole, 0, 40), "no pixels|no readable JPEG|damaged")
    found["claims 60 x 0"] = Bad(sized(whole, 60, 0), "no pixels|no readable JPEG|damaged")
    return found


def unnoticed() -> dict[str, bytes]:
    """Damage that nothing in the format gives away: viewers show something, and so does the project."""
    whole = stored(colours(), "JPEG", quality=95)
    middle = len(whole) - 40
    return {
        "a restart marker out of order": _restarts(damaged=True),
        "a byte of the scan changed": whole[:middle] + bytes([whole[middle] ^ 0x55]) + whole[middle + 1 :],
        "cut off, with an end put behind": whole[:-60] + EOI,
        "claims 60 x 80": sized(whole, 60, 80),
    }
