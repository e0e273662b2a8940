"""BMP files of every kind, whole and damaged, written field by field."""

import struct

import numpy as np

from tests.photos.base import Bad, Good, as_rgb, colours, cut_everywhere

RLE8, RLE4, MASKS = 1, 2, 3


def palette(size: int) -> np.ndarray:
    """Colours, uint8 (size, 3), RGB."""
    return np.random.default_rng(size).integers(0, 256, (size, 3), dtype=np.uint8)


def bmp(
    width: int, height: int, bits: int, data: bytes, *, compression: int = 0, colours: np.ndarray | None = None,
    masks: tuple[int, ...] = (), header: int = 40,
) -> bytes:  # fmt: skip
    """A BMP: negative heights stand for rows from the top; header 12 is that of OS/2, 108 and 124 later ones."""
    used = 0 if colours is None else len(colours)
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(data), 0, 0, used, 0)
        info += b"".join(struct.pack("<I", mask) for mask in masks)
        info += bytes(max(0, header - len(info)))
    if colours is not None:
        space = np.zeros((used, 1), np.uint8)
        info += (colours[:, ::-1] if header == 12 else np.hstack([colours[:, ::-1], space])).tobytes()
    at = 14 + len(info)
    return b"BM" + struct.pack("<IHHI", at + len(data), 0, 0, at) + info + data


def rows(values: np.ndarray, bits: int) -> bytes:
    """Rows from the bottom, each filled up to 4 bytes; values are (height, width) or bytes (height, width, n)."""
    packed = []
    for row in values[::-1]:
        if bits < 8:
            line = np.packbits((row[:, None] >> np.arange(bits - 1, -1, -1)).ravel().astype(np.uint8) & 1).tobytes()
        else:
            line = row.astype("<u2" if bits == 16 else np.uint8).tobytes()
        packed.append(line + b"\0" * (-len(line) % 4))
    return b"".join(packed)


def run_lengths(values: np.ndarray, bits: int) -> bytes:
    """RLE of a palette picture: each pixel is a run of one, but for the second row, which stands as it is."""
    lines = []
    for number, row in enumerate(values[::-1]):
        if number == 1 and bits == 8:
            line = b"\0" + bytes([len(row)]) + row.tobytes() + b"\0" * (len(row) % 2)
        else:
            line = b"".join(bytes([1, value if bits == 8 else value << 4]) for value in row)
        lines.append(line + b"\0\0")
    return b"".join(lines) + b"\0\1"


def good() -> dict[str, Good]:
    """Files to read, by what they are."""
    rgb, found = colours(), {}
    bgr = rgb[..., ::-1]
    x, y = np.meshgrid(np.arange(60), np.arange(40))
    for bits in (1, 4, 8):
        values = ((x + y) % 2**bits).astype(np.uint8)
        wanted = palette(2**bits)[values]
        for header, name in ((40, "Windows"), (12, "OS/2"), (124, "version 5")):
            content = bmp(60, 40, bits, rows(values, bits), colours=palette(2**bits), header=header)
            found[f"{bits} bits, {name}"] = Good(content, wanted)
        content = bmp(60, -40, bits, rows(values[::-1], bits), colours=palette(2**bits))
        found[f"{bits} bits, from the top"] = Good(content, wanted)
        if bits > 1:
            data = run_lengths(values, bits)
            compression = RLE8 if bits == 8 else RLE4
            content = bmp(60, 40, bits, data, compression=compression, colours=palette(2**bits))
            found[f"{bits} bits, run lengths"] = Good(content, wanted)
    # Two pixels; three to the right and one up; two pixels; the end of the row, and two full rows.
    jump = b"\x02\x07\0\x02\x03\x01\x02\x09\0\0" + b"\x08\x05\0\0" * 2 + b"\0\1"
    places = np.full((4, 8), 5, np.uint8)
    places[2:] = 0
    places[3, :2], places[2, 5:7] = 7, 9
    found["run lengths with gaps"] = Good(
        bmp(8, 4, 8, jump, compression=RLE8, colours=palette(256)), palette(256)[places]
    )
    found["24 bits"] = Good(bmp(60, 40, 24, rows(bgr, 24)), rgb)
    found["24 bits, from the top"] = Good(bmp(60, -40, 24, rows(bgr[::-1], 24)), rgb)
    found["24 bits, OS/2"] = Good(bmp(60, 40, 24, rows(bgr, 24), header=12), rgb)
    found["24 bits, version 4"] = Good(bmp(60, 40, 24, rows(bgr, 24), header=108), rgb)
    four = np.dstack([bgr, np.full((40, 60), 77, np.uint8)])
    found["32 bits"] = Good(bmp(60, 40, 32, rows(four, 32)), rgb)
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    found["32 bits with alpha"] = Good(bmp(60, 40, 32, rows(four, 32), compression=MASKS, masks=masks, header=124), rgb)
    r, g, b = (rgb[..., i].astype(int) for i in range(3))
    found["16 bits, 5 5 5"] = Good(bmp(60, 40, 16, rows((r >> 3) << 10 | (g >> 3) << 5 | b >> 3, 16)), rgb, 8)
    content = bmp(
        60, 40, 16, rows((r >> 3) << 11 | (g >> 2) << 5 | b >> 3, 16), compression=MASKS, masks=(0xF800, 0x7E0, 0x1F)
    )
    found["16 bits, 5 6 5"] = Good(content, rgb, 8)
    gray = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    values = ((x * y) % 256).astype(np.uint8)
    found["gray"] = Good(bmp(60, 40, 8, rows(values, 8), colours=gray), as_rgb(values))
    found["garbage behind"] = Good(bmp(60, 40, 24, rows(bgr, 24)) + b"garbage", rgb)
    found["1 x 1"] = Good(bmp(1, 1, 24, rows(bgr[:1, :1], 24)), rgb[:1, :1])
    return found


def bad() -> dict[str, Bad]:
    """Files to refuse, with the reason."""
    bgr = colours()[..., ::-1]
    data = rows(bgr, 24)
    whole = bmp(60, 40, 24, data)
    files = {
        "3 bits": bmp(60, 40, 3, data),
        "an unknown compression": bmp(60, 40, 24, data, compression=9),
        "JPEG inside": bmp(60, 40, 0, data, compression=4),
        "an unknown header": whole[:14] + b"\x07" + whole[15:],
        "pixels behind its end": whole[:10] + b"\xff\xff\xff\x7f" + whole[14:],
        "run lengths of half a picture": bmp(
            8, 4, 8, b"\x08\x05\0\0" * 2 + b"\0\1", compression=RLE8, colours=palette(256)
        ),
        "run lengths without an end": bmp(60, 40, 8, b"\x3c\x01", compression=RLE8, colours=palette(256)),
        "the first two letters": b"BM",
        "a text that begins with BM": b"BMW is a maker of cars.\n" * 20,
    }
    files |= {f"cut off, {name}": cut for name, cut in cut_everywhere(whole).items()}
    found = {name: Bad(content, "cut off or damaged|no readable JPEG|more pixels") for name, content in files.items()}
    found["claims 100000 x 100000"] = Bad(bmp(100_000, 100_000, 24, data), "more pixels than crop.max_pixels")
    found["claims 0 x 40"] = Bad(bmp(0, 40, 24, data), "no pixels|damaged|no readable JPEG")
    found["a negative width"] = Bad(bmp(-60, 40, 24, data), "more pixels|damaged|no readable JPEG")
    return found
