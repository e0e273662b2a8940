"""What training gives."""

from dataclasses import dataclass, field

from torch import nn


@dataclass
class Trained:
    """The network and a row for each epoch."""

    network: nn.Module
    history: list[dict[str, float]] = field(default_factory=list)
