"""Reading JSON; writing files and folders so that a reader finds the old content or the new, never half of it."""

import json
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from stages.errors import InputError

PARTIAL = ".partial"


@contextmanager
def atomic_file(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that takes its name once the block ends well.

    The temporary name is fixed, so what a killed process left is overwritten by the next run.
    The folder is made where it is missing. An ``OSError`` from the block, such as of a full disk, names ``path``.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}{PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        os.replace(partial, path)
    except OSError as error:
        _name(error, path, partial)
        raise
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yield an empty temporary folder beside ``path`` that replaces it once the block ends well.

    An ``OSError`` from the block, such as of a full disk, names the file by its place in ``path``, or ``path``.
    """
    path = Path(path)
    partial, old = (path.with_name(f".{path.name}{end}") for end in (PARTIAL, f".old{PARTIAL}"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove(partial)
        partial.mkdir()
        yield partial
        _remove(old)
        # To remove a large folder takes a while, in which a reader would find a part of it.
        if os.path.lexists(path):
            os.replace(path, old)
        os.replace(partial, path)
        _remove(old)
    except OSError as error:
        _name(error, path, partial)
        raise
    finally:
        _remove(partial)


def _name(error: OSError, path: Path, partial: Path) -> None:
    """Make an error name the file by the name that it was to get; one that a failed write raises names none."""
    if error.errno is None:  # a library's own: it has a message, to which a name would not be added
        return
    # Two names are those of a copy: from where and, full or not, to where.
    place = Path(os.fsdecode(error.filename2 or error.filename or partial))
    if place.is_relative_to(partial):
        error.filename, error.filename2 = str(path / place.relative_to(partial)), None


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write ``content`` under a temporary name, then rename."""
    with atomic_file(path) as partial:
        partial.write_bytes(content)


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` as UTF-8 with ``\\n`` line ends on every system."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: str | Path, value: Any) -> None:
    """Write ``value`` as indented JSON, floats rounded to 6 digits after the point.

    Raises:
        ValueError: a number is NaN or infinite, which JSON cannot hold.
    """
    write_text(path, json.dumps(_plain(value), indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def read_json(path: str | Path, advice: str = "run `dvc repro`") -> Any:
    """Read a JSON file.

    Raises:
        InputError: it is missing or no JSON; the message ends with ``advice``.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable ({error}); {advice}") from None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return round(float(value), 6) if math.isfinite(value) else float(value)
    return value
