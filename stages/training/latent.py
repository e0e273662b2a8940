"""Features of the last hidden layer in two dimensions."""

import numpy as np


def project(features: np.ndarray) -> tuple[np.ndarray, tuple[str, str]]:
    """Return two coordinates a sample, float32 (N, 2), and what they are called.

    Two features are the coordinates themselves, one lies on a line; of more, the first two principal components (the
    eigenvectors of the covariance with the largest eigenvalues) are taken. Each is turned so that its largest entry is
    positive: otherwise the sign would be left to the linear algebra library.

    Args:
        features: (N, D).
    """
    if features.shape[1] == 1:
        features = np.hstack([features, np.zeros_like(features)])
    if features.shape[1] == 2:
        return features.astype(np.float32), ("node 1", "node 2")
    centred = (features - features.mean(axis=0)).astype(np.float64)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    components = vectors[:, :-3:-1]
    largest = np.abs(components).argmax(axis=0)
    components = components * np.sign(components[largest, [0, 1]])
    return (centred @ components).astype(np.float32), ("principal component 1", "principal component 2")
