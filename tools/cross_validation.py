"""Evaluating a variant on all training samples: each by a network that has not seen its group."""

from dataclasses import replace
from importlib import import_module

import numpy as np
from threadpoolctl import threadpool_limits

from stages.config.variants import Variant
from stages.storage.dataset import Dataset
from stages.storage.splits import group_folds


def cross_validate(dataset: Dataset, variant: Variant, seed: int, device: str, folds: int) -> np.ndarray:
    """Return logits (N, K) of all training samples, each by a network that has not seen its group (photo).

    Args:
        dataset: its training samples are divided into the parts; its test samples take no part.
        variant: what to train, once a part.
        seed: of the division and the trainings.
        device: auto, cpu or cuda.
        folds: how many parts.

    Raises:
        InputError: there are fewer groups than parts, or training diverged.
    """
    train = dataset.train
    logits = np.empty((len(train), len(dataset.form.classes)), np.float32)
    for part in group_folds(train.labels, train.groups, folds, seed):
        held = np.zeros(len(train), bool)
        held[part] = True
        logits[held] = logits_of_held_out(dataset, held, variant, seed, device)
    return logits


def logits_of_held_out(dataset: Dataset, held: np.ndarray, variant: Variant, seed: int, device: str) -> np.ndarray:
    """Train on the training samples that are not ``held`` (bool (N,)), on one thread; return the others' logits."""
    parts = replace(dataset, validation=held).for_validation()
    training = import_module(f"stages.{variant.network}.training")
    model = import_module(f"stages.{variant.network}.model")
    with threadpool_limits(1):
        trained = training.train(parts, variant, seed, device)
        return model.load_model(trained.state, variant, dataset.form, device).logits(parts.test.images)
