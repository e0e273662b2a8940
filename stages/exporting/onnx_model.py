"""An exported network, asked by onnxruntime; needs no torch."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from stages.runtime.errors import InputError

MOST_APART = 1e-4  # logits of onnxruntime and of the network
BATCH = 256


class OnnxModel:
    """An exported network, as its file holds it."""

    def __init__(self, content: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self.about: dict[str, Any] = json.loads(self._session.get_modelmeta().custom_metadata_map["about"])

    @classmethod
    def read(cls, path: str | Path) -> "OnnxModel":
        """Read the file.

        Raises:
            InputError: it is missing, or no network that the stage ``export`` wrote.
        """
        try:
            return cls(Path(path).read_bytes())
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}; run `dvc repro` or `dvc pull`") from None
        except Exception:  # onnxruntime has a class for each kind of damage
            raise InputError(f"{path}: not a network that the stage `export` wrote, or cut off") from None

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Return float32 (N, classes) for uint8 images, (N, side, side) or (N, side, side, 3)."""
        parts = [images[i : i + BATCH] for i in range(0, len(images), BATCH)]
        return np.concatenate([self._session.run(["logits"], {"images": part})[0] for part in parts])


def check(model: OnnxModel, images: np.ndarray, expected: np.ndarray) -> float:
    """Return how far the logits are apart at most.

    Args:
        model: as exported.
        images: of the whole test set.
        expected: logits (N, classes) of the network that was exported.

    Raises:
        InputError: they are more than 0.0001 apart, or a label differs.
    """
    found = model.logits(images)
    apart, labels = float(np.abs(found - expected).max()), int(np.sum(found.argmax(1) != expected.argmax(1)))
    if apart > MOST_APART or labels:
        raise InputError(f"the exported network differs: logits by {apart:.2g}, {labels} of {len(images)} labels")
    return apart
