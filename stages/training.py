"""What both families' training stages share: seeds side by side, and the files that come out."""

import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from tqdm import tqdm

from stages.errors import InputError
from stages.history import over_seeds, per_seed, write_table
from stages.weights import save_weights

KEY = re.compile(r"[a-z_.]+: ")


def variant_of(variants: dict[str, Any], name: str, family: str) -> Any:
    """Return the variant called ``name``.

    Raises:
        InputError: there is none; lists those that there are.
    """
    if name not in variants:
        raise InputError(f"{family}.variants.{name}: no such variant; params.yaml has {', '.join(variants)}")
    return variants[name]


def progress_bar(name: str, seed: int, epochs: int) -> tqdm:
    """A bar of epochs on standard error; where that is no terminal, a line every 10 seconds of long work."""
    wait = 0.5 if sys.stderr.isatty() else 10
    return tqdm(total=epochs, desc=f"{name} seed {seed}", unit="epoch", mininterval=wait, delay=wait, leave=False)


def guard_divergence(family: str, name: str, task: Callable[[], Any]) -> Any:
    """Run ``task``, putting the variant before the message of an :class:`InputError`, which may begin with a key."""
    try:
        return task()
    except InputError as error:
        joint = "." if KEY.match(str(error)) else ": "
        raise InputError(f"{family}.variants.{name}{joint}{error}") from None


def write_training(
    family: str,
    name: str,
    weights: dict[int, dict[str, np.ndarray]],
    histories: dict[int, list[dict[str, float]]],
    about: dict[str, Any],
) -> None:
    """Write the weights, every seed's learning curve, and the curve over the seeds."""
    table = per_seed(histories)
    save_weights(f"models/{family}/{name}.safetensors", weights, about)
    write_table(f"models/{family}/{name}.history.csv", table)
    mean = over_seeds(table)
    write_table(f"metrics/{family}/{name}/history.csv", mean)
    last = mean.iloc[-1]
    print(f"{family}.{name}: {len(weights)} seeds, {len(mean)} epochs; at the end, means over the seeds:")
    print("  " + ", ".join(f"{key} {last[key]:.4f}" for key in last.index if key.startswith(("train_", "test_"))))
