"""Pictures as tensors, and where these live."""

import os

import numpy as np
import torch

from stages.runtime.errors import InputError


def choose_device(wanted: str) -> torch.device:
    """Return the device for ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``, and make torch repeatable there.

    Raises:
        InputError: ``cuda`` is asked for and there is none.
    """
    torch.use_deterministic_algorithms(True)
    if not uses_gpu(wanted):
        # One thread a seed: small tensors gain nothing from two, and the bytes must not depend on their number.
        torch.set_num_threads(1)
        return torch.device("cpu")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # makes matrix products repeatable on a GPU
    return torch.device("cuda")


def uses_gpu(wanted: str) -> bool:
    """Whether training runs on a GPU.

    Raises:
        InputError: ``cuda`` is asked for and there is none.
    """
    if wanted == "cuda" and not torch.cuda.is_available():
        raise InputError("device: cuda, but torch finds no GPU here; set it to auto or cpu")
    return wanted != "cpu" and torch.cuda.is_available()


def as_tensor(images: np.ndarray) -> torch.Tensor:
    """Return uint8 images (N, side, side) or (N, side, side, 3) as uint8 (N, channels, side, side)."""
    tensor = torch.from_numpy(np.ascontiguousarray(images))
    return tensor[:, None] if tensor.ndim == 3 else tensor.permute(0, 3, 1, 2).contiguous()


def as_pictures(tensor: torch.Tensor) -> torch.Tensor:
    """Return what :func:`as_tensor` made as float32 between 0 and 1, as networks take it; float32 stays as it is."""
    if tensor.is_floating_point():
        return tensor
    return tensor.to(torch.float32).div_(255)
