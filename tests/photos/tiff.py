"""TIFF files of every kind, whole and damaged, written tag by tag."""

import struct
import zlib

import cv2
import numpy as np
from PIL import Image

from tests.photos.base import Bad, Good, as_rgb, colours, cut_everywhere, grays, stored, upright

SHORT, LONG = 3, 4
WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, STRIPS, ORIENTATION, SAMPLES = 256, 257, 258, 259, 262, 273, 274, 277
ROWS, BYTES, PLANAR, PREDICTOR, PALETTE, TILE_WIDTH, TILE_LENGTH = 278, 279, 284, 317, 320, 322, 323
TILES, TILE_BYTES, EXTRA, FORMAT = 324, 325, 338, 339
RAW, DEFLATE = 1, 8
WHITE_IS_ZERO, BLACK_IS_ZERO, IN_RGB, IN_PALETTE, IN_CMYK = 0, 1, 2, 3, 5


def tiff(
    tags: dict[int, int | list[int]], strips: list[bytes], *, endian: str = "<", tiled: bool = False, following: int = 0
) -> bytes:
    """A TIFF of one directory; ``following`` is where the next one is said to be."""
    tags = dict(tags)
    places, lengths = (TILES, TILE_BYTES) if tiled else (STRIPS, BYTES)
    tags[places], tags[lengths] = [0] * len(strips), [len(strip) for strip in strips]
    at = 8
    tags[places] = [at + sum(len(s) for s in strips[:i]) for i in range(len(strips))]
    data, entries = bytearray(b"".join(strips)), []
    for tag in sorted(tags):
        values = tags[tag] if isinstance(tags[tag], list) else [tags[tag]]
        kind = LONG if tag in (places, lengths) or max(values) > 65_535 else SHORT
        packed = struct.pack(endian + str(len(values)) + ("I" if kind == LONG else "H"), *values)
        if len(packed) > 4:
            where = at + len(data)
            data += packed
            packed = struct.pack(endian + "I", where)
        entries.append(struct.pack(endian + "HHI", tag, kind, len(values)) + packed.ljust(4, b"\0"))
    data += b"\0" * (len(data) % 2)
    order = b"II*\0" if endian == "<" else b"MM\0*"
    directory = struct.pack(endian + "H", len(entries)) + b"".join(entries) + struct.pack(endian + "I", following)
    return order + struct.pack(endian + "I", at + len(data)) + bytes(data) + directory


def tags(pixels: np.ndarray, bits: int, photometric: int, **more: int | list[int]) -> dict[int, int | list[int]]:
    """The tags that describe pixels (height, width, channels) of so many bits."""
    height, width, samples = pixels.shape
    described = {WIDTH: width, LENGTH: height, BITS: [bits] * samples, COMPRESSION: RAW, PHOTOMETRIC: photometric}
    return described | {SAMPLES: samples, ROWS: height}


def _deep(endian: str) -> dict[str, Good]:
    """16 and 12 bits, gray and in colour, black or white as 0."""
    order, name = ("<u2", "Intel") if endian == "<" else (">u2", "Motorola")
    gray = (grays().astype(int) * 257)[..., None]
    rgb = colours().astype(int) * 257
    found = {}
    for photometric, kind in ((BLACK_IS_ZERO, "gray"), (WHITE_IS_ZERO, "gray with white as 0")):
        values = gray if photometric == BLACK_IS_ZERO else 65_535 - gray
        content = tiff(tags(gray, 16, photometric), [values.astype(order).tobytes()], endian=endian)
        found[f"{kind}, 16 bits, {name}"] = Good(content, as_rgb(grays()))
        packed = [zlib.compress(values.astype(order).tobytes())]
        content = tiff(tags(gray, 16, photometric) | {COMPRESSION: DEFLATE}, packed, endian=endian)
        found[f"{kind}, 16 bits, deflate, {name}"] = Good(content, as_rgb(grays()))
    content = tiff(tags(rgb, 16, IN_RGB), [rgb.astype(order).tobytes()], endian=endian)
    found[f"RGB, 16 bits, {name}"] = Good(content, colours())
    twelve = (grays().astype(int) * 16 + 15)[..., None]
    bits = (twelve >> np.arange(11, -1, -1)) & 1
    found["gray, 12 bits"] = Good(
        tiff(tags(twelve, 12, BLACK_IS_ZERO), [np.packbits(bits.astype(np.uint8)).tobytes()]), as_rgb(grays())
    )
    return found


def _tiles(pixels: np.ndarray, side: int) -> list[bytes]:
    height, width = pixels.shape[:2]
    padded = np.pad(pixels, ((0, -height % side), (0, -width % side), (0, 0)))
    return [padded[y : y + side, x : x + side].tobytes() for y in range(0, height, side) for x in range(0, width, side)]


def good() -> dict[str, Good]:
    """Files to read, by what they are."""
    rgb, gray = colours(), grays()[..., None]
    image = Image.fromarray(rgb)
    found = {f"RGB, {kind or 'raw'}": Good(stored(rgb, "TIFF", compression=kind), rgb) for kind in (
        None, "packbits", "tiff_lzw", "tiff_adobe_deflate", "zstd", "lzma",
    )}  # fmt: skip
    found["RGB, JPEG"] = Good(stored(rgb, "TIFF", compression="jpeg", quality=95), rgb, 8)
    one = np.asarray(Image.fromarray(grays()).convert("1"))
    for kind in (None, "group3", "group4", "packbits"):
        found[f"1 bit, {kind or 'raw'}"] = Good(
            stored(Image.fromarray(one), "TIFF", compression=kind), as_rgb(one * 255)
        )
    found["gray"] = Good(tiff(tags(gray, 8, BLACK_IS_ZERO), [gray.tobytes()]), as_rgb(grays()))
    found["gray with white as 0"] = Good(tiff(tags(gray, 8, WHITE_IS_ZERO), [(255 - gray).tobytes()]), as_rgb(grays()))
    found |= _deep("<") | {name: each for name, each in _deep(">").items() if "white" not in name}
    found["RGB, Motorola"] = Good(tiff(tags(rgb, 8, IN_RGB), [rgb.tobytes()], endian=">"), rgb)
    clear = np.dstack([rgb, np.full((40, 60), 99, np.uint8)])
    found["RGB and alpha"] = Good(tiff(tags(clear, 8, IN_RGB) | {EXTRA: 2}, [clear.tobytes()]), rgb)
    shades = np.random.default_rng(2).integers(0, 65_536, (3, 256))
    content = tiff(tags(gray, 8, IN_PALETTE) | {PALETTE: shades.ravel().tolist()}, [gray.tobytes()])
    found["palette"] = Good(content, (shades >> 8).astype(np.uint8).T[grays()])
    cmyk = np.asarray(image.convert("CMYK"))
    found["CMYK"] = Good(tiff(tags(cmyk, 8, IN_CMYK), [cmyk.tobytes()]), rgb, 1)
    strips = [rgb[y : y + 7].tobytes() for y in range(0, 40, 7)]
    found["strips"] = Good(tiff(tags(rgb, 8, IN_RGB) | {ROWS: 7}, strips), rgb)
    found["strips, deflate"] = Good(
        tiff(tags(rgb, 8, IN_RGB) | {ROWS: 7, COMPRESSION: DEFLATE}, [zlib.compress(s) for s in strips]), rgb
    )
    planes = [rgb[..., i].tobytes() for i in range(3)]
    found["planes"] = Good(tiff(tags(rgb, 8, IN_RGB) | {PLANAR: 2}, planes), rgb)
    found["planes, deflate"] = Good(
        tiff(tags(rgb, 8, IN_RGB) | {PLANAR: 2, COMPRESSION: DEFLATE}, [zlib.compress(p) for p in planes]), rgb
    )
    tiles = {TILE_WIDTH: 16, TILE_LENGTH: 16}
    described = {tag: value for tag, value in tags(rgb, 8, IN_RGB).items() if tag != ROWS} | tiles
    found["tiles"] = Good(tiff(described, _tiles(rgb, 16), tiled=True), rgb)
    packed = [zlib.compress(tile) for tile in _tiles(rgb, 16)]
    found["tiles, deflate"] = Good(tiff(described | {COMPRESSION: DEFLATE}, packed, tiled=True), rgb)
    found["predictor"] = Good(cv2.imencode(".tif", rgb[..., ::-1], [cv2.IMWRITE_TIFF_PREDICTOR, 2])[1].tobytes(), rgb)
    found["several pages"] = Good(
        stored(image, "TIFF", save_all=True, append_images=[Image.fromarray(255 - rgb)], compression="tiff_lzw"), rgb
    )
    found["64-bit offsets"] = Good(stored(image, "TIFF", big_tiff=True), rgb)
    found["directories that run in a circle"] = Good(_circle(), rgb)
    found["a next directory behind its end"] = Good(tiff(tags(rgb, 8, IN_RGB), [rgb.tobytes()], following=2**31), rgb)
    found["garbage behind"] = Good(tiff(tags(rgb, 8, IN_RGB), [rgb.tobytes()]) + b"garbage", rgb)
    found["1 x 1"] = Good(tiff(tags(rgb[:1, :1], 8, IN_RGB), [rgb[:1, :1].tobytes()]), rgb[:1, :1])
    for orientation in range(1, 9):
        for compression in (RAW, DEFLATE):
            data = rgb.tobytes() if compression == RAW else zlib.compress(rgb.tobytes())
            content = tiff(tags(rgb, 8, IN_RGB) | {ORIENTATION: orientation, COMPRESSION: compression}, [data])
            name = f"orientation {orientation}, {'raw' if compression == RAW else 'deflate'}"
            found[name] = Good(content, upright(rgb, orientation))
    return found


def _circle() -> bytes:
    rgb = colours()
    content = tiff(tags(rgb, 8, IN_RGB), [rgb.tobytes()])
    return content[:-4] + content[4:8]


def bad() -> dict[str, Bad]:
    """Files to refuse, with the reason."""
    rgb = colours()
    whole, packed = tiff(tags(rgb, 8, IN_RGB), [rgb.tobytes()]), zlib.compress(rgb.tobytes())
    deflated = tags(rgb, 8, IN_RGB) | {COMPRESSION: DEFLATE}
    raw, lzw = stored(rgb, "TIFF"), stored(rgb, "TIFF", compression="tiff_lzw")
    files = {
        "no size": tiff({t: v for t, v in tags(rgb, 8, IN_RGB).items() if t != WIDTH}, [rgb.tobytes()]),
        "an unknown compression": tiff(tags(rgb, 8, IN_RGB) | {COMPRESSION: 9999}, [rgb.tobytes()]),
        "5 bits": tiff(tags(rgb, 5, IN_RGB), [rgb.tobytes()]),
        "9 samples a pixel": tiff(tags(rgb, 8, IN_RGB) | {SAMPLES: 9}, [rgb.tobytes()]),
        "too few pixels": tiff(tags(rgb, 8, IN_RGB), [rgb[:30].tobytes()]),
        "pixels that cannot be unpacked": tiff(deflated, [b"junk" * 99]),
        "packed pixels that are cut off": tiff(deflated, [packed[:-30]]),
        "packed pixels with a wrong checksum": tiff(deflated, [packed[:-4] + b"junk"]),
        "a directory behind its end": whole[:4] + b"\xff\xff\xff\x7f" + whole[8:],
        "a directory in its header": whole[:4] + bytes(4) + whole[8:],
        "the header alone": whole[:8],
        "logarithms": tiff(tags(rgb, 8, 32_845), [rgb.tobytes()]),
    }
    files |= {f"raw, cut off, {name}": cut for name, cut in cut_everywhere(raw).items()}
    files |= {f"LZW, cut off, {name}": cut for name, cut in cut_everywhere(lzw).items()}
    files |= {name: each.content for name, each in _deep(">").items() if "white" in name}  # which Pillow doesn't know
    found = {name: Bad(content, "cut off or damaged|no readable JPEG") for name, content in files.items()}
    floats = (grays() / 255).astype(np.float32)[..., None]
    fractions = tiff(tags(floats, 32, BLACK_IS_ZERO) | {FORMAT: 3}, [floats.tobytes()])
    found["fractions"] = Bad(fractions, "its pixels are fractions; save it with 8 or 16 bits")
    found["fractions in colour"] = Bad(
        cv2.imencode(".tif", rgb.astype(np.float32))[1].tobytes(), "damaged|no readable JPEG"
    )
    whole_numbers = tiff(tags(floats, 32, BLACK_IS_ZERO), [floats.tobytes()])
    found["32 bits"] = Bad(whole_numbers, "its pixels are 32-bit or signed whole numbers")
    signed = tiff(tags(floats, 16, BLACK_IS_ZERO) | {FORMAT: 2}, [bytes(4800)])
    found["16 bits with a sign"] = Bad(signed, "its pixels are 32-bit or signed whole numbers")
    huge = tags(rgb, 8, IN_RGB) | {COMPRESSION: DEFLATE, TILE_WIDTH: 20_000, TILE_LENGTH: 20_000}
    del huge[ROWS]
    found["a tile of 20000 x 20000"] = Bad(tiff(huge, [packed], tiled=True), "a tile of 20000 x 20000 pixels are more")
    claims = tags(rgb, 8, IN_RGB) | {WIDTH: 100_000, LENGTH: 100_000}
    found["claims 100000 x 100000"] = Bad(tiff(claims, [rgb.tobytes()]), "more pixels than crop.max_pixels")
    found["no pixels"] = Bad(tiff(tags(rgb, 8, IN_RGB) | {LENGTH: 0}, [b""]), "no pixels|damaged|no readable JPEG")
    return found
