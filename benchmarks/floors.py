"""Floors under the stages of a finished pipeline: the work that none of them can do without, done plainly.

Training a network of the digits: its matrix products, evaluation after every epoch included. Training a convolutional
network: the eager loop of torch from memory, without evaluation or augmentation; the residual networks are the
project's own. Both are timed over a few epochs or steps and counted as often as the variant takes them; as many seeds
side by side as there are cores, one thread each. Cropping: decoding every photo once, on all cores, by OpenCV. Every
stage: the start of Python. The other stages have no other floor.
"""

import math
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch.nn.functional import cross_entropy, interpolate

from benchmarks.cnn import plain_network
from benchmarks.crop import decode_all, decode_by_opencv
from benchmarks.products import bare_products
from benchmarks.timing import race
from stages import crop_faces
from stages.cnn.data import Faces, load_variant_data
from stages.cnn.device import choose_device
from stages.cnn.kinds import AnyVariant
from stages.cnn.network_residual import build_residual
from stages.digits.dataset import CLASSES, as_inputs, load_digits
from stages.params import Params, load_params
from stages.params_cnn import CnnVariant
from stages.params_dnn import DnnVariant
from stages.workers import available_workers, map_processes

REPETITIONS, STEPS = 3, 20


def floors(folder: Path, stages: int) -> dict[str, float]:
    """Return seconds by what they are under: a stage's name without its variant, or ``start`` of so many stages.

    Args:
        folder: of a project that has run.
        stages: how many ran.
    """
    threads, starting = torch.get_num_threads(), [sys.executable, "-c", "pass"]
    with chdir(folder):
        params = load_params()
        found = {
            "crop_faces": decoding(),
            "train_dnn": products(params),
            "train_cnn": eager(params, "cnn"),
            "train_cnn_digits": eager(params, "cnn_digits"),
            "start": stages * median_seconds(lambda: subprocess.run(starting, check=True)),
        }
    torch.set_num_threads(threads)
    return found


def median_seconds(call: Callable[[], object]) -> float:
    """Seconds of a call, after one to warm up."""
    return float(np.median(race({"": call}, REPETITIONS)[""]))


def decoding() -> float:
    """Decode the photos of the project."""
    files, threads = sorted((crop_faces.RAW / "images").iterdir()), cv2.getNumThreads()
    seconds = median_seconds(lambda: decode_all(files, decode_by_opencv))
    cv2.setNumThreads(threads)
    return seconds


def products(params: Params) -> float:
    """Matrix products of all variants of the NumPy network."""
    digits = load_digits()
    inputs, tests = as_inputs(digits.x_train), as_inputs(digits.x_test)
    return sum(
        variant.epochs * per_seeds(products_of_epoch, (inputs, tests, variant), len(variant.seeds or params.seeds))
        for variant in params.dnn.variants.values()
    )


def products_of_epoch(inputs: np.ndarray, tests: np.ndarray, variant: DnnVariant) -> float:
    """Seconds of an epoch's products."""
    sizes = [inputs.shape[1], *variant.hidden, len(CLASSES)]
    with threadpool_limits(1):
        return median_seconds(bare_products(inputs, tests, sizes, variant.batch_size))


def eager(params: Params, family: str) -> float:
    """Training steps of all variants of a family of convolutional networks."""
    choose_device("cpu")
    total = 0.0
    for variant in getattr(params, family).variants.values():
        faces = load_variant_data(family, variant, params.crop)[0]
        step = sum(
            share * per_seeds(eager_step, (faces, variant, side), len(params.seeds))
            for side, share in sides_of(variant, faces)
        )
        total += steps_of(variant, faces) * step
    return total


def sides_of(variant: AnyVariant, faces: Faces) -> list[tuple[int, float]]:
    """The sides at which one training sees its pictures, and each one's share of the steps."""
    if isinstance(variant, CnnVariant):
        return [(faces.images.shape[-1], 1.0)]
    first = [(phase.side, phase.share) for phase in variant.progressive]
    return [*first, (variant.side, 1.0 - sum(share for _, share in first))]


def steps_of(variant: AnyVariant, faces: Faces) -> int:
    """How many steps one training takes."""
    if not isinstance(variant, CnnVariant):
        return variant.members * (variant.images // variant.batch_size)
    counts = torch.bincount(faces.labels, minlength=len(faces.classes))
    drawn = len(counts) * int(counts.min()) if variant.resample_rounds else len(faces.labels)
    return (variant.resample_rounds or 1) * variant.epochs * math.ceil(drawn / variant.batch_size)


def eager_step(faces: Faces, variant: AnyVariant, side: int) -> float:
    """Seconds of one step of the plain loop on pictures of ``side`` pixels."""
    if isinstance(variant, CnnVariant):
        images, network = faces.images, plain_network(variant, faces)
    else:
        images = interpolate(faces.images, size=(side, side))
        network = build_residual(variant, images.shape[1], len(faces.classes))
    optimizer = torch.optim.Adam(network.parameters(), lr=variant.lr)
    images, labels, size = images.contiguous(), faces.labels, min(variant.batch_size, len(faces.labels))

    def steps() -> None:
        for _ in range(STEPS):
            chosen = torch.randperm(len(images))[:size]
            optimizer.zero_grad()
            cross_entropy(network(images[chosen]), labels[chosen]).backward()
            optimizer.step()

    return median_seconds(steps) / STEPS


def per_seeds(task: Callable[..., float], arguments: tuple[Any, ...], seeds: int) -> float:
    """Seconds of ``task``, which returns its own, for all seeds: so many at a time as there are cores."""
    side_by_side = min(seeds, available_workers())
    return max(map_processes(task, [arguments] * side_by_side)) * math.ceil(seeds / side_by_side)
