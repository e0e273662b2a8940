"""Which samples a round of training sees."""

import torch

from stages.errors import InputError


def balanced_draw(labels: torch.Tensor, classes: tuple[str, ...], generator: torch.Generator) -> torch.Tensor:
    """Draw as many samples of every class as the rarest has, without replacement.

    Args:
        labels: int64 (N,), indices into ``classes``.
        classes: the names of the classes.
        generator: the randomness.

    Returns:
        Indices (classes * rarest,), sorted.

    Raises:
        InputError: a class has no sample to draw.
    """
    counts = torch.bincount(labels, minlength=len(classes))
    if int(counts.min()) == 0:
        name = classes[int(counts.argmin())]
        raise InputError(f"resample_rounds: no training face is labelled {name!r}, so no balanced set can be drawn")
    rarest = int(counts.min())
    chosen = []
    for label in range(len(classes)):
        members = torch.nonzero(labels == label).flatten()
        chosen.append(members[torch.randperm(len(members), generator=generator)[:rarest]])
    return torch.cat(chosen).sort().values


def class_shares(labels: torch.Tensor, classes: int, power: float) -> torch.Tensor:
    """Return each class's share of the draws, float32 (classes,): proportional to (its number) ** ``power``.

    A class without samples is never drawn, whatever the power.
    """
    counts = torch.bincount(labels, minlength=classes).float()
    shares = torch.where(counts > 0, counts**power, 0.0)
    return shares / shares.sum()


class ClassDecks:
    """Draws batches by class shares; each class deals its samples from a shuffled deck of its own.

    So all samples of a class are drawn equally often, up to one.

    Args:
        labels: int64 (N,).
        shares: of the draws by class, (classes,), as :func:`class_shares` gives them.
        generator: the randomness.
    """

    def __init__(self, labels: torch.Tensor, shares: torch.Tensor, generator: torch.Generator) -> None:
        self._members = [torch.nonzero(labels == label).flatten() for label in range(len(shares))]
        self._decks = [members[:0] for members in self._members]
        self._shares, self._generator = shares, generator

    def draw(self, size: int) -> torch.Tensor:
        """Return ``size`` indices, class by class."""
        drawn = torch.multinomial(self._shares, size, replacement=True, generator=self._generator)
        return torch.cat([self._deal(i, n) for i, n in enumerate(drawn.bincount(minlength=len(self._decks)).tolist())])

    def _deal(self, label: int, number: int) -> torch.Tensor:
        while len(self._decks[label]) < number:
            members = self._members[label]
            order = torch.randperm(len(members), generator=self._generator)
            self._decks[label] = torch.cat([self._decks[label], members[order]])
        dealt, self._decks[label] = self._decks[label].split([number, len(self._decks[label]) - number])
        return dealt
