"""GIF files of every kind, whole and damaged, written block by block."""

import struct

import numpy as np

from tests.photos.base import Bad, Good, as_rgb, cut_everywhere

TRAILER = b";"


def palette() -> np.ndarray:
    """128 colours, uint8 (128, 3)."""
    return np.random.default_rng(3).integers(0, 256, (128, 3), dtype=np.uint8)


def indices() -> np.ndarray:
    """A picture of places in the palette, (40, 60)."""
    x, y = np.meshgrid(np.arange(60), np.arange(40))
    return ((x + 2 * y) % 128).astype(np.uint8)


def packed(places: np.ndarray, bits: int = 7) -> bytes:
    """LZW without a table: codes of bits + 1 bits, and a clear code before the decoder would widen them."""
    clear, codes = 1 << bits, []
    for i, place in enumerate(places.ravel()):
        codes += [clear] if i % (clear - 2) == 0 else []
        codes.append(int(place))
    codes.append(clear + 1)
    total = sum(code << (i * (bits + 1)) for i, code in enumerate(codes))
    data = total.to_bytes(-(-len(codes) * (bits + 1) // 8), "little")
    blocks = [data[at : at + 255] for at in range(0, len(data), 255)]
    return bytes([bits]) + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def frame(
    places: np.ndarray, x: int = 0, y: int = 0, *, local: np.ndarray | None = None, transparent: int | None = None,
    interlace: bool = False, disposal: int = 0, size: tuple[int, int] | None = None,
) -> bytes:  # fmt: skip
    """One picture of an animation; ``size`` claims another than the one that its pixels have."""
    height, width = places.shape
    width, height = size or (width, height)
    control = disposal << 2 | (transparent is not None)
    start = b"!\xf9\x04" + struct.pack("<BHBB", control, 10, transparent or 0, 0)
    flags = (0 if local is None else 0x80 | 6) | (0x40 if interlace else 0)
    start += b"," + struct.pack("<HHHHB", x, y, width, height, flags)
    if interlace:
        places = np.concatenate([places[0::8], places[4::8], places[2::4], places[1::2]])
    return start + (b"" if local is None else local.tobytes()) + packed(places)


def gif(*frames: bytes, width: int = 60, height: int = 40, colours: np.ndarray | None = None, background=0) -> bytes:
    """A GIF of 128 colours; without ``colours`` it has no palette of its own."""
    flags = 0 if colours is None else 0x80 | 0x70 | 6
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, flags, background, 0)
    return screen + (b"" if colours is None else colours.tobytes()) + b"".join(frames) + TRAILER


def good() -> dict[str, Good]:
    """Files to read, by what they are."""
    places, colours, other = indices(), palette(), palette()[::-1].copy()
    small, wanted = places[5:25, 10:40], colours[places]
    whole = gif(frame(places), colours=colours)
    comment = b"!\xfe\x05hello\0"
    found = {
        "one picture": Good(whole, wanted),
        "version 87a": Good(whole.replace(b"89a", b"87a"), wanted),
        "interlaced": Good(gif(frame(places, interlace=True), colours=colours), wanted),
        "a palette of its own": Good(gif(frame(places, local=other), colours=colours), other[places]),
        "no palette": Good(gif(frame(places)), as_rgb(places)),
        "one transparent colour": Good(gif(frame(places, transparent=9), colours=colours), wanted),
        "animation": Good(gif(frame(places), frame(127 - places), colours=colours), wanted),
        "animation that disposes": Good(gif(frame(places, disposal=2), frame(small), colours=colours), wanted),
        "a comment": Good(gif(comment, frame(places), colours=colours), wanted),
        "garbage behind": Good(whole + b"garbage", wanted),
        "no end": Good(whole[:-1], wanted),
        "an animation cut off in its second picture": Good(
            gif(frame(places), frame(127 - places), colours=colours)[:-200], wanted
        ),
        "1 x 1": Good(gif(frame(places[:1, :1]), width=1, height=1, colours=colours), colours[places[:1, :1]]),
    }
    inside = np.broadcast_to(colours[0], wanted.shape).copy()
    inside[5:25, 10:40] = colours[small]
    found["a picture smaller than its screen"] = Good(gif(frame(small, 10, 5), colours=colours), inside)
    clear = np.broadcast_to(colours[9], wanted.shape).copy()
    clear[5:25, 10:40] = colours[small]
    found["a transparent picture smaller than its screen"] = Good(
        gif(frame(small, 10, 5, transparent=9), colours=colours), clear
    )
    found["a picture larger than its screen"] = Good(gif(frame(places), width=20, height=10, colours=colours), wanted)
    found["a screen of 0 x 0"] = Good(gif(frame(places), width=0, height=0, colours=colours), wanted)
    return found


def bad() -> dict[str, Bad]:
    """Files to refuse, with the reason."""
    places, colours = indices(), palette()
    whole = gif(frame(places), colours=colours)
    files = {
        "no picture": gif(colours=colours),
        "a comment alone": gif(b"!\xfe\x05hello\0", colours=colours),
        "too few pixels": gif(frame(places[:30], size=(60, 40)), colours=colours),
        "an impossible code": whole[: whole.index(b",") + 12] + b"\xff" * 500,
        "codes of 20 bits": whole.replace(b"\x07\xff", b"\x14\xff", 1),
        "the screen alone": gif(colours=colours)[:13],
    }
    cuts = {f"cut off, {name}": cut for name, cut in cut_everywhere(whole).items() if name != "last byte"}
    found = {name: Bad(content, "cut off or damaged|no readable JPEG") for name, content in (files | cuts).items()}
    huge = frame(places, size=(65_535, 65_535), disposal=2)
    found["a picture of 65535 x 65535"] = Bad(gif(huge, colours=colours), "more pixels than crop.max_pixels")
    found["a screen of 65535 x 65535"] = Bad(
        gif(frame(places), width=65_535, height=65_535, colours=colours), "more pixels than crop.max_pixels"
    )
    found["no pixels"] = Bad(
        gif(frame(places, size=(0, 0)), width=0, height=0, colours=colours), "no pixels|damaged|no readable JPEG"
    )
    return found
