"""Stage: train one variant of the fully connected network, once per seed."""

import argparse

from threadpoolctl import threadpool_limits

from stages import door
from stages.digits.dataset import Digits, load_digits, without
from stages.dnn.train import Trained, train
from stages.leaks import left_out_path, read_names
from stages.params import load_params
from stages.params_dnn import DnnVariant
from stages.training import guard_divergence, progress_bar, variant_of, write_training
from stages.workers import map_processes


def train_seed(digits: Digits, name: str, variant: DnnVariant, seed: int) -> Trained:
    """Train from one seed, on one processor: so the bytes do not depend on how many there are."""
    with threadpool_limits(1), progress_bar(name, seed, variant.epochs) as bar:
        return guard_divergence("dnn", name, lambda: train(digits, variant, seed, lambda epoch: bar.update()))


def main(arguments: argparse.Namespace) -> None:
    """Train the variant named on the command line."""
    params, name = load_params(), arguments.variant
    variant = variant_of(params.dnn.variants, name, "dnn")
    digits = without(load_digits(), read_names(left_out_path("dnn")))
    seeds = variant.seeds or params.seeds
    runs = map_processes(train_seed, [(digits, name, variant, seed) for seed in seeds])
    results = dict(zip(seeds, runs, strict=True))
    weights = {
        seed: run.network.state() | {f"latent.{epoch}": features for epoch, features in run.latent.items()}
        for seed, run in results.items()
    }
    histories = {seed: run.history for seed, run in results.items()}
    write_training("dnn", name, weights, histories, {"activation": variant.activation})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variant", help="name of a block of dnn.variants in params.yaml")
    door.run(main, parser)
