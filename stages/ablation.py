"""Ablation: train a variant with one thing changed at a time, and judge each on training data held out.

The changes stand in studies/ablation_<family>.yaml, by variant; the table goes to
docs/results/ablation_<family>_<variant>.csv. The test data take no part. PyTorch's networks train on cnn.device; a GPU
serves as many of them at once as there are processors, or WORKERS in the environment. What is judged is kept until the
table is written: the same command goes on after an interruption.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from stages import door
from stages.errors import InputError
from stages.history import write_table
from stages.leaks import left_out_path, read_names
from stages.params import load_params
from stages.params_block import all_different
from stages.params_data import Crop
from stages.results.ablation import ablation_table, changed_variants, read_changes
from stages.results.kept import Kept, figures_of, forget
from stages.training import guard_divergence, variant_of
from stages.workers import map_processes

Judge = Callable[[Any, int], dict[str, float]]


def dnn_judge() -> Judge:
    """How a variant of the NumPy network and a seed become figures."""
    from stages.digits.dataset import load_digits, without
    from stages.dnn.validation import judge

    return partial(judge, without(load_digits(), read_names(left_out_path("dnn"))))


def cnn_judge(family: str) -> Judge:
    """How a variant of the PyTorch network and a seed become figures."""
    params = load_params()
    return partial(_judge_cnn, family, params.crop, read_names(left_out_path(family)), params.cnn.device)


def _judge_cnn(
    family: str, crop: Crop, left_out: frozenset[str], device: str, variant: Any, seed: int
) -> dict[str, float]:
    from stages.cnn.data import load_variant_data
    from stages.cnn.device import choose_device
    from stages.results.validate_cnn import validation_figures

    faces, _ = load_variant_data(family, variant, crop, left_out)
    # Chosen here, in a process of its own: a GPU that the parent had used could not be used from a forked one.
    return validation_figures(faces, variant, seed, choose_device(device))


# A family's own code, and torch with it, is imported only for that family.
JUDGES: dict[str, Callable[[], Judge]] = {
    "dnn": dnn_judge,
    "cnn": partial(cnn_judge, "cnn"),
    "cnn_digits": partial(cnn_judge, "cnn_digits"),
}


def judge_one(judge: Judge, family: str, name: str, variant: Any, seed: int, kept: Path) -> dict[str, float]:
    """Judge one variant from one seed, on one processor: so the figures do not depend on how many there are."""
    with threadpool_limits(1):
        figures = figures_of(kept, lambda: guard_divergence(family, name, lambda: judge(variant, seed)))
    print(f"{family}.{name} seed {seed}: accuracy {figures['accuracy']:.4f}", flush=True)
    return figures


def data_of(family: str) -> list[Path]:
    """The files that say which data the networks of ``family`` are judged on."""
    if family == "cnn":
        from stages.cnn.data import FOLDER, LARGE

        return [left_out_path(family), FOLDER / "index.csv", LARGE / "index.csv"]
    from stages.digits.dataset import PATH

    return [left_out_path(family), PATH]


def seed_of(text: str) -> int:
    """A seed as params.yaml takes them."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) < 2**32):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no whole number from 0 to {2**32 - 1}")
    return int(text)


def main(arguments: argparse.Namespace) -> None:
    """Judge the variant named on the command line, and each change to it."""
    family, name = arguments.family, arguments.variant
    params = load_params()
    variant = variant_of(getattr(params, family).variants, name, family)
    path = Path("studies") / f"ablation_{family}.yaml"
    variants = changed_variants(path, variant, read_changes(path, name))
    judge = JUDGES[family]()
    seeds = arguments.seeds or params.seeds
    try:
        all_different(seeds)
    except ValueError as error:
        raise InputError(f"--seeds: {error}") from None
    kept = Kept(data_of(family), (params.crop.model_dump_json(), params.cnn.device))
    tasks = [
        (judge, family, change, one, seed, kept.path(one, seed)) for change, one in variants.items() for seed in seeds
    ]
    figures = iter(map_processes(judge_one, tasks))
    table = ablation_table({change: [next(figures) for _ in seeds] for change in variants})
    target = f"docs/results/ablation_{family}_{name}.csv"
    write_table(target, table)
    forget(task[-1] for task in tasks)
    print(table.to_string(index=False, float_format="%.4f"))
    print(f"written: {target}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("family", choices=JUDGES)
    parser.add_argument("variant", help="name of a block of the family's variants in params.yaml")
    parser.add_argument("--seeds", type=seed_of, nargs="+", help="instead of those of params.yaml")
    door.run(main, parser)
