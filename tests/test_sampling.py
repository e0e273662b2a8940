"""Balanced draws."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.cnn.sampling import balanced_draw
from stages.errors import InputError

CLASSES = ("bad", "good", "none")


def draw(labels: torch.Tensor, seed: int = 0) -> torch.Tensor:
    return balanced_draw(labels, CLASSES, torch.Generator().manual_seed(seed))


@settings(max_examples=40)
@given(st.lists(st.integers(1, 40), min_size=3, max_size=3), st.integers(0, 999))
def test_every_class_gives_as_many_as_the_rarest_has(counts, seed):
    labels = torch.repeat_interleave(torch.arange(3), torch.tensor(counts))
    labels = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))]
    chosen = draw(labels, seed)
    assert torch.bincount(labels[chosen]).tolist() == [min(counts)] * 3
    assert (chosen.diff() > 0).all()  # sorted, and none twice
    assert torch.equal(chosen, draw(labels, seed))


def test_over_many_draws_every_sample_has_its_turn_and_the_rarest_class_is_always_whole():
    labels = torch.tensor([0] * 8 + [1] * 12 + [2] * 3)
    generator = torch.Generator().manual_seed(0)
    times = torch.zeros(len(labels))
    for _ in range(400):
        times[balanced_draw(labels, CLASSES, generator)] += 1
    assert (times[20:] == 400).all()
    torch.testing.assert_close(times[:8], torch.full((8,), 400 * 3 / 8), rtol=0.25, atol=0)
    torch.testing.assert_close(times[8:20], torch.full((12,), 400 * 3 / 12), rtol=0.25, atol=0)


@pytest.mark.parametrize(("labels", "name"), [([0, 0, 1], "none"), ([1, 2, 2], "bad"), ([0, 2], "good")])
def test_a_class_without_samples_is_named(labels, name):
    with pytest.raises(InputError, match=f"labelled '{name}'"):
        draw(torch.tensor(labels))
