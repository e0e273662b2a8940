"""torchvision beside any build of torch."""

import pytest
import torch

from stages.runtime import torchvision_shim
from stages.runtime.torchvision_shim import torchvision


def test_torchvision_serves_beside_any_build_of_torch():
    assert torchvision.transforms.Resize(4)(torch.zeros(3, 8, 8)).shape == (3, 4, 4)
    assert torchvision.utils.make_grid(torch.zeros(4, 3, 8, 8)).shape == (3, 12, 42)


def test_operators_are_declared_only_where_torchvision_asks_for_them(monkeypatch):
    declared = []
    monkeypatch.setattr(torch.library, "define", lambda name, schema: declared.append(name))
    assert torchvision_shim._import_torchvision() is torchvision  # imported by now, so nothing is amiss
    assert declared == []

    def broken(name):
        raise RuntimeError("something else is amiss")

    monkeypatch.setattr(torchvision_shim.importlib, "import_module", broken)
    with pytest.raises(RuntimeError, match="something else"):
        torchvision_shim._import_torchvision()
    assert declared == []
