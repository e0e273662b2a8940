"""Several networks from one seed: each of its own, asked together."""

import pytest
import torch

from stages.cnn.device import choose_device
from stages.cnn.ensemble import train_ensemble
from stages.cnn.kinds import build_network, epochs_of, logits_of
from stages.cnn.train_residual import member_seed, train_residual
from stages.errors import InputError
from stages.params_residual import ResidualVariant
from tests.pipeline import residual_variant
from tests.test_cnn_training import TEST, TRAIN


@pytest.fixture(autouse=True)
def _one_thread():
    choose_device("cpu")


def variant(**changes) -> ResidualVariant:
    return ResidualVariant.model_validate(residual_variant(**changes))


def test_seeds_of_members_are_the_seed_itself_and_then_others():
    assert member_seed(7, 0) == 7
    seeds = [member_seed(seed, member) for seed in range(20) for member in range(5)]
    assert len(set(seeds)) == len(seeds)
    assert seeds == [member_seed(seed, member) for seed in range(20) for member in range(5)]


def test_members_are_the_networks_of_their_seeds():
    one = variant(members=2)
    trained = train_ensemble(TRAIN, TEST, one, 3)
    runs = [train_residual(TRAIN, TEST, one, seed) for seed in (3, member_seed(3, 1))]
    for member, run in zip(trained.network.members, runs, strict=True):
        for ours, theirs in zip(member.state_dict().values(), run.network.state_dict().values(), strict=True):
            assert torch.equal(ours, theirs)
    for row, *rows in zip(trained.history, *(run.history for run in runs), strict=True):
        assert row["epoch"] == rows[0]["epoch"]
        assert row["test_loss"] == pytest.approx((rows[0]["test_loss"] + rows[1]["test_loss"]) / 2)


def test_logits_are_the_mean_of_the_members():
    one, alone = variant(members=2), variant()
    network = train_ensemble(TRAIN, TEST, one, 0).network
    means = [logits_of(member, alone, TEST) for member in network.members]
    torch.testing.assert_close(logits_of(network, one, TEST), (means[0] + means[1]) / 2)
    assert not torch.allclose(means[0], means[1], atol=1e-3)


def test_every_epoch_of_every_member_is_heard_and_the_weights_fit_a_fresh_network():
    one, heard = variant(members=3), []
    trained = train_ensemble(TRAIN, TEST, one, 0, progress=lambda: heard.append(1))
    assert len(heard) == epochs_of(one, len(TRAIN.labels)) == 3 * len(trained.history)
    fresh = build_network(one, TRAIN)
    fresh.load_state_dict(trained.network.state_dict())
    assert torch.equal(logits_of(fresh, one, TEST), logits_of(trained.network, one, TEST))


def test_divergence_of_a_member_names_the_seed_of_the_run():
    with pytest.raises(InputError, match=r"^lr: training diverged in epoch \d+ \(seed 5\)"):
        train_ensemble(TRAIN, TEST, variant(lr=1e30, members=2), 5)
