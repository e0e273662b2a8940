"""What the trained networks of a variant say about every digit."""

import numpy as np

from stages.digits.dataset import CLASSES, Digits, as_inputs
from stages.dnn.network import Network, network_from_state
from stages.predictions import Predictions
from stages.weights import load_weights

LATENT = "latent."


def predict(path: str, digits: Digits) -> Predictions:
    """Return the logits of every seed's network in the weights file ``path``."""
    weights, about = load_weights(path)
    networks = [_network(state, about["activation"]) for state in weights.values()]
    images = {"train": digits.x_train, "test": digits.x_test}
    labels = {"train": digits.y_train, "test": digits.y_test}
    return Predictions(
        np.array(CLASSES),
        np.array(list(weights)),
        {split: np.stack([network.logits(as_inputs(x)) for network in networks]) for split, x in images.items()},
        {split: y.astype(np.int64) for split, y in labels.items()},
        {split: np.arange(len(y)).astype(str) for split, y in labels.items()},
    )


def latent_features(path: str, digits: Digits) -> dict[str, np.ndarray]:
    """Return the first seed's latent features of the test digits, (N, nodes), by the name of the moment.

    Those are the epochs at which training saved them or, where it saved none, ``end``.
    """
    weights, about = load_weights(path)
    state = next(iter(weights.values()))
    saved = {int(key.removeprefix(LATENT)): array for key, array in state.items() if key.startswith(LATENT)}
    if saved:
        return {f"epoch {epoch}": saved[epoch] for epoch in sorted(saved)}
    return {"end": _network(state, about["activation"]).latent(as_inputs(digits.x_test))}


def _network(state: dict[str, np.ndarray], activation: str) -> Network:
    return network_from_state({k: v for k, v in state.items() if not k.startswith(LATENT)}, activation)
