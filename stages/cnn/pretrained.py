"""A network of torchvision's that others have trained on ImageNet, with a last layer of our own."""

import hashlib
import io
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import nn

from stages.cnn.standardise import Standardise
from stages.config.variants import PretrainedVariant
from stages.runtime.errors import InputError, visible
from stages.runtime.torchvision_shim import torchvision
from stages.storage.dataset import Form


class PretrainedCnn(nn.Module):
    """Everything of ``backbone`` but its head, then dropout and a linear layer. Takes gray pictures too.

    Its weights are random until :meth:`load`; so a trained network is read back without the weights that it began with.

    Args:
        variant: the backbone and the dropout.
        form: how many classes there are.
    """

    def __init__(self, variant: PretrainedVariant, form: Form) -> None:
        super().__init__()
        self.standardise = Standardise()
        self.backbone = torchvision.models.get_model(variant.backbone)
        self._head, head = list(self.backbone.named_children())[-1]
        width = next(layer.in_features for layer in head.modules() if isinstance(layer, nn.Linear))
        setattr(self.backbone, self._head, nn.Identity())
        self.dropout = nn.Dropout(variant.dropout)
        self.linear = nn.Linear(width, len(form.classes))

    def load(self, variant: PretrainedVariant) -> None:
        """Take over the weights that ``variant`` names.

        Raises:
            InputError: they cannot be had, or are of another network; begins with the parameter's key.
        """
        state = _read(variant)
        try:
            self.backbone.load_state_dict({k: v for k, v in state.items() if not k.startswith(f"{self._head}.")})
        except (RuntimeError, AttributeError, TypeError) as error:
            raise InputError(f"weights: not those of {variant.backbone}: {visible(str(error), 200)}") from None

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """What the last layer sees, (N, features)."""
        coloured = self.standardise(images).expand(-1, 3, -1, -1)
        return self.backbone(coloured.contiguous(memory_format=torch.channels_last))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the logits (N, classes)."""
        return self.linear(self.dropout(self.features(images)))


def _read(variant: PretrainedVariant) -> dict[str, torch.Tensor]:
    """The state dict of a whole network of torchvision's."""
    wanted = variant.weights
    if isinstance(wanted, str):
        known = torchvision.models.get_model_weights(variant.backbone)
        if wanted not in known.__members__:
            raise InputError(f"weights: {wanted}: torchvision has {', '.join(known.__members__)} of {variant.backbone}")
        try:
            return known[wanted].get_state_dict(progress=False, check_hash=True)
        except (OSError, RuntimeError) as error:  # no network; a file that was cut off
            raise InputError(
                f"weights: {wanted} cannot be downloaded ({visible(str(error), 120)}); name a file: "
                "weights: {file: …, sha256: …}"
            ) from None
    try:
        content = Path(wanted.file).read_bytes()
    except OSError as error:
        raise InputError(f"weights.file: {wanted.file}: {error.strerror}") from None
    if (digest := hashlib.sha256(content).hexdigest()) != wanted.sha256:
        raise InputError(f"weights.sha256: {wanted.file} has {digest}")
    try:
        return torch.load(io.BytesIO(content), weights_only=True)
    except (UnpicklingError, RuntimeError, EOFError) as error:
        raise InputError(f"weights.file: {wanted.file}: no state dict: {visible(str(error), 120)}") from None
