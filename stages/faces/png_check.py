"""Is a PNG whole? Its checksums and the number of its pixels tell, and Pillow asks neither."""

import struct
import zlib
from collections.abc import Iterator

SIGNATURE_BYTES = 8
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # a pixel, by the kind of colours
# Adam7: first column and row, and the steps from one to the next, of each pass.
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def check_png(content: bytes) -> None:
    """Check every chunk's CRC, and that the packed pixels unpack to as many bytes as the header promises.

    Source: PNG Specification, third edition (W3C, 2025), sections 5.3 (chunks), 8.1 (Adam7) and 10 (compression).

    Raises:
        ValueError: the message says what is wrong.
    """
    missing, unpacker = 0, zlib.decompressobj()
    for name, data in _chunks(content):
        if name == b"IHDR":
            missing = _unpacked_bytes(data)
        elif name == b"IDAT" and missing > 0:
            missing -= len(unpacker.decompress(data, missing))
    if missing > 0:
        raise ValueError(f"{missing} bytes of its pixels are missing")


def _chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    view, at = memoryview(content), SIGNATURE_BYTES
    while True:
        if len(content) < at + 8:
            raise ValueError("its end is missing")
        length, name = struct.unpack_from(">I4s", content, at)
        if name == b"IEND":
            return
        if len(content) < at + 12 + length:
            raise ValueError("it ends within a chunk")
        data = view[at + 8 : at + 8 + length]
        if zlib.crc32(data, zlib.crc32(name)) != int.from_bytes(view[at + 8 + length : at + 12 + length], "big"):
            raise ValueError(f"the checksum of its chunk {name.decode('ascii', 'replace')} is wrong")
        yield name, data
        at += 12 + length


def _unpacked_bytes(header: memoryview) -> int:
    """A byte for the filter before each row, and rows that begin on whole bytes; passes without pixels have none."""
    width, height, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    total = 0
    for x, y, step_x, step_y in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        columns, rows = -(-max(0, width - x) // step_x), -(-max(0, height - y) // step_y)
        if columns:
            total += rows * (1 + (columns * depth * SAMPLES[colours] + 7) // 8)
    return total
