"""What the tests of the evaluation share: predictions of networks that were never trained."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from stages.storage.predictions import PARTS, Predictions

MASKS = ("bad", "good", "none")


def make_predictions(
    classes: Sequence[str] = MASKS,
    seeds: int = 2,
    skill: float = 2.0,
    seed: int = 0,
    photos: bool = True,
    labels: dict[str, np.ndarray] | None = None,
) -> Predictions:
    """Networks that are right the more often the greater ``skill``; the last class is rare.

    Args:
        classes: their names.
        seeds: how many networks there are.
        skill: how far the logit of the true class is raised above noise of the deviation 1.
        seed: of labels and noise.
        photos: whether three samples each share a photo; else each is a group of its own.
        labels: of some parts, in place of random ones.
    """
    rng = np.random.default_rng(seed)
    shares = np.append(np.full(len(classes) - 1, 2), 1) / (2 * len(classes) - 1)
    sizes = {"train": 20 * len(classes), "test": 30 + 6 * len(classes), "validation": 12 + 2 * len(classes)}
    drawn = {part: rng.choice(len(classes), sizes[part], p=shares) for part in PARTS} | (labels or {})
    networks = {"train": seeds, "test": seeds, "validation": 1}
    noise = {part: rng.normal(size=(networks[part], len(drawn[part]), len(classes))) for part in PARTS}
    numbers = {part: np.arange(len(drawn[part])) for part in PARTS}
    return Predictions(
        classes=np.array(classes),
        seeds=np.arange(seeds),
        logits={part: (noise[part] + skill * np.eye(len(classes))[drawn[part]]).astype(np.float32) for part in PARTS},
        labels=drawn,
        groups={part: np.char.add(f"{part} ", (numbers[part] // (3 if photos else 1)).astype(str)) for part in PARTS},
        names=np.char.add("sample ", numbers["test"].astype(str)),
        latent={"epoch 1": rng.normal(size=(len(drawn["test"]), 2)), "end": rng.normal(size=(len(drawn["test"]), 2))},
        axes=np.array(["node 1", "node 2"]),
    )


@pytest.fixture(scope="session")
def fake() -> Callable[..., Predictions]:
    """:func:`make_predictions`."""
    return make_predictions


@pytest.fixture(scope="session")
def card() -> dict:
    """What dataset.json says about the data of :func:`make_predictions`."""
    return {"source": "sample", "test": {"samples": 48, "sha256": "abc"}}
