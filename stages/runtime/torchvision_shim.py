"""torchvision beside a torch built for the processor alone.

The only Linux wheel of torchvision on PyPI is built for CUDA. Its compiled operators do not load beside a CPU build of
torch, and ``import torchvision`` then fails with ``operator torchvision::nms does not exist``. Nothing of this project
calls these operators; that they are declared is enough. Import torchvision from here, not by itself.
"""

import importlib
from types import ModuleType

import torch

SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def _import_torchvision() -> ModuleType:
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise
    # Only now: where the compiled operators load, they declare themselves, and a second declaration is an error.
    for name in ("nms", "qnms"):
        torch.library.define(f"torchvision::{name}", SCHEMA)
    return importlib.import_module("torchvision")


torchvision = _import_torchvision()
