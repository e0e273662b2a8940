"""Stage: judge every face, of both sides of the split, by networks that have seen neither its photo nor a copy of it.

A few faces of the rarest class stand in one test set; here all of them are judged, each once per seed.
"""

import argparse
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from threadpoolctl import threadpool_limits

from stages.config.params import load_params
from stages.config.variants import Variant
from stages.evaluation.figures import cross_validation_figures
from stages.masks.dataset import load_dataset
from stages.runtime import command
from stages.runtime.errors import InputError
from stages.runtime.parallel import map_processes
from stages.storage.dataset import SPLITS, TEST, Dataset, Samples
from stages.storage.filenames import safe_name
from stages.storage.files import write_json
from stages.storage.predictions import Predictions, cross_validation_path, save_predictions
from stages.storage.splits import group_folds
from stages.storage.tables import read_table

PAIRS = Path("data/audit/masks/duplicates.csv")


@dataclass(frozen=True)
class Job:
    """One training: of a variant from a seed, without the faces that are ``held``, bool (N,)."""

    variant: str
    seed: int
    held: np.ndarray


@cache  # the processes of one command are forked, and share what was read before
def all_faces(crops: str) -> Dataset:
    """The faces of both sides as one training set; a face's group is its photo with all copies of it."""
    dataset = load_dataset(crops)
    sides = [getattr(dataset, split) for split in SPLITS]
    fields = ("images", "labels", "groups", "names")
    images, labels, files, names = (np.concatenate([getattr(side, field) for side in sides]) for field in fields)
    groups = groups_of_copies(files, read_table(PAIRS, ["photo", "other"], "run `dvc repro audit@masks`"))
    faces = Samples(images, labels, groups, names)
    return replace(dataset, train=faces, test=faces.chosen(np.arange(0)), validation=np.zeros(len(faces), bool))


def groups_of_copies(files: np.ndarray, pairs: pd.DataFrame) -> np.ndarray:
    """Return for each of ``files``, texts (N,), the first file of those that are copies of it, also by way of others.

    Args:
        files: of photos, by their safe names.
        pairs: ``photo`` and ``other``, the names that two copies came with.
    """
    known, numbers = np.unique(files, return_inverse=True)
    place = {file: i for i, file in enumerate(known)}
    first, second = ([place[safe_name(name)] for name in pairs[side]] for side in ("photo", "other"))
    graph = coo_array((np.ones(len(pairs)), (first, second)), shape=(len(known), len(known)))
    component = connected_components(graph, directed=False)[1]
    return known[np.unique(component, return_index=True)[1][component]][numbers]


def parts_of(dataset: Dataset, folds: int, seed: int) -> list[np.ndarray]:
    """Divide the training samples; each part is bool (N,), see :func:`stages.storage.splits.group_folds`."""
    places = np.arange(len(dataset.train))
    return [np.isin(places, part) for part in group_folds(dataset.train.labels, dataset.train.groups, folds, seed)]


def logits_of_held_out(dataset: Dataset, held: np.ndarray, variant: Variant, seed: int, device: str) -> np.ndarray:
    """Train on the training samples that are not ``held`` (bool (N,)), on one thread; return the others' logits."""
    parts = replace(dataset, validation=held).for_validation()
    training = import_module(f"stages.{variant.network}.training")
    model = import_module(f"stages.{variant.network}.model")
    with threadpool_limits(1):
        trained = training.train(parts, variant, seed, device)
        return model.load_model(trained.state, variant, dataset.form, device).logits(parts.test.images)


def run_job(job: Job) -> np.ndarray:
    """Train once; return the logits of the faces that were held out."""
    params = load_params()
    variant = params.variant(job.variant)
    try:
        return logits_of_held_out(all_faces(variant.crops), job.held, variant, job.seed, params.device)
    except InputError as error:
        raise InputError(f"variants.{job.variant}.{error}") from None


def main(arguments: argparse.Namespace) -> None:
    """Cross-validate the variant named on the command line with each of its seeds; write logits and figures."""
    params, name = load_params(), arguments.variant
    variant, folds = params.variant(name), params.cross_validation.folds
    dataset, seeds = all_faces(variant.crops), params.cross_validation.seeds
    jobs = [Job(name, seed, held) for seed in seeds for held in parts_of(dataset, folds, seed)]
    faces, classes = dataset.train, dataset.form.classes
    logits = np.full((len(seeds), len(faces), len(classes)), np.nan, np.float32)
    for job, said in zip(jobs, map_processes(run_job, jobs, name), strict=True):
        logits[seeds.index(job.seed), job.held] = said
    predictions = Predictions(
        np.array(classes),
        np.array(seeds),
        {TEST: logits},
        {TEST: faces.labels},
        {TEST: faces.groups},
        faces.names,
        latent={},
        axes=np.array([], str),
    )
    save_predictions(cross_validation_path(name), predictions)
    figures = cross_validation_figures(predictions, variant.balanced_logits, params.bootstrap.seed)
    write_json(f"metrics/masks/{name}/cross_validation.json", figures)
    recalls = ", ".join(f"{label} {one['recall']:.3f}" for label, one in figures["per_class"].items())
    print(f"{name}: {len(faces)} faces in {folds} parts, {len(seeds)} seeds")
    print(f"  accuracy {figures['accuracy']:.4f}, balanced {figures['balanced_accuracy']:.4f}, recall: {recalls}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("variant", help="name of a block of variants of masks in params.yaml")
    command.run(main, parser)
