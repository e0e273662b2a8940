"""Stage: train one variant of the convolutional network, once per seed."""

import argparse

import torch

from stages import door
from stages.cnn.data import Faces, load_faces
from stages.cnn.device import choose_device
from stages.cnn.train import Trained, train
from stages.leaks import left_out_path, read_names
from stages.params import CnnVariant, load_params
from stages.training import guard_divergence, progress_bar, variant_of, write_training
from stages.workers import map_processes


def train_seed(faces: tuple[Faces, Faces], name: str, variant: CnnVariant, seed: int, device: torch.device):
    """Train from one seed and return the weights as NumPy arrays, and the history."""
    with progress_bar(name, seed, variant.epochs * (variant.resample_rounds or 1)) as bar:
        trained: Trained = guard_divergence(
            "cnn", name, lambda: train(*faces, variant, seed, device, lambda: bar.update())
        )
    state = trained.network.state_dict()
    return {key: tensor.cpu().contiguous().numpy() for key, tensor in state.items()}, trained.history


def main(arguments: argparse.Namespace) -> None:
    """Train the variant named on the command line."""
    params, name = load_params(), arguments.variant
    variant = variant_of(params.cnn.variants, name, "cnn")
    device = choose_device(params.cnn.device)
    faces = load_faces(left_out=read_names(left_out_path("cnn")))
    tasks = [(faces, name, variant, seed, device) for seed in params.seeds]
    # A GPU is one, and cannot be used from a forked process: there the seeds go one after another.
    runs = map_processes(train_seed, tasks) if device.type == "cpu" else [train_seed(*task) for task in tasks]
    weights = {seed: state for seed, (state, _) in zip(params.seeds, runs, strict=True)}
    histories = {seed: history for seed, (_, history) in zip(params.seeds, runs, strict=True)}
    write_training("cnn", name, weights, histories, {"classes": faces[0].classes})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variant", help="name of a block of cnn.variants in params.yaml")
    door.run(main, parser)
