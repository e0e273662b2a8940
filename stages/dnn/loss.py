"""Softmax with cross entropy, in a form that no logit can overflow."""

import numpy as np


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return the class probabilities (samples, classes) of ``logits``.

    The largest logit of a row is taken off first. That changes no ratio, and no exponential exceeds 1.
    """
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean of ``-log softmax(logits)[label]`` in nats, by log-sum-exp: finite for logits of any size.

    Args:
        logits: shape (samples, classes).
        labels: whole numbers (samples,).
    """
    highest = logits.max(axis=1)
    log_sum = np.log(np.exp(logits - highest[:, None]).sum(axis=1)) + highest
    return float(np.mean(log_sum - logits[np.arange(len(labels)), labels], dtype=np.float64))


def cross_entropy_gradient(logits: np.ndarray, labels: np.ndarray, smoothing: float = 0) -> np.ndarray:
    """Return dL/dlogits ``= (probabilities - targets) / samples``, where L is the mean cross entropy behind softmax.

    Args:
        logits: shape (samples, classes).
        labels: whole numbers (samples,).
        smoothing: e, from 0 to below 1. The targets of K classes are ``1 - e + e / K`` at the label and ``e / K``
            elsewhere (Szegedy et al. 2016, arXiv:1512.00567, section 7): one-hot where e is 0.
    """
    samples, classes = logits.shape
    targets = np.full_like(logits, smoothing / classes)
    targets[np.arange(samples), labels] += 1 - smoothing
    return (softmax(logits) - targets) / samples
