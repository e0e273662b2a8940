"""When the classes part in a latent space that training saved at several epochs."""

from itertools import pairwise

import numpy as np

from stages.weights import load_weights

LATENT = "latent."


def nearest_centre_accuracy(features: np.ndarray, labels: np.ndarray) -> float:
    """Share of samples that lie nearest to the mean of their own class.

    Args:
        features: (N, D).
        labels: whole numbers (N,).
    """
    classes = np.unique(labels)
    centres = np.array([features[labels == label].mean(axis=0) for label in classes])
    distances = ((features[:, None, :] - centres) ** 2).sum(axis=2)
    return float(np.mean(classes[distances.argmin(axis=1)] == labels))


def parting_rows(weights_path: str, labels: np.ndarray) -> list[dict[str, float]]:
    """Return ``epoch`` and ``accuracy`` (of the nearest centre, mean over the seeds) for each saved epoch.

    Args:
        weights_path: a weights file of a variant with ``latent_epochs``.
        labels: of the test digits.
    """
    weights, _ = load_weights(weights_path)
    epochs = sorted({int(key.removeprefix(LATENT)) for state in weights.values() for key in state if LATENT in key})
    return [
        {
            "epoch": epoch,
            "accuracy": np.mean([nearest_centre_accuracy(s[f"{LATENT}{epoch}"], labels) for s in weights.values()]),
        }
        for epoch in epochs
    ]


def largest_step(rows: list[dict[str, float]]) -> tuple[float, float]:
    """Return the two neighbouring epochs between which the accuracy rises most."""
    before, after = max(pairwise(rows), key=lambda pair: pair[1]["accuracy"] - pair[0]["accuracy"])
    return before["epoch"], after["epoch"]
