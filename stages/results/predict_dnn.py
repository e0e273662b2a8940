"""What the trained networks of a variant say about every digit."""

from itertools import pairwise

import numpy as np

from stages.digits.dataset import CLASSES, Digits, as_inputs
from stages.dnn.network import Network, network_from_state
from stages.errors import InputError
from stages.params_dnn import DnnVariant
from stages.predictions import Predictions
from stages.weights import load_weights

LATENT = "latent."


def predict(path: str, variant: DnnVariant, digits: Digits) -> Predictions:
    """Return the logits of every seed's network in the weights file ``path``.

    Raises:
        InputError: the weights are of another network than the parameters say.
    """
    weights = _load(path, variant, digits)
    networks = [_network(state, variant) for state in weights.values()]
    images = {"train": digits.x_train, "test": digits.x_test}
    labels = {"train": digits.y_train, "test": digits.y_test}
    return Predictions(
        np.array(CLASSES),
        np.array(list(weights)),
        {split: np.array([network.logits(as_inputs(x)) for network in networks]) for split, x in images.items()},
        {split: y.astype(np.int64) for split, y in labels.items()},
        {split: np.arange(len(y)).astype(str) for split, y in labels.items()},
    )


def latent_features(path: str, variant: DnnVariant, digits: Digits) -> dict[str, np.ndarray]:
    """Return the first seed's latent features of the test digits, (N, nodes), by the name of the moment.

    Those are the epochs at which training saved them or, where it saved none, ``end``.

    Raises:
        InputError: see :func:`predict`.
    """
    state = next(iter(_load(path, variant, digits).values()))
    if variant.latent_epochs:
        return {f"epoch {epoch}": state[f"{LATENT}{epoch}"] for epoch in sorted(variant.latent_epochs)}
    return {"end": _network(state, variant).latent(as_inputs(digits.x_test))}


def _load(path: str, variant: DnnVariant, digits: Digits) -> dict[int, dict[str, np.ndarray]]:
    weights, about = load_weights(path)
    problem = None if about.get("activation") == variant.activation else "another activation"
    wanted = _shapes(variant, digits.x_test)
    for seed, state in weights.items():
        problem = problem or _difference(f"seed{seed}/", state, wanted)
    if problem:
        raise InputError(f"{path}: weights of another network than dnn.variants says; run `dvc repro` ({problem})")
    return weights


def _difference(prefix: str, state: dict[str, np.ndarray], wanted: dict[str, tuple[int, ...]]) -> str | None:
    """What is wrong with the arrays of a seed, or None."""
    for name in sorted({*wanted, *state}):
        if name not in state:
            return f"{prefix}{name} is missing"
        if name not in wanted:
            return f"{prefix}{name} is one too many"
        array = state[name]
        if array.shape != wanted[name] or array.dtype != np.float32:
            return f"{prefix}{name} is {array.dtype} {array.shape}, not float32 {wanted[name]}"
    return None


def _shapes(variant: DnnVariant, tests: np.ndarray) -> dict[str, tuple[int, ...]]:
    """The shape of every array of a seed by its name: what ``Network.state`` gives, and the saved latent features."""
    sizes = [tests[0].size, *variant.hidden, len(CLASSES)]
    shapes: dict[str, tuple[int, ...]] = {}
    for i, (fan_in, fan_out) in enumerate(pairwise(sizes)):
        shapes |= {f"{i}.weights": (fan_in, fan_out), f"{i}.biases": (fan_out,)}
    return shapes | {f"{LATENT}{epoch}": (len(tests), sizes[-2]) for epoch in variant.latent_epochs}


def _network(state: dict[str, np.ndarray], variant: DnnVariant) -> Network:
    return network_from_state({k: v for k, v in state.items() if not k.startswith(LATENT)}, variant.activation)
