"""Stage: train one variant of the convolutional networks, once per seed."""

import argparse

import torch

from stages import door
from stages.cnn.data import Faces, load_variant_data
from stages.cnn.device import choose_device
from stages.cnn.kinds import AnyVariant, epochs_of, train_network
from stages.cnn.validate import temperature_of
from stages.leaks import left_out_path, read_names
from stages.params import load_params
from stages.training import guard_divergence, progress_bar, variant_of, write_training
from stages.workers import map_processes


def train_seed(faces: tuple[Faces, Faces], label: str, variant: AnyVariant, seed: int, device: torch.device):
    """Train from one seed and return the weights as NumPy arrays, and the history.

    ``label`` is ``<family>.<variant>``, for messages.
    """
    family, name = label.split(".")
    with progress_bar(name, seed, epochs_of(variant, len(faces[0].labels))) as bar:
        trained = guard_divergence(
            family, name, lambda: train_network(*faces, variant, seed, device, lambda: bar.update())
        )
    state = trained.network.state_dict()
    return {key: tensor.cpu().contiguous().numpy() for key, tensor in state.items()}, trained.history


def calibrate(faces: tuple[Faces, Faces], label: str, variant: AnyVariant, seed: int, device: torch.device) -> float:
    """Train once more without a fifth of the training photos, and return the temperature that suits these."""
    family, name = label.split(".")
    with progress_bar(f"{name} calibration", seed, epochs_of(variant, len(faces[0].labels))) as bar:
        return guard_divergence(
            family, name, lambda: temperature_of(faces[0], variant, seed, device, lambda: bar.update())
        )


def _call(task, *arguments):
    return task(*arguments)


def main(arguments: argparse.Namespace) -> None:
    """Train the variant named on the command line."""
    params, family, name = load_params(), arguments.family, arguments.variant
    variant = variant_of(getattr(params, family).variants, name, family)
    device = choose_device(params.cnn.device)
    faces = load_variant_data(family, variant, params.crop, read_names(left_out_path(family)))
    label = f"{family}.{name}"
    tasks = [(train_seed, faces, label, variant, seed, device) for seed in params.seeds]
    if variant.calibrate:
        tasks.append((calibrate, faces, label, variant, params.seeds[0], device))
    # A GPU is one, and cannot be used from a forked process: there the seeds go one after another.
    runs = map_processes(_call, tasks) if device.type == "cpu" else [_call(*task) for task in tasks]
    about = {"classes": faces[0].classes} | ({"temperature": runs.pop()} if variant.calibrate else {})
    weights = {seed: state for seed, (state, _) in zip(params.seeds, runs, strict=True)}
    histories = {seed: history for seed, (_, history) in zip(params.seeds, runs, strict=True)}
    write_training(family, name, weights, histories, about)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variant", help="name of a block of <family>.variants in params.yaml")
    parser.add_argument("--family", choices=("cnn", "cnn_digits"), default="cnn", help="on faces (default) or digits")
    door.run(main, parser)
