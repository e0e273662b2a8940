"""What the trained networks of a variant say about every face."""

import numpy as np
import torch

from stages.cnn.data import Faces
from stages.cnn.kinds import AnyVariant, build_network, logits_of
from stages.errors import InputError
from stages.predictions import Predictions
from stages.text import one_line
from stages.weights import load_weights


def predict(path: str, variant: AnyVariant, faces: dict[str, Faces]) -> Predictions:
    """Return the logits of every seed's network in the weights file ``path``.

    Raises:
        InputError: the weights are of another network, or of other classes, than the parameters and data say.
    """
    weights, about = load_weights(path)
    classes = faces["train"].classes
    if about.get("classes") != list(classes):
        known = one_line(about.get("classes"))
        raise InputError(f"{path}: trained on the classes {known}, but the data have {list(classes)}; run `dvc repro`")
    networks = [_network(path, variant, state, faces["train"]) for state in weights.values()]
    return Predictions(
        np.array(classes),
        np.array(list(weights)),
        {s: np.stack([logits_of(network, variant, f).numpy() for network in networks]) for s, f in faces.items()},
        {split: part.labels.numpy() for split, part in faces.items()},
        {split: np.array(part.photos) for split, part in faces.items()},
    )


def _network(path: str, variant: AnyVariant, state: dict[str, np.ndarray], faces: Faces) -> torch.nn.Module:
    network = build_network(variant, faces)
    types = {name: tensor.numpy().dtype for name, tensor in network.state_dict().items()}
    try:
        for name, array in state.items():
            if array.dtype != types.get(name, array.dtype):  # torch would convert them without a word.
                raise ValueError(f"{name} is of {array.dtype}, not {types[name]}")
        network.load_state_dict({name: torch.from_numpy(array) for name, array in state.items()})
    except (RuntimeError, TypeError, ValueError) as error:
        raise InputError(f"{path}: weights of another network; run `dvc repro` ({one_line(error, 300)})") from None
    return network
