"""A trained network, to be asked about images."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from stages.config.variants import DnnVariant
from stages.dnn.network import Network, in_batches
from stages.runtime.errors import InputError
from stages.storage.dataset import Form
from stages.storage.weights import State


@dataclass(frozen=True)
class Model:
    """A network that takes images as they are stored: uint8 (N, side, side) or (N, side, side, 3)."""

    network: Network

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Return the logits, float32 (N, classes)."""
        return in_batches(self.network.forward, as_inputs(images))

    def features(self, images: np.ndarray) -> np.ndarray:
        """Return the inputs of the last layer, float32 (N, nodes): outputs of the last hidden one, if there is one."""
        return in_batches(self.network.features, as_inputs(images))


def load_model(state: State, variant: DnnVariant, form: Form, device: str) -> Model:
    """Return the network whose training gave ``state``.

    Args:
        state: the parameters of a :class:`stages.dnn.network.Network`.
        variant: what the network is.
        form: of the images that it will be asked about.
        device: has no effect: NumPy computes on the processor.

    Raises:
        InputError: the weights are those of another network.
    """
    sizes = layer_sizes(variant, form)
    expected = {f"{i}.weights": shape for i, shape in enumerate(pairwise(sizes))}
    expected |= {f"{i}.biases": (outputs,) for i, outputs in enumerate(sizes[1:])}
    found = {name: array.shape for name, array in state.items()}
    if found != expected:
        raise InputError(
            f"hidden: these are the weights of another network ({found}); {' - '.join(map(str, sizes))} nodes have "
            f"{expected}; train the variant anew"
        )
    return Model(Network(state, variant.activation))


def layer_sizes(variant: DnnVariant, form: Form) -> list[int]:
    """Numbers of nodes from the inputs to the classes, such as ``[784, 60, 10]``."""
    return [math.prod(form.shape), *variant.hidden, len(form.classes)]


def as_inputs(images: np.ndarray) -> np.ndarray:
    """Flatten uint8 images (N, …) to rows of float32 between 0 and 1."""
    return np.divide(images.reshape(len(images), -1), 255, dtype=np.float32)
