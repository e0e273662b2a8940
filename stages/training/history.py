"""The rows of one training's learning curve, and telling from them that it has diverged."""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from tqdm import tqdm

from stages.runtime.errors import InputError
from stages.storage.weights import State

# A network that gives every class the same probability has the loss log(classes). One that stays this many times above
# it for so many epochs in a row (or throughout, where there are fewer) is not learning but lost: its logits are far off
# scale, and a finite loss is luck. A network that merely learns nothing stays near log(classes), and one that stumbles
# recovers within an epoch or two.
TIMES, PATIENCE = 10, 5

Row = dict[str, float]
Progress = Callable[[list[Row]], object]


@dataclass
class Trained:
    """What training gives.

    Attributes:
        state: the weights by name.
        history: a row for each epoch, with ``epoch``, ``train_loss`` (nats), ``test_loss`` and the like.
        latent: features of the last hidden layer for the test samples, (N, D), by epoch, where the variant asks for
            some.
    """

    state: State
    history: list[Row]
    latent: dict[int, np.ndarray] = field(default_factory=dict)


class History:
    """The rows of one training, as they come.

    Args:
        classes: how many there are.
        epochs: how many there will be.
        lr, seed: for the message of divergence.
        progress: called after each row with all so far.
    """

    def __init__(self, classes: int, epochs: int, lr: float, seed: int, progress: Progress | None = None) -> None:
        self.rows: list[Row] = []
        self._guess, self._patience = math.log(max(classes, 2)), min(PATIENCE, epochs)
        self._lr, self._seed, self._progress = lr, seed, progress
        self._above = 0

    def add(self, **figures: float) -> None:
        """Take the figures after an epoch: ``train_loss`` (mean, in nats) and any others.

        Raises:
            InputError: a figure is infinite or NaN, or the training loss has been far above that of guessing for too
                long; names the epoch in which that began.
        """
        row = {"epoch": len(self.rows) + 1} | figures
        is_finite = all(map(math.isfinite, row.values()))
        self._above = self._above + 1 if row["train_loss"] > TIMES * self._guess else 0
        if not is_finite or self._above >= self._patience:
            began = row["epoch"] - max(self._above - 1, 0) if is_finite else row["epoch"]
            raise InputError(
                f"lr: training diverged in epoch {began} (seed {self._seed}); lower it from {self._lr} (loss "
                f"{row['train_loss']:.3g}; guessing would give {self._guess:.3g})"
            )
        self.rows.append(row)
        if self._progress:
            self._progress(self.rows)


def progress_bar(name: str, epochs: int) -> tqdm:
    """A bar of epochs on standard error; where that is no terminal, a line every 10 seconds of long work."""
    wait = 0.5 if sys.stderr.isatty() else 10
    return tqdm(total=epochs, desc=name, unit="epoch", mininterval=wait, delay=wait, leave=False)
