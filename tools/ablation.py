"""Ablation: train a variant with one thing changed at a time, and evaluate each on training data held out.

The changes stand in studies/ablations.yaml, by variant; the table goes to docs/results/ablation_<variant>.csv. Digits
are evaluated on the validation part of the training data, faces by cross-validation in five parts of whole photos. The
test data take no part.
"""

import argparse
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from stages.config.params import faults_of, load_params, read_mapping
from stages.config.variants import Variant, all_different
from stages.cross_validate import logits_of_held_out, parts_of
from stages.evaluation.calibration import natural_logits
from stages.evaluation.scores import score
from stages.runtime import command
from stages.runtime.errors import InputError
from stages.runtime.parallel import map_processes
from stages.storage.dataset import Dataset
from stages.storage.leaks import LEFT_OUT, read_groups
from stages.storage.tables import write_table

CHANGES = Path("studies/ablations.yaml")
UNCHANGED = "unchanged"
FOLDS = 5
MAIN = ("accuracy", "balanced_accuracy", "macro_f1", "loss")


@dataclass(frozen=True)
class Job:
    """One training and evaluation: of a variant with a change, from a seed."""

    change: str
    variant: Variant
    seed: int


def main(arguments: argparse.Namespace) -> None:
    """Evaluate the variant named on the command line, and each change to it."""
    params, name = load_params(), arguments.variant
    variants = changed_variants(params.variant(name), read_mapping(CHANGES).get(name), f"{CHANGES}: {name}")
    seeds = arguments.seeds or params.seeds
    try:
        all_different(seeds)
    except ValueError as error:
        raise InputError(f"--seeds: {error}") from None
    jobs = [Job(change, variant, seed) for change, variant in variants.items() for seed in seeds]
    rows = [{"change": job.change} | figures for job, figures in zip(jobs, map_processes(run_job, jobs), strict=True)]
    table = ablation_table(pd.DataFrame(rows))
    target = f"docs/results/ablation_{name}.csv"
    write_table(target, table)
    print(table.to_string(index=False, float_format="%.4f"))
    print(f"written: {target}")


def changed_variants(variant: Variant, changes: Any, place: str) -> dict[str, Variant]:
    """Return ``variant`` with the keys of ``unchanged`` alone, and with those and of each of the other changes.

    Args:
        variant: as params.yaml has it.
        changes: the keys that each change sets, by its name; a key whose value is a mapping changes as a whole.
            ``unchanged``, where it is there, holds for all that is compared: a smaller budget, say.
        place: where the changes stand, for messages.

    Raises:
        InputError: there are none, or one makes no valid variant; names it and the key.
    """
    if not isinstance(changes, dict) or not all(isinstance(keys, dict) and keys for keys in changes.values()):
        raise InputError(f"{place}: must be a mapping of changes to the keys of the variant that they set")
    given = variant.model_dump(exclude_unset=True) | changes.get(UNCHANGED, {})
    variants = {}
    for name, keys in ({UNCHANGED: {}} | changes).items():
        try:
            variants[str(name)] = type(variant).model_validate(given | keys)
        except ValidationError as error:
            raise InputError(*(f"{place}.{fault}" for fault in faults_of(error, str(name)))) from None
    return variants


@cache
def load_dataset(study: str, crops: str) -> Dataset:
    """The data of a study, less what the audit left out of training."""
    load = import_module(f"stages.{study}.dataset").load_dataset
    return load(crops).without(read_groups(study, LEFT_OUT))


def run_job(job: Job) -> dict[str, float]:
    """Train and evaluate; the figures do not depend on how many processors there are.

    Raises:
        InputError: training diverged; names the change.
    """
    variant, device = job.variant, load_params().device
    dataset = load_dataset(variant.study, variant.crops)
    labels = dataset.train.labels
    try:
        if variant.study == "digits":
            labels = labels[dataset.validation]
            logits = logits_of_held_out(dataset, dataset.validation, variant, job.seed, device)
        else:
            logits = np.empty((len(labels), len(dataset.form.classes)), np.float32)
            for held in parts_of(dataset, FOLDS, job.seed):
                logits[held] = logits_of_held_out(dataset, held, variant, job.seed, device)
    except InputError as error:
        raise InputError(f"{job.change}: {error}") from None
    figures = figures_of(logits, labels, dataset.form.classes)
    if variant.balanced_logits:
        natural = figures_of(natural_logits(logits, dataset.train.labels), labels, dataset.form.classes)
        figures |= {f"natural {name}": value for name, value in natural.items()}
    print(f"{job.change}, seed {job.seed}: balanced accuracy {figures['balanced_accuracy']:.4f}", flush=True)
    return figures


def figures_of(logits: np.ndarray, labels: np.ndarray, classes: tuple[str, ...]) -> dict[str, float]:
    """The main figures and the recall of each class."""
    scores = score(logits, labels, classes)
    figures = {name: scores[name] for name in MAIN}
    return figures | {f"recall {name}": float(one["recall"]) for name, one in scores["per_class"].items()}


def ablation_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row a change: seeds, and the mean and sample standard deviation of each figure over them.

    ``accuracy_gain`` is the mean accuracy less that of the unchanged variant.

    Args:
        rows: ``change`` and the figures, a row a seed.
    """
    groups = rows.groupby("change", sort=False)
    table = groups.mean()
    if groups.size().max() > 1:
        table = table.join(groups.std(ddof=1).add_suffix("_std"))
    table.insert(0, "seeds", groups.size())
    return table.assign(accuracy_gain=table["accuracy"] - table.loc[UNCHANGED, "accuracy"]).reset_index()


def seed_of(text: str) -> int:
    """A seed as params.yaml takes them."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) < 2**32):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no whole number from 0 to {2**32 - 1}")
    return int(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("variant", help="name of a block of variants in params.yaml")
    parser.add_argument("--seeds", type=seed_of, nargs="+", help="instead of those of params.yaml")
    command.run(main, parser)
