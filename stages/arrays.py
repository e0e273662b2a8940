"""Reading ``.npz`` archives from anywhere: what an array claims to be is checked before anything of it is unpacked.

No pickle is ever loaded, and no more memory taken than :data:`LARGEST`, whatever an archive says of itself.
"""

import io
import math
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path

import numpy as np

from stages.errors import InputError
from stages.text import one_line

# Bytes of the arrays that are read from one archive, and of the archive: 1.3 million digits of 28 x 28.
LARGEST = 1 << 30
# A header of numpy's is 128 bytes long; numpy itself refuses one above 10,000 characters.
_HEADER = 1 << 14
# Truth values, whole numbers, floats, text and bytes: no objects, dates or fields.
_PLAIN_KINDS = "biufUS"
# What zipfile, zlib and numpy's reader of headers raise for what is no archive or no array.
_UNREADABLE = (OSError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, MemoryError, RuntimeError)
_UNREADABLE += (SyntaxError, tokenize.TokenError, zipfile.BadZipFile, zlib.error)


def read_arrays(path: str | Path, names: Collection[str], advice: str = "run `dvc repro`") -> dict[str, np.ndarray]:
    """Read the arrays ``names`` of an ``.npz`` archive: numbers or text, of any shape and byte order.

    The arrays lie in memory as they lay in the file: they may be in Fortran order, or in the other byte order.

    Raises:
        InputError: the file is missing, cut off or something else, an array is missing, or they are more than
            :data:`LARGEST`; the message ends with ``advice``.
    """
    path = Path(path)
    try:
        if not path.is_file():  # A pipe would keep its reader waiting.
            raise InputError(f"{path}: no {'regular' if path.exists() else 'such'} file; {advice}")
        if path.stat().st_size > LARGEST:
            raise ValueError(f"longer than {LARGEST:,} bytes")
        # What numpy says about headers of old, or Python about odd ones, is no news to the user.
        with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(path) as archive:
            left, arrays = LARGEST, {}
            for name in names:
                arrays[name] = _read(archive, _member(archive, name), left)
                left -= arrays[name].nbytes
            return arrays
    except _UNREADABLE as error:
        problem = one_line(error) or type(error).__name__
        raise InputError(f"{path}: not readable as an .npz of plain arrays ({problem}); {advice}") from None


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    found = [info for info in archive.infolist() if info.filename == f"{name}.npy"]
    if not found:
        there = [info.filename.removesuffix(".npy") for info in archive.infolist()[:10]]
        raise ValueError(f"it lacks the array {name}; found: {', '.join(there) or 'none'}")
    if len(found) > 1:
        raise ValueError(f"it holds the array {name} twice")
    if found[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is packed by another method than deflate")
    return found[0]


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> np.ndarray:
    with archive.open(member) as file:
        start = file.read(_HEADER)
    try:
        shape, dtype, length = _header(start)
    except _UNREADABLE as error:
        raise ValueError(f"header of {member.filename}: {one_line(error) or type(error).__name__}") from None
    size = math.prod(shape) * dtype.itemsize
    if size > most:
        raise ValueError(f"{member.filename} would take {size:,} bytes, and {most:,} are left of {LARGEST:,}")
    if length + size != member.file_size:
        raise ValueError(f"{member.filename} has {member.file_size:,} bytes, but shape {shape} of {dtype}")
    with archive.open(member) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _header(start: bytes) -> tuple[tuple[int, ...], np.dtype, int]:
    """Shape and type of an array, and where in its file the header ends."""
    file = io.BytesIO(start)
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    else:
        raise ValueError(f"version {version} of arrays is unknown")
    if dtype.hasobject:
        raise ValueError("it holds Python objects, a pickle, which is never loaded")
    if dtype.kind not in _PLAIN_KINDS or dtype.itemsize == 0:
        raise ValueError(f"neither numbers nor text, but {dtype}")
    return shape, dtype, file.tell()
