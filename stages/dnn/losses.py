"""Softmax with cross entropy, in a form that no logit can overflow."""

import numpy as np


def softmax(logits: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return the class probabilities (..., classes) of ``logits``; ``out`` may be ``logits`` itself.

    The largest logit of a row is taken off first. That changes no ratio, and no exponential exceeds 1.
    """
    probabilities = np.subtract(logits, logits.max(axis=-1, keepdims=True), out=out)
    np.exp(probabilities, out=probabilities)
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    return probabilities


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean of ``-log softmax(logits)[label]`` in nats, by log-sum-exp: finite for logits of any size.

    Args:
        logits: shape (samples, classes).
        labels: whole numbers (samples,).
    """
    highest = logits.max(axis=1)
    log_sum = np.log(np.exp(logits - highest[:, None]).sum(axis=1)) + highest
    return float(np.mean(log_sum - logits[np.arange(len(labels)), labels], dtype=np.float64))


def softmax_cross_entropy_gradient(logits: np.ndarray, labels: np.ndarray, smoothing: float = 0) -> np.ndarray:
    """Turn ``logits`` in place into dL/dlogits ``= (a - t) / samples``: probabilities less targets.

    The targets are one-hot or, with ``smoothing`` e of K classes, ``1 - e + e / K`` at the label and ``e / K``
    elsewhere (Szegedy et al. 2016, arXiv:1512.00567, section 7).
    """
    delta = softmax(logits, out=logits)
    if smoothing:
        delta -= smoothing / delta.shape[1]
    delta[np.arange(len(labels)), labels] -= 1 - smoothing
    delta /= len(labels)
    return delta
