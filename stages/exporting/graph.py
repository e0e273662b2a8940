"""The whole way from a picture's pixels to probabilities as an ONNX graph.

The picture goes in as uint8. Scaling, views and mirror images, the mean over the networks, prior and temperature are
inside, so that nobody has to repeat them.
"""

import io
import json
import warnings
from contextlib import contextmanager
from typing import Any

import numpy as np
import onnx
import torch
from torch import nn

from stages.cnn.model import mean_logits, views_of
from stages.cnn.networks import build_network
from stages.cnn.views import Views
from stages.config.variants import DnnVariant, Variant
from stages.dnn.layers import SLOPE
from stages.storage.dataset import Form
from stages.storage.weights import State

OPSET = 20
ACTIVATIONS = {"relu": nn.ReLU, "leaky_relu": lambda: nn.LeakyReLU(SLOPE), "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}


class Graph(nn.Module):
    """Pictures in, logits and calibrated probabilities out.

    Args:
        network: takes float32 pictures (N, channels, side, side).
        views: that the finished network is asked about.
        prior: logarithms of the classes' shares, for balanced logits; else zeros.
        temperature: by which the natural logits are divided.
    """

    def __init__(self, network: nn.Module, views: Views, prior: np.ndarray, temperature: float) -> None:
        super().__init__()
        self.network, self.views, self.temperature = network, views, temperature
        self.register_buffer("prior", torch.tensor(prior, dtype=torch.float32))

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return logits, probabilities at the natural point and at the balanced one, each (N, classes).

        Args:
            images: uint8, (N, side, side) or (N, side, side, 3).
        """
        pictures = images.permute(0, 3, 1, 2) if images.dim() == 4 else images.unsqueeze(1)
        logits = mean_logits(self.network, pictures, self.views)
        natural = (logits + self.prior) / self.temperature
        return logits, torch.softmax(natural, 1), torch.softmax(natural - self.prior, 1)


def network_of(variant: Variant, form: Form, state: State) -> tuple[nn.Module, Views]:
    """The network in torch, also where it was trained in NumPy, and its views."""
    if isinstance(variant, DnnVariant):
        layers: list[nn.Module] = [nn.Flatten()]
        for number in range(len(state) // 2):
            weights, biases = (torch.from_numpy(state[f"{number}.{name}"]) for name in ("weights", "biases"))
            linear = nn.Linear(*weights.shape)
            linear.weight, linear.bias = nn.Parameter(weights.T.contiguous()), nn.Parameter(biases)
            layers += [linear, ACTIVATIONS[variant.activation]()]
        return nn.Sequential(*layers[:-1]), Views(form.shape[0], (1.0,))
    network = build_network(variant, form)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in state.items()})
    return network, views_of(variant, form)


def export(graph: Graph, form: Form, about: dict[str, Any]) -> bytes:
    """Return the ONNX file; ``about`` stands in its metadata as JSON. The same graph gives the same bytes."""
    example = torch.zeros((2, *form.shape), dtype=torch.uint8)
    with _without_mkldnn(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's exporter about itself
        program = torch.onnx.export(
            graph.eval(), (example,), dynamo=True, dynamic_shapes=({0: torch.export.Dim("images", min=1)},),
            input_names=["images"], output_names=["logits", "natural", "balanced"], opset_version=OPSET, verbose=False,
        )  # fmt: skip
    model = program.model_proto
    onnx.helper.set_model_props(model, {"about": json.dumps(about, sort_keys=True)})
    content = io.BytesIO()
    onnx.save_model(model, content)
    return content.getvalue()


@contextmanager
def _without_mkldnn():
    """The plain network takes mkldnn's own memory order where it can, which no graph can hold."""
    available = torch.backends.mkldnn.is_available
    torch.backends.mkldnn.is_available = lambda: False
    try:
        yield
    finally:
        torch.backends.mkldnn.is_available = available
