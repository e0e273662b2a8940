"""Two ways to decide with the same logits: as if all classes were equally frequent, or as frequent as they are."""

import numpy as np


def natural_logits(logits: np.ndarray, train_labels: np.ndarray) -> np.ndarray:
    """Return ``logits + log prior``, for logits that were trained by balanced softmax.

    Such logits take all classes for equally frequent: the balanced point, which finds the rare class best. Adding
    the logarithm of each class's share of the training data gives, by Bayes' rule, the natural point, which is right
    most often where classes are as frequent as there. Source: Menon et al. 2021, https://arxiv.org/abs/2007.07314.

    Args:
        logits: (..., classes).
        train_labels: indices (N,) of all training samples. A class without any counts as half a sample.
    """
    counts = np.maximum(np.bincount(train_labels, minlength=logits.shape[-1]), 0.5)
    return logits + np.log(counts / counts.sum()).astype(logits.dtype)
