"""Writing files and folders so that a reader finds the old content or the new, never half of it; and JSON."""

import json
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from stages.runtime.errors import InputError

PARTIAL = ".partial"


@contextmanager
def atomic_file(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that takes its name once the block ends well.

    The temporary name is fixed, so what a killed process left is overwritten by the next run. The folder is made where
    it is missing.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}{PARTIAL}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yield an empty temporary folder beside ``path`` that replaces it once the block ends well."""
    path = Path(path)
    partial, old = (path.with_name(f".{path.name}{end}") for end in (PARTIAL, f".old{PARTIAL}"))
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        yield partial
        # To remove a large folder takes a while, in which a reader would find a part of it.
        shutil.rmtree(old, ignore_errors=True)
        if path.exists():
            os.replace(path, old)
        os.replace(partial, path)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


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
