"""Reading ``.npz`` archives. No pickle is ever loaded."""

import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path

import numpy as np

from stages.runtime.errors import InputError, visible
from stages.storage.files import atomic_file


def write_arrays(path: str | Path, arrays: dict[str, np.ndarray]) -> None:
    """Write an uncompressed ``.npz``, byte for byte the same for the same arrays."""
    with atomic_file(path) as partial, partial.open("wb") as file:
        np.savez(file, **arrays)


def read_arrays(
    path: str | Path, names: Collection[str] | None = None, advice: str = "run `dvc repro`"
) -> dict[str, np.ndarray]:
    """Read the arrays ``names``, or all, of an ``.npz`` archive of numbers and texts.

    Raises:
        InputError: the file is missing, cut off or something else, or lacks an array; the message ends with ``advice``.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; {advice}")
    try:
        loaded = np.load(path, allow_pickle=False)
        if not isinstance(loaded, np.lib.npyio.NpzFile):
            raise ValueError("it is a single array")
        with loaded as archive:
            if missing := [name for name in names or () if name not in archive.files]:
                found = ", ".join(archive.files[:10]) or "none"
                raise InputError(f"{path}: lacks the array {missing[0]} (it has {found}); {advice}")
            return {name: archive[name] for name in names or archive.files}
    except (OSError, ValueError, EOFError, LookupError, SyntaxError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            f"{path}: not readable as an .npz of plain arrays ({visible(str(error), 120)}); {advice}"
        ) from None
