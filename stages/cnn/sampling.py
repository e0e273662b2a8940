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
