"""Stage: train one variant, once per seed and once for validation, and ask the networks about every sample."""

import argparse
import os
import time
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from stages.config.params import load_params
from stages.runtime import command
from stages.runtime.errors import InputError
from stages.runtime.parallel import CLUSTER, map_processes
from stages.storage.curves import over_seeds, per_seed
from stages.storage.dataset import SPLITS, TEST, TRAIN, Dataset
from stages.storage.leaks import LEFT_OUT, read_groups
from stages.storage.predictions import PARTS, VALIDATION, Predictions, predictions_path, save_predictions
from stages.storage.tables import write_table
from stages.storage.weights import save_weights
from stages.training.history import Row, Trained, progress_bar
from stages.training.latent import project


@dataclass(frozen=True)
class Job:
    """One training: of a variant from a seed, on all training samples or without those for validation.

    With ``is_shown`` its learning curve stands in the variant's history.csv while it trains.
    """

    variant: str
    seed: int
    validation: bool = False
    is_shown: bool = False


@dataclass(frozen=True)
class Run:
    """What one training gives, and what its network says: logits (N, K) by split, latent features by moment."""

    trained: Trained
    logits: dict[str, np.ndarray]
    latent: dict[str, np.ndarray]


class LiveCurve:
    """A learning curve that others can look at while it grows.

    Args:
        path: of the table.
        seed: whose curve it is.
    """

    def __init__(self, path: Path, seed: int) -> None:
        self._path, self._seed, self._shown = path, seed, time.monotonic()

    def show(self, rows: list[Row]) -> None:
        """Write all rows so far, if the table was not written within the last second."""
        if time.monotonic() - self._shown >= 1:
            write_table(self._path, over_seeds(per_seed({self._seed: rows})))
            self._shown = time.monotonic()


def history_path(study: str, variant: str) -> Path:
    """The learning curve of a variant, mean over the seeds; while it trains, that of the first seed so far."""
    return Path(f"metrics/{study}/{variant}/history.csv")


@cache  # the processes of one command are forked, and share what was read before
def load_dataset(name: str) -> Dataset:
    """The data that a variant works on, less what the audit left out of training."""
    variant = load_params().variant(name)
    study = import_module(f"stages.{variant.study}.dataset")
    return study.load_dataset(variant.crops).without(read_groups(variant.study, LEFT_OUT))


def run_job(job: Job) -> Run:
    """Train and ask, on one processor: so the bytes do not depend on how many there are.

    Raises:
        InputError: training is not possible with the variant's settings, or diverged; begins with the parameter's key.
    """
    params = load_params()
    variant, dataset = params.variant(job.variant), load_dataset(job.variant)
    dataset = dataset.for_validation() if job.validation else dataset
    training = import_module(f"stages.{variant.network}.training")
    model = import_module(f"stages.{variant.network}.model")
    title = f"{job.variant} {'validation' if job.validation else f'seed {job.seed}'}"
    with threadpool_limits(1), progress_bar(title, training.epochs_of(variant, len(dataset.train))) as bar:
        live = LiveCurve(history_path(variant.study, job.variant), job.seed) if job.is_shown else None

        def progress(rows: list[Row]) -> None:
            bar.update()
            if live:
                live.show(rows)

        try:
            trained = training.train(dataset, variant, job.seed, params.device, progress)
        except InputError as error:
            raise InputError(f"variants.{job.variant}.{error}") from None
        network = model.load_model(trained.state, variant, dataset.form, params.device)
        if job.validation:
            return Run(trained, {VALIDATION: network.logits(dataset.test.images)}, {})
        logits = {split: network.logits(getattr(dataset, split).images) for split in SPLITS}
        latent = {f"epoch {epoch}": features for epoch, features in trained.latent.items()}
        return Run(trained, logits, latent or {"end": network.features(dataset.test.images)})


def main(arguments: argparse.Namespace) -> None:
    """Train the variant named on the command line; write weights, learning curves and predictions."""
    params, name = load_params(), arguments.variant
    variant, dataset = params.variant(name), load_dataset(name)
    seeds = params.seeds_of(variant)
    # Not on a cluster: a worker whose caller was interrupted trains on, and would write into what comes after.
    shown = None if os.environ.get(CLUSTER) else seeds[0]
    jobs = [*(Job(name, seed, is_shown=seed == shown) for seed in seeds), Job(name, seeds[0], validation=True)]
    # A GPU is one, and cannot be used from a forked process: there the trainings go one after another.
    uses_gpu = import_module(f"stages.{variant.network}.training").uses_gpu(params.device)
    history_file = history_path(variant.study, name)
    try:
        *runs, validation = [run_job(job) for job in jobs] if uses_gpu else map_processes(run_job, jobs)
    except BaseException:
        history_file.unlink(missing_ok=True)
        raise
    about = {
        "classes": dataset.form.classes,
        "shape": dataset.form.shape,
        "margin": dataset.form.margin,
        "train_counts": np.bincount(dataset.train.labels, minlength=len(dataset.form.classes)).tolist(),
        "variant": variant.model_dump(exclude_unset=True),
    }
    weights = {seed: run.trained.state for seed, run in zip(seeds, runs, strict=True)}
    save_weights(f"models/{variant.study}/{name}.safetensors", weights, about)
    predictions = predictions_of(dataset, seeds, runs, validation)
    save_predictions(predictions_path(variant.study, name), predictions)
    history = per_seed({seed: run.trained.history for seed, run in zip(seeds, runs, strict=True)})
    write_table(f"models/{variant.study}/{name}.history.csv", history)
    curve = over_seeds(history)
    write_table(history_file, curve)
    last = curve.iloc[-1]
    print(f"{name}: {len(seeds)} seeds, {len(curve)} epochs; at the end, means over the seeds:")
    print("  " + ", ".join(f"{key} {last[key]:.4f}" for key in curve if key.startswith(("train_", "test_"))))


def predictions_of(dataset: Dataset, seeds: list[int], runs: list[Run], validation: Run) -> Predictions:
    """Put together what the networks of all seeds said, and the one for validation."""
    samples: dict[str, Any] = {
        TRAIN: dataset.train,
        TEST: dataset.test,
        VALIDATION: dataset.for_validation().test,
    }
    points = {moment: project(features) for moment, features in runs[0].latent.items()}
    return Predictions(
        classes=np.array(dataset.form.classes),
        seeds=np.array(seeds),
        logits={s: np.stack([run.logits[s] for run in runs]) for s in SPLITS}
        | {VALIDATION: validation.logits[VALIDATION][None]},
        labels={part: samples[part].labels for part in PARTS},
        groups={part: samples[part].groups for part in PARTS},
        names=dataset.test.names,
        latent={moment: each for moment, (each, _) in points.items()},
        axes=np.array(next(iter(points.values()))[1]),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variant", help="name of a block of variants in params.yaml")
    command.run(main, parser)
