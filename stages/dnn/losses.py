"""Softmax with cross entropy, in a form that no logit can overflow."""

import numpy as np


def softmax(logits: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return the class probabilities (samples, classes) of ``logits``; ``out`` may be ``logits`` itself.

    The largest logit of a row is taken off first. That changes no ratio, and no exponential exceeds 1.
    """
    probabilities = np.subtract(logits, logits.max(axis=1, keepdims=True), out=out)
    np.exp(probabilities, out=probabilities)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
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


def softmax_cross_entropy_gradient(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Turn ``logits`` in place into dL/dlogits ``= (a - t) / samples``: probabilities less one-hot targets."""
    delta = softmax(logits, out=logits)
    delta[np.arange(len(labels)), labels] -= 1
    delta /= len(labels)
    return delta
