"""Telling that training has diverged, from the figures of each epoch; for the networks of both families."""

import math
from collections.abc import Mapping

from stages.errors import InputError

# A network that gives every class the same probability has the loss log(classes). One that stays this many times
# above it for so many epochs in a row (or throughout, where there are fewer) is not learning but lost: its logits
# are far off scale, and a finite loss is luck. A network that merely learns nothing stays near log(classes), and
# one that stumbles recovers within an epoch or two.
TIMES, PATIENCE = 10, 5


class DivergenceGuard:
    """Watches the rows of a training's history.

    Args:
        classes: how many there are.
        epochs: how many there will be.
        lr, seed: for the message.
    """

    def __init__(self, classes: int, epochs: int, lr: float, seed: int) -> None:
        self.limit = TIMES * math.log(max(classes, 2))
        self.patience = min(PATIENCE, epochs)
        self.lr, self.seed = lr, seed
        self._above = 0

    def check(self, row: Mapping[str, float]) -> None:
        """Take the figures after an epoch: ``epoch``, ``train_loss`` (mean, in nats) and any others.

        Raises:
            InputError: a figure is infinite or NaN, be it of the test samples, on which weights that are too large
                show as well; or the training loss has been above the limit for too long. Names the epoch in which
                that began.
        """
        self._above = self._above + 1 if row["train_loss"] > self.limit else 0
        if not all(map(math.isfinite, row.values())):
            self._above, reason = 1, ""
        elif self._above >= self.patience:
            reason = f" (loss {row['train_loss']:.3g} since then; guessing would give {self.limit / TIMES:.3g})"
        else:
            return
        began = row["epoch"] - self._above + 1
        raise InputError(f"lr: training diverged in epoch {began} (seed {self.seed}); lower it from {self.lr}{reason}")
