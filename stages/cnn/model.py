"""A trained network, asked about pictures."""

import numpy as np
import torch
from torch import nn

from stages.cnn.networks import build_network
from stages.cnn.tensors import as_pictures, as_tensor, choose_device
from stages.cnn.views import Views, finished_views, see
from stages.config.variants import AugmentedVariant, Variant
from stages.runtime.errors import InputError, visible
from stages.storage.dataset import Form
from stages.storage.weights import State

# Pictures that are evaluated at once: their feature maps fit the processor's cache. Larger batches are slower.
EVALUATION_BATCH = 128


class Model:
    """A network, and the views over which its logits are averaged."""

    def __init__(self, network: nn.Module, views: Views, device: torch.device) -> None:
        self._network, self._views, self._device = network, views, device

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Return float32 (N, classes) for uint8 images, (N, side, side) gray or (N, side, side, 3) RGB."""
        return predict(self._network, as_tensor(images).to(self._device), self._views).cpu().numpy()

    @torch.inference_mode()
    def features(self, images: np.ndarray) -> np.ndarray:
        """Return what the last layer sees in the first view, float32 (N, features)."""
        self._network.eval()
        batches = as_tensor(images).to(self._device).split(EVALUATION_BATCH)
        seen = (see(as_pictures(batch), self._views.shares[0], self._views.side) for batch in batches)
        return torch.cat([self._network.features(view) for view in seen]).cpu().numpy()


def load_model(state: State, variant: Variant, form: Form, device: str) -> Model:
    """Return the network whose weights are ``state``.

    Raises:
        InputError: the weights are of another network than ``variant`` says.
    """
    where, network = choose_device(device), build_network(variant, form)
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    found = {name: array.shape for name, array in state.items()}
    if wanted != found:
        different = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        raise InputError(f"weights of another network; run `dvc repro` ({visible(', '.join(different), 200)})")
    network.load_state_dict({name: torch.from_numpy(array) for name, array in state.items()})
    return Model(network.to(where), views_of(variant, form), where)


def views_of(variant: Variant, form: Form) -> Views:
    """The views of the finished network: the plain one sees the whole picture."""
    return (
        finished_views(variant, form.margin) if isinstance(variant, AugmentedVariant) else Views(form.shape[0], (1.0,))
    )


@torch.inference_mode()
def predict(network: nn.Module, images: torch.Tensor, views: Views) -> torch.Tensor:
    """Return the logits (N, classes) of uint8 ``images`` (N, channels, side, side): means over the views."""
    network.eval()
    logits = torch.cat([mean_logits(network, batch, views) for batch in images.split(EVALUATION_BATCH)])
    network.train()
    return logits


def mean_logits(network: nn.Module, batch: torch.Tensor, views: Views) -> torch.Tensor:
    """The mean of the logits (N, classes) over the views of a batch, uint8 (N, channels, side, side)."""
    pictures = as_pictures(batch)
    seen = [see(pictures, share, views.side) for share in views.shares]
    seen += [view.flip(3) for view in seen if views.mirrored]
    return sum(network(view) for view in seen) / len(seen)
