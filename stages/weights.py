"""Weights in safetensors files: plain arrays under names, nothing that runs when it is read.

The weights of every seed lie in one file, under ``seed<seed>/<name>``.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from stages.arrays import LARGEST
from stages.errors import InputError
from stages.files import write_bytes
from stages.text import one_line

# How pickles of protocol 2 and above begin, and the zip archives in which torch.save puts them.
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")


def save_weights(path: str | Path, weights: dict[int, dict[str, np.ndarray]], about: dict[str, Any]) -> None:
    """Write the arrays of each seed, and ``about`` (what the network is) as JSON in the header."""
    tensors = {
        f"seed{seed}/{name}": np.ascontiguousarray(array)
        for seed, arrays in weights.items()
        for name, array in arrays.items()
    }
    # One key only: safetensors writes several in an order that changes from run to run.
    write_bytes(path, save(tensors, {"about": json.dumps(about, sort_keys=True)}))


def load_weights(path: str | Path) -> tuple[dict[int, dict[str, np.ndarray]], dict[str, Any]]:
    """Read what :func:`save_weights` wrote.

    Returns:
        The arrays by name for each seed, in the order of the seeds' numbers, and ``about``.

    Raises:
        InputError: the file is missing, cut off, or not one of this project's.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such file; run `dvc repro` to train it")
    try:
        return _load(path)
    except (SafetensorError, OSError, LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
        problem = "it looks like a pickle or a file of torch.save, which is never loaded"
        if not isinstance(error, SafetensorError) or not _looks_like_a_pickle(path):
            problem = one_line(error)
        raise InputError(
            f"{path}: not a weights file of this project, or cut off ({problem}); delete it and run `dvc repro`"
        ) from None


def _looks_like_a_pickle(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4).startswith(_PICKLES)


def _load(path: Path) -> tuple[dict[int, dict[str, np.ndarray]], dict[str, Any]]:
    if not path.is_file() or path.stat().st_size > LARGEST:  # A pipe would keep its reader waiting.
        raise ValueError(f"no regular file of at most {LARGEST:,} bytes")
    weights: dict[int, dict[str, np.ndarray]] = {}
    with safe_open(path, framework="numpy") as file:
        about = json.loads(file.metadata()["about"])
        for key in file.keys():
            seed, name = key.split("/", 1)
            array = weights.setdefault(int(seed.removeprefix("seed")), {})[name] = file.get_tensor(key)
            if not np.isfinite(array).all():
                raise ValueError(f"{key} holds numbers that are not finite")
    if not weights or not isinstance(about, dict):
        raise ValueError("it holds no weights, or does not say of which network")
    return dict(sorted(weights.items())), about
