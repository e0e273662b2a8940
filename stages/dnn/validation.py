"""Judging a variant without the test digits: on a part of the training digits that it does not train on."""

from stages.digits.dataset import Digits
from stages.digits.prepare import split_indices
from stages.dnn.train import train
from stages.params_dnn import DnnVariant

# Share of the training digits to judge on, and the seed of the split, the same for all that is compared.
SHARE, SEED = 1 / 6, 0


def without_test(digits: Digits) -> Digits:
    """Return the training digits split in two, stratified by class; the part to judge on stands as the test."""
    trained, judged = split_indices(digits.y_train, SHARE, SEED)
    images, labels = digits.x_train, digits.y_train
    return Digits(images[trained], labels[trained], images[judged], labels[judged])


def judge(digits: Digits, variant: DnnVariant, seed: int) -> dict[str, float]:
    """Train on one part and return ``accuracy`` and ``loss`` (nats) on the other, after the last epoch.

    Raises:
        InputError: training diverged.
    """
    last = train(without_test(digits), variant, seed).history[-1]
    return {"accuracy": 1 - last["test_error"], "loss": last["test_loss"]}
