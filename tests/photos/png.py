"""PNG files of every kind, whole and damaged, written chunk by chunk."""

import struct
import zlib

import numpy as np
from PIL import Image

from tests.photos.base import Bad, Good, as_rgb, colours, cut_everywhere, exif, grays, stored, upright

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GRAY: 1, RGB: 3, RGBA: 4}
# Adam7: first column and row, and the steps, of each pass.
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
END = (b"IEND", b"")


def chunk(name: bytes, data: bytes, crc: int | None = None) -> bytes:
    """Length, name, data, and the checksum (right unless given)."""
    crc = zlib.crc32(name + data) if crc is None else crc
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)


def file_of(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of these chunks."""
    return SIGNATURE + b"".join(chunk(name, data) for name, data in chunks)


def header(width: int, height: int, depth: int, colour: int, interlace: int = 0) -> tuple[bytes, bytes]:
    """The chunk IHDR."""
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)


def rows(samples: np.ndarray, depth: int) -> bytes:
    """Samples (height, width, channels) as rows of filter 0."""
    if samples.size == 0:
        return b""
    flat = samples.reshape(len(samples), -1)
    if depth == 16:
        packed = [row.astype(">u2").tobytes() for row in flat]
    elif depth == 8:
        packed = [row.astype(np.uint8).tobytes() for row in flat]
    else:
        bits = (flat[..., None] >> np.arange(depth - 1, -1, -1)) & 1
        packed = [np.packbits(row.ravel().astype(np.uint8)).tobytes() for row in bits]
    return b"".join(b"\0" + row for row in packed)


def png(
    samples: np.ndarray, depth: int, colour: int, *, before=(), after=(), interlace: bool = False, missing: int = 0
) -> bytes:
    """A PNG of samples (height, width, channels) with further chunks before and after the pixels.

    ``missing`` bytes are cut off the pixels before they are packed.
    """
    height, width = samples.shape[:2]
    passes = [samples[y::dy, x::dx] for x, y, dx, dy in PASSES] if interlace else [samples]
    unpacked = b"".join(rows(each, depth) for each in passes)
    data = zlib.compress(unpacked[: len(unpacked) - missing])
    return file_of(header(width, height, depth, colour, int(interlace)), *before, (b"IDAT", data), *after, END)


def _palette() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (256, 3), dtype=np.uint8)


def _good_modes(interlace: bool) -> dict[str, Good]:
    rgb, gray, found = colours(), grays().astype(int), {}
    for depth in (1, 2, 4, 8, 16):
        samples = gray * (2**depth - 1) // 255
        scaled = samples >> 8 if depth == 16 else samples * 255 // (2**depth - 1)
        found[f"gray, {depth} bits"] = Good(png(samples[..., None], depth, GRAY, interlace=interlace), as_rgb(scaled))
        trns = [(b"tRNS", struct.pack(">H", samples[0, 0]))]
        content = png(samples[..., None], depth, GRAY, before=trns, interlace=interlace)
        found[f"gray with one transparent, {depth} bits"] = Good(content, as_rgb(scaled))
        if depth <= 8:
            plte = (b"PLTE", _palette()[: 2**depth].tobytes())
            content = png(samples[..., None], depth, PALETTE, before=[plte], interlace=interlace)
            found[f"palette, {depth} bits"] = Good(content, _palette()[samples])
            before = [plte, (b"tRNS", bytes(range(2**depth)))]
            content = png(samples[..., None], depth, PALETTE, before=before, interlace=interlace)
            found[f"palette with transparency, {depth} bits"] = Good(content, _palette()[samples])
        if depth >= 8:
            factor = 1 if depth == 8 else 257
            alpha = np.full((*gray.shape, 1), 7 * factor)
            alpha[:20] = 0
            wide, deep = rgb.astype(int) * factor, gray[..., None] * factor
            content = png(np.dstack([deep, alpha]), depth, GRAY_ALPHA, interlace=interlace)
            found[f"gray and alpha, {depth} bits"] = Good(content, as_rgb(gray))
            found[f"RGB, {depth} bits"] = Good(png(wide, depth, RGB, interlace=interlace), rgb)
            found[f"RGBA, {depth} bits"] = Good(png(np.dstack([wide, alpha]), depth, RGBA, interlace=interlace), rgb)
    return found


def good() -> dict[str, Good]:
    """Files to read, by what they are."""
    rgb = colours()
    found = _good_modes(False) | {f"{name}, interlaced": each for name, each in _good_modes(True).items()}
    whole = png(rgb, 8, RGB)
    low = np.full((4, 4, 3), 200)
    files = {
        "garbage behind": whole + b"garbage" * 99,
        "no last byte": whole[:-1],
        "a text": png(
            rgb, 8, RGB, before=[(b"tEXt", b"Title\0x"), (b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 999))]
        ),
        "a colour profile of junk": png(rgb, 8, RGB, before=[(b"iCCP", b"junk\0\0" + zlib.compress(b"junk" * 50))]),
        "a colour profile that cannot be unpacked": png(rgb, 8, RGB, before=[(b"iCCP", b"junk\0\0junk")]),
        "an unknown chunk": png(rgb, 8, RGB, before=[(b"prVt", b"x")]),
        "pixels in many chunks": _in_pieces(),
        "more pixels than it needs": _with_surplus(),
        "EXIF that runs in a circle": png(rgb, 8, RGB, before=[(b"eXIf", exif(1)[:-4] + b"\x08\0\0\0")]),
        "EXIF of junk": png(rgb, 8, RGB, before=[(b"eXIf", b"junk")]),
        "animation": stored(Image.fromarray(rgb), "PNG", save_all=True, append_images=[Image.fromarray(255 - rgb)]),
        "animation behind another picture": stored(
            Image.fromarray(rgb),
            "PNG",
            save_all=True,
            default_image=True,
            append_images=[Image.fromarray(255 - rgb)] * 2,
        ),
    }
    found |= {name: Good(content, rgb) for name, content in files.items()}
    found["palette that is too short"] = Good(
        png(np.array([[[0], [1], [7]]]), 4, PALETTE, before=[(b"PLTE", bytes(range(6)))]),
        np.array([[[0, 1, 2], [3, 4, 5], [0, 0, 0]]], np.uint8),
    )
    for orientation in range(1, 9):
        for place, name in (("before", "before"), ("after", "behind")):
            content = png(rgb, 8, RGB, **{place: [(b"eXIf", exif(orientation, ">"))]})
            found[f"EXIF orientation {orientation} {name} the pixels"] = Good(content, upright(rgb, orientation))
    for width, height in ((1, 1), (1, 30_000), (30_000, 1)):
        pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
        found[f"{width} x {height}"] = Good(png(pixels, 8, RGB), pixels)
    for width, height in ((1, 1), (1, 9), (9, 1), (2, 3), (4, 4), (5, 5)):
        pixels = rgb[:height, :width]
        found[f"{width} x {height}, interlaced"] = Good(png(pixels, 8, RGB, interlace=True), pixels)
    found["16 bits are rounded down"] = Good(png(low * 256 + 255, 16, RGB), low.astype(np.uint8))
    return found


def _in_pieces() -> bytes:
    data = zlib.compress(rows(colours(), 8))
    pieces = [(b"IDAT", data[at : at + 7]) for at in range(0, len(data), 7)]
    return file_of(header(60, 40, 8, RGB), *pieces, (b"IDAT", b""), END)


def _with_surplus() -> bytes:
    data = zlib.compress(rows(colours(), 8) + b"surplus" * 999)
    return file_of(header(60, 40, 8, RGB), (b"IDAT", data), END)


def claiming(width: int, height: int, data: bytes = b"x") -> bytes:
    """A PNG whose header promises a size that its few bytes don't hold."""
    return file_of(header(width, height, 8, RGB), (b"IDAT", data), END)


def bad() -> dict[str, Bad]:
    """Files to refuse, with the reason."""
    rgb = colours()
    whole, pixels = png(rgb, 8, RGB), zlib.compress(rows(rgb, 8))
    palette = png(grays()[..., None], 8, PALETTE, before=[(b"PLTE", _palette().tobytes())])
    start = header(60, 40, 8, RGB)
    damaged = "cut off or damaged|no readable JPEG|its palette is missing"
    files = {
        "a wrong checksum of the header": _with_wrong_crc(whole, b"IHDR"),
        "a wrong checksum of the pixels": _with_wrong_crc(whole, b"IDAT"),
        "a wrong checksum of the palette": _with_wrong_crc(palette, b"PLTE"),
        "pixels that cannot be unpacked": file_of(start, (b"IDAT", b"junk" * 99), END),
        "pixels with a wrong checksum of their own": file_of(start, (b"IDAT", pixels[:-4] + b"junk"), END),
        "too few pixels": file_of(start, (b"IDAT", zlib.compress(rows(rgb[:30], 8))), END),
        "an unknown filter": file_of(start, (b"IDAT", zlib.compress(b"\x09" + rows(rgb, 8)[1:])), END),
        "no pixels": file_of(start, END),
        "no end": whole[:-12],
        "no header": file_of((b"IDAT", pixels), END),
        "no palette": png(grays()[..., None], 8, PALETTE),
        "3 bits": file_of(header(60, 40, 3, GRAY), (b"IDAT", pixels), END),
        "RGB of 4 bits": file_of(header(60, 40, 4, RGB), (b"IDAT", pixels), END),
        "an unknown kind of colours": file_of(header(60, 40, 8, 5), (b"IDAT", pixels), END),
        "as iPhones pack it": file_of((b"CgBI", b"P\0 \x02"), start, (b"IDAT", pixels[2:-4]), END),
        "a wrong checksum of a chunk without a name": png(rgb, 8, RGB, after=[(b"a\0\nb", b"x")]).replace(
            b"\nbx", b"\nby"
        ),
        "a chunk that claims 2 GB": whole[:33] + b"\x7f\xff\xff\xff" + whole[37:],
        "a text that claims 2 GB": whole[:33] + b"\x7f\xff\xff\xfftEXt" + whole[33:],
        "a text that unpacks to 100 MB": _with_bomb(b"zTXt", b"Comment\0\0"),
        "an international text that unpacks to 100 MB": _with_bomb(b"iTXt", b"Comment\0\x01\0\0\0"),
        "a colour profile that unpacks to 100 MB": _with_bomb(b"iCCP", b"sRGB\0\0"),
        "the signature of PNG, then JPEG": SIGNATURE + stored(rgb, "JPEG"),
        "the signature alone": SIGNATURE,
    }
    interlaced = png(rgb, 8, RGB, interlace=True)
    for kind, content in (("cut off", whole), ("interlaced, cut off", interlaced)):
        cuts = cut_everywhere(content)
        del cuts["last byte"]  # which is that of a checksum of nothing
        files |= {f"{kind}, {name}": cut for name, cut in cuts.items()}
    for interlace in (False, True):
        for depth, colour, missing in ((1, GRAY, 3), (4, GRAY, 1), (8, RGB, 34), (16, RGBA, 1)):
            content = png(np.zeros((9, 11, SAMPLES[colour]), int), depth, colour, interlace=interlace, missing=missing)
            files[f"bytes too few: {missing}, {depth} bits, colours {colour}{', interlaced' * interlace}"] = content
    found = {name: Bad(content, damaged) for name, content in files.items()}
    found["claims 100000 x 100000"] = Bad(claiming(100_000, 100_000), "more pixels than crop.max_pixels")
    found["claims 2147483647 x 2147483647"] = Bad(claiming(2**31 - 1, 2**31 - 1), "more pixels than crop.max_pixels")
    found["claims 0 x 40"] = Bad(claiming(0, 40), "no pixels|damaged|no readable JPEG")
    return found


def _with_wrong_crc(content: bytes, name: bytes) -> bytes:
    at = content.index(name)
    end = at + 4 + struct.unpack_from(">I", content, at - 4)[0]
    return content[:end] + struct.pack(">I", struct.unpack_from(">I", content, end)[0] ^ 1) + content[end + 4 :]


def _with_bomb(name: bytes, start: bytes) -> bytes:
    return png(colours(), 8, RGB, before=[(name, start + zlib.compress(bytes(100_000_000), 9))])
