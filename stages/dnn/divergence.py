"""Telling that training has diverged, from the training loss of each epoch."""

import math

from stages.errors import InputError

# A network that gives every class the same probability has the loss log(classes). One that stays this many times
# above it for so many epochs in a row (or throughout, where there are fewer) is not learning but lost: its logits
# are far off scale, and a finite loss is luck. A network that merely learns nothing stays near log(classes), and
# one that stumbles recovers within an epoch or two.
TIMES, PATIENCE = 10, 5


class DivergenceGuard:
    """Watches the training loss.

    Args:
        classes: how many there are.
        epochs: how many there will be.
        lr, seed: for the message.
    """

    def __init__(self, classes: int, epochs: int, lr: float, seed: int) -> None:
        self.limit = TIMES * math.log(classes)
        self.patience = min(PATIENCE, epochs)
        self.lr, self.seed = lr, seed
        self._above = 0

    def check(self, epoch: int, loss: float) -> None:
        """Take the mean training loss (nats) after ``epoch``.

        Raises:
            InputError: the loss is infinite or NaN, or has been above the limit for too long; names the epoch in
                which that began.
        """
        self._above = self._above + 1 if loss > self.limit else 0
        if not math.isfinite(loss):
            self._above, reason = 1, ""
        elif self._above >= self.patience:
            reason = f" (loss {loss:.3g} since then; guessing would give {self.limit / TIMES:.3g})"
        else:
            return
        began = epoch - self._above + 1
        raise InputError(f"lr: training diverged in epoch {began} (seed {self.seed}); lower it from {self.lr}{reason}")
