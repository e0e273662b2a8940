"""A network that begins with others' weights: it takes them over, and says in one line where it cannot."""

import hashlib
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch

from stages.cnn.model import load_model
from stages.cnn.networks import build_member
from stages.cnn.training import train
from stages.config.variants import PretrainedVariant, ResidualVariant
from stages.runtime.errors import InputError
from stages.runtime.torchvision_shim import torchvision


def variant(residual: ResidualVariant, weights: object, backbone: str = "resnet18", **changes: object):
    block = residual.model_dump(exclude={"widths", "stride"}) | {"side": 32, "architecture": "pretrained"} | changes
    return PretrainedVariant.model_validate(block | {"backbone": backbone, "weights": weights})


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Weights of nobody's training, as those of ``IMAGENET1K_V1`` lie on the disk."""
    torch.manual_seed(5)
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save(torchvision.models.resnet18().state_dict(), path)
    return {"file": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


@pytest.mark.parametrize("gray", [False, True])
def test_training_begins_with_the_weights_of_the_file_and_reads_back_its_own(residual, dataset_of, file, gray):
    dataset = dataset_of(gray=gray)
    one = variant(residual(), file, lr=1e-12, weight_decay=0.0, images=32)
    state = train(dataset, one, 0, "cpu").state
    theirs = torch.load(file["file"], weights_only=True)
    np.testing.assert_allclose(state["members.0.backbone.conv1.weight"], theirs["conv1.weight"], atol=1e-8)
    assert "members.0.backbone.fc.weight" not in state
    logits = load_model(state, one, dataset.form, "cpu").logits(dataset.test.images)
    assert logits.shape == (25, 3) and np.isfinite(logits).all()


@pytest.mark.parametrize("backbone", ["mobilenet_v2", "mobilenet_v3_small"])
def test_the_other_backbones_end_in_their_features_too(residual, dataset, backbone):
    one = variant(residual(), "IMAGENET1K_V1", backbone)
    network = build_member(one, dataset.form).eval()
    pictures = torch.rand(2, 3, 32, 32)
    assert network(pictures).shape == (2, 3) and network.features(pictures).ndim == 2


def test_what_is_wrong_with_the_weights_is_one_line(residual, dataset, file, monkeypatch, tmp_path: Path):
    def offline(*_: object, **__: object):
        raise URLError("no route")

    monkeypatch.setattr(torchvision.models._api, "load_state_dict_from_url", offline)
    text = tmp_path / "text.pth"
    text.write_text("no weights", encoding="utf-8")
    no_weights = {"file": str(text), "sha256": hashlib.sha256(b"no weights").hexdigest()}
    for weights, backbone, said in (
        (file | {"sha256": "0" * 64}, "resnet18", f"weights.sha256: {file['file']} has {file['sha256']}"),
        (file | {"file": "gone.pth"}, "resnet18", "weights.file: gone.pth: No such file or directory"),
        (no_weights, "resnet18", "no state dict"),
        (file, "mobilenet_v2", "weights: not those of mobilenet_v2"),
        ("IMAGENET", "resnet18", "weights: IMAGENET: torchvision has IMAGENET1K_V1, DEFAULT of resnet18"),
        ("IMAGENET1K_V1", "resnet18", "weights: IMAGENET1K_V1 cannot be downloaded .*no route.*; name a file"),
    ):
        with pytest.raises(InputError, match=said):
            train(dataset, variant(residual(), weights, backbone), 0, "cpu")
