"""Balanced draws, and draws by class shares."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.cnn.sampling import ClassDecks, balanced_draw, class_shares
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


def test_shares_go_with_the_power_of_the_numbers():
    labels = torch.tensor([0] * 16 + [1] * 81 + [2] * 1)
    assert class_shares(labels, 3, 1).tolist() == pytest.approx([16 / 98, 81 / 98, 1 / 98])
    assert class_shares(labels, 3, 0.5).tolist() == pytest.approx([4 / 14, 9 / 14, 1 / 14])
    assert class_shares(labels, 3, 0).tolist() == pytest.approx([1 / 3] * 3)
    assert class_shares(labels, 4, 0).tolist() == pytest.approx([1 / 3] * 3 + [0]), "a class without samples"


def test_decks_deal_by_shares_and_every_sample_of_a_class_alike():
    labels = torch.tensor([0] * 30 + [1] * 60 + [2] * 7)
    shares = torch.tensor([0.2, 0.3, 0.5])
    decks = ClassDecks(labels, shares, torch.Generator().manual_seed(0))
    times = torch.zeros(len(labels))
    for _ in range(300):
        chosen = decks.draw(16)
        assert len(chosen) == 16
        times.index_add_(0, chosen, torch.ones(16))
        for label in range(3):
            of_class = times[labels == label]
            assert of_class.max() - of_class.min() <= 1
    drawn = torch.stack([times[labels == label].sum() for label in range(3)]) / (300 * 16)
    torch.testing.assert_close(drawn, shares, atol=0.03, rtol=0)


def test_a_deck_smaller_than_a_batch_is_dealt_again_and_the_seed_decides():
    labels = torch.tensor([0, 1])
    draws = []
    for seed in (0, 0, 1):
        decks = ClassDecks(labels, torch.tensor([0.5, 0.5]), torch.Generator().manual_seed(seed))
        draws.append(torch.cat([decks.draw(9) for _ in range(5)]).tolist())
    assert set(draws[0]) == {0, 1}
    assert draws[0] == draws[1] != draws[2]
