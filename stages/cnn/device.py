"""Where the tensors live."""

import os

import torch

from stages.errors import InputError


def choose_device(wanted: str) -> torch.device:
    """Return the device for ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.

    Raises:
        InputError: ``cuda`` is asked for and there is none.
    """
    if wanted == "cpu" or (wanted == "auto" and not torch.cuda.is_available()):
        # One thread a seed: small tensors gain nothing from two, and the bytes must not depend on their number.
        torch.set_num_threads(1)
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise InputError("cnn.device: cuda, but torch finds no GPU here; set it to auto or cpu")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # makes matrix products repeatable on a GPU
    return torch.device("cuda")
