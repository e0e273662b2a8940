"""Archives of arrays that are wrong on purpose: bombs, lies, locks, links, text that wants to run."""

import io
import pickle
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

Make = Callable[[], bytes]


def npy(header: str, data: bytes = b"", version: tuple[int, int] = (1, 0), length: int | None = None) -> bytes:
    """The content of a .npy file with this header, whose length may be a lie."""
    text = header.encode("latin1") + b"\n"
    form = "<H" if version == (1, 0) else "<I"
    return b"\x93NUMPY" + bytes(version) + struct.pack(form, len(text) if length is None else length) + text + data


def header(descr: str = "'|u1'", shape: str = "(3, 28, 28)") -> str:
    """The text that says of which kind and shape an array is."""
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"


def array(values: np.ndarray) -> bytes:
    """The content of a .npy file."""
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def archive(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive of these members, in which a name may come twice."""
    file = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(file, "w", method) as made:
        for name, content in members:
            made.writestr(name, content)
    return file.getvalue()


def patched(content: bytes, local: int, central: int, value: bytes) -> bytes:
    """Overwrite a field of the first member, at these places of its two headers."""
    changed = bytearray(content)
    start = content.index(b"PK\x01\x02")
    changed[local : local + len(value)] = value
    changed[start + central : start + central + len(value)] = value
    return bytes(changed)


class Runs:
    """Unpickled, it makes a file: the proof that a pickle was loaded."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple:
        return open, (str(self.trace), "w")


def with_image(image: bytes, labels: int = 3) -> bytes:
    """An archive of this ``image.npy`` and good labels."""
    return archive(("image.npy", image), ("label.npy", array(np.zeros(labels, np.uint8))))


def with_header(text: str, **lies: object) -> bytes:
    """An archive whose image has this header, and 3 digits behind it."""
    return with_image(npy(text, bytes(3 * 28 * 28), **lies))


def bomb(unpacked: int) -> bytes:
    """An archive of a few kilobytes whose image, by its header and in truth, has so many bytes of nothing."""
    head = npy(header(shape=f"({unpacked // 784}, 28, 28)"))
    pack = zlib.compressobj(9, wbits=-15)
    body = [pack.compress(head)]
    crc, left = zlib.crc32(head), unpacked // 784 * 784
    while left:
        some = bytes(min(left, 1 << 24))
        body.append(pack.compress(some))
        crc, left = zlib.crc32(some, crc), left - len(some)
    packed = b"".join(body) + pack.flush()
    whole = archive(("image.npy", b""), ("label.npy", array(np.zeros(unpacked // 784, np.uint8))))
    at = whole.index(b"PK\x03\x04", 4)
    sizes = struct.pack("<III", crc, len(packed), len(head) + unpacked // 784 * 784)
    first = bytearray(whole[:at])[: 30 + len("image.npy")]
    first[14:26], first[8:10] = sizes, struct.pack("<H", 8)
    shift = len(first) + len(packed) - at
    rest = bytearray(whole[at:])
    one = rest.index(b"PK\x01\x02")
    rest[one + 16 : one + 28], rest[one + 10 : one + 12] = sizes, struct.pack("<H", 8)
    two = rest.index(b"PK\x01\x02", one + 4)
    rest[two + 42 : two + 46] = struct.pack("<I", at + shift)
    end = rest.index(b"PK\x05\x06")
    start = struct.unpack("<I", rest[end + 16 : end + 20])[0]
    rest[end + 16 : end + 20] = struct.pack("<I", start + shift)
    return bytes(first) + packed + bytes(rest)


def claims(size: int) -> bytes:
    """An archive whose image claims ``size`` bytes in both headers of the zip, and holds 3 digits."""
    return patched(with_header(header(shape=f"({size // 784}, 28, 28)")), 22, 24, struct.pack("<I", size))


def pickled(trace: Path) -> bytes:
    """A .npy file of an array of objects, which makes ``trace`` where it is unpickled."""
    return npy(header("'|O'", "(3,)"), pickle.dumps(np.array([Runs(trace)] * 3, object)))


_IMAGES = array(np.zeros((3, 28, 28), np.uint8))
_LABELS = array(np.zeros(3, np.uint8))
_GOOD = with_image(_IMAGES)

BAD: dict[str, Make] = {
    "nothing": lambda: b"",
    "text": lambda: b"image,label\n1,2\n",
    "a web page": lambda: b"<!doctype html><title>Log in</title>",
    "one array": lambda: _IMAGES,
    "a pickle": lambda: pickle.dumps({"image": 1}),
    "an empty archive": lambda: archive(),
    "an archive in an archive": lambda: archive(("image.npy", _GOOD), ("label.npy", _GOOD)),
    "objects": lambda: with_image(pickled(Path("never"))),
    "objects in a field": lambda: with_header(header("[('a', '|O')]", "(3,)")),
    "fields": lambda: with_header(header("[('a', '|u1'), ('b', '|u1')]", "(3, 28, 14)")),
    "arrays in an array": lambda: with_header(header("('|u1', (28, 28))", "(3,)")),
    "dates": lambda: with_header(header("'<M8[D]'", "(3, 14, 7)")),
    "kept under a password": lambda: patched(_GOOD, 6, 8, b"\x01\x00"),
    "packed by bzip2": lambda: archive(("image.npy", _IMAGES), ("label.npy", _LABELS), method=zipfile.ZIP_BZIP2),
    "packed by lzma": lambda: archive(("image.npy", _IMAGES), ("label.npy", _LABELS), method=zipfile.ZIP_LZMA),
    "packed by something else": lambda: patched(_GOOD, 8, 10, struct.pack("<H", 99)),
    "a later zip": lambda: patched(_GOOD, 4, 6, b"\xff\x00"),
    "an array twice": lambda: archive(("image.npy", _IMAGES), ("image.npy", _IMAGES), ("label.npy", _LABELS)),
    "a link": lambda: with_image(b"/etc/passwd"),
    "a path outwards": lambda: archive(("../image.npy", _IMAGES), ("/label.npy", _IMAGES)),
    "a claim of 4 GB": lambda: claims(0xFFFFFFFE),
    "a shape of terabytes": lambda: with_header(header(shape="(99999999999, 28, 28)")),
    "a shape beyond 64 bits": lambda: with_header(header(shape="(99999999999999999999999,)")),
    "a shape that overflows to nothing": lambda: with_header(header(shape="(4294967296, 4294967296)")),
    "a shape of nothing times everything": lambda: with_header(header(shape="(0, 9223372036854775807)")),
    "a shape below 0": lambda: with_header(header(shape="(-3, 28, 28)")),
    "a shape of truth": lambda: with_header(header(shape="(True, 2352)")),
    "a shape in words": lambda: with_header(header(shape="'(3, 28, 28)'")),
    "a shape with too little behind it": lambda: with_header(header(shape="(4, 28, 28)")),
    "a shape with too much behind it": lambda: with_header(header(shape="(2, 28, 28)")),
    "items of gigabytes": lambda: with_header(header("'|S2147483647'", "(3,)")),
    "items of nothing": lambda: with_header(header("'|S0'", "(3,)")),
    "a type without an item": lambda: with_header(header("()", "(3,)")),
    "a type that is none": lambda: with_header(header("'quux'", "(3,)")),
    "a type of its own syntax": lambda: with_header(header("'(2,)u1, ('", "(3,)")),
    "a header that wants to run": lambda: with_header("__import__('os').system('touch never')"),
    "a header of signs": lambda: with_header("-" * 9000 + "1"),
    "a header of brackets": lambda: with_header("(" * 9000),
    "a header of quotes": lambda: with_header("'" * 3 + "\\"),
    "a header of a long number": lambda: with_header(header(shape=f"({'9' * 5000},)")),
    "a header that is a set": lambda: with_header("{[1]: 2}"),
    "a header without a shape": lambda: with_header("{'descr': '|u1', 'fortran_order': False}"),
    "a header of megabytes": lambda: with_header(header() + " " * 3_000_000, version=(2, 0)),
    "a header of 4 GB": lambda: with_header(header(), version=(2, 0), length=0xFFFFFFFF),
    "a header that ends early": lambda: with_header(header(), length=20),
    "a version to come": lambda: with_header(header(), version=(9, 0)),
}
