"""Weights in safetensors files: plain arrays under names, nothing that runs when it is read.

The weights of every seed lie in one file, under ``seed<seed>/<name>``.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from stages.runtime.errors import InputError, visible
from stages.storage.files import write_bytes

State = dict[str, np.ndarray]


def save_weights(path: str | Path, weights: dict[int, State], about: dict[str, Any]) -> None:
    """Write the arrays of each seed, and ``about`` (what the network is) as JSON in the header."""
    tensors = {
        f"seed{seed}/{name}": np.asarray(array, order="C")  # keeps a single number one, as ascontiguousarray does not
        for seed, arrays in weights.items()
        for name, array in arrays.items()
    }
    # One key only: safetensors writes several in an order that changes from run to run.
    write_bytes(path, save(tensors, {"about": json.dumps(about, sort_keys=True)}))


def load_weights(path: str | Path) -> tuple[dict[int, State], dict[str, Any]]:
    """Read what :func:`save_weights` wrote.

    Returns:
        The arrays by name for each seed, in the order of the seeds' numbers, and ``about``.

    Raises:
        InputError: the file is missing, cut off, or not one of this project's.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; run `dvc repro` to train it, or `dvc pull`")
    weights: dict[int, State] = {}
    try:
        with safe_open(path, framework="numpy") as file:
            about = json.loads(file.metadata()["about"])
            for key in file.keys():
                seed, name = key.split("/", 1)
                weights.setdefault(int(seed.removeprefix("seed")), {})[name] = file.get_tensor(key)
        classes = about["classes"]
    except (SafetensorError, OSError, LookupError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}: not a weights file of this project, or cut off ({visible(str(error), 120)}); delete it and run "
            "`dvc repro`"
        ) from None
    if not weights or not classes:
        raise InputError(f"{path}: holds no weights; delete it and run `dvc repro`")
    return dict(sorted(weights.items())), about
