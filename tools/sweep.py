"""Run a grid of parameters through DVC's queue, or on a Dask cluster, and write one page over its runs.

Usage: python -m tools.sweep -S variants.weighted.lr=0.0005,0.001 -S variants.weighted.class_weights.none=1,3

Where DASK_SCHEDULER_ADDRESS is set, the runs are tasks on that cluster (docs/scale.md). Without -S it only writes the
page of runs that are there. Runs are ranked by a figure on validation samples, so that the test samples stay fresh for
what was chosen.
"""

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from stages.runtime import command
from stages.runtime.errors import InputError
from stages.runtime.parallel import CLUSTER
from stages.storage.tables import flatten
from tools.cluster_sweep import check_remotes, run_on_cluster
from tools.dvc import repro
from tools.queue import Run, check_repository, error_of, queue_grid, read_curves, read_runs, run_queue, show_experiments

PAGE = "sweep.html"
LOW_IS_GOOD = ("loss", "error_rate")
NOTHING = "–"


@dataclass(frozen=True)
class Swept:
    """What a sweep did to one variant.

    Attributes:
        study, variant: which one.
        sort: the figure by which runs are ranked.
        runs: names, the best first.
        params: parameter to a value a run; only those that vary.
        figures: of metrics.json, to a value a run; the one that ranks first.
        curves: ``variant,epoch,…``, the run's name as ``variant``, or None.
    """

    study: str
    variant: str
    sort: str
    runs: list[str]
    params: dict[str, list[str]]
    figures: dict[str, list[float | None]]
    curves: pd.DataFrame | None


def main(arguments: argparse.Namespace) -> None:
    """Queue, run, wait, and write the page.

    Raises:
        InputError: the pipeline itself or a run fails, or no run has the figure to sort by.
    """
    from tools.pages.sweep import write_sweep  # here, with its drawing library

    check_repository()
    failed: dict[str, str] = {}
    if arguments.set:
        origin = check_remotes() if os.environ.get(CLUSTER) else None
        # What all runs share goes to the cache first; each queued run would make it for itself otherwise.
        if repro()[0] != 0:
            raise InputError("dvc repro failed before the sweep; its reason stands above")
        if origin:
            failed = run_on_cluster(origin, arguments.name, arguments.set)
        else:
            queue_grid(arguments.name, arguments.set)
            states = run_queue(arguments.name, arguments.jobs)
            failed = {run: error_of(run) for run, state in states.items() if state == "Failed"}
    runs = read_runs(show_experiments(), arguments.name)
    if len(runs) == 1:
        reason = next((f"{run}: {why}" for run, why in failed.items()), "queue some with -S, or check out their commit")
        raise InputError(f"{arguments.name}: no finished run of this name at the last commit; {reason}")
    swept = gather(runs, arguments.sort)
    for one in swept:
        print_table(one)
    write_sweep(PAGE, arguments.name, swept, failed)
    print(f"written: {PAGE}")
    if failed:
        raise InputError(*(f"{run} did not finish: {why}" for run, why in failed.items()))


def gather(runs: list[Run], sort: str) -> list[Swept]:
    """Return what the sweep did to each variant whose metrics or own parameters are not the same in all runs.

    Raises:
        InputError: a variant has no figure ``sort``.
    """
    keys = dict.fromkeys(key for run in runs for key in run.params)
    columns = {key: [run.params.get(key, NOTHING) for run in runs] for key in keys}
    varied = {key: values for key, values in columns.items() if len(set(values)) > 1}
    touched = dict.fromkeys(key.split(".")[1] for key in varied if key.startswith("variants."))
    files = {file.split("/")[2]: file for run in runs for file in run.metrics if file.endswith("/metrics.json")}
    touched |= dict.fromkeys(
        name for name, file in files.items() if any(run.metrics.get(file) != runs[0].metrics.get(file) for run in runs)
    )
    histories = [files[name].replace("metrics.json", "history.csv") for name in touched if name in files]
    curves = read_curves(runs, histories)
    found = []
    for name in touched:
        if name in files:
            others = [key for key in varied if key.startswith("variants.") and not key.startswith(f"variants.{name}.")]
            params = {key: values for key, values in varied.items() if key not in others}
            metrics = [run.metrics.get(files[name]) for run in runs]
            curve = curves.get(files[name].replace("metrics.json", "history.csv"))
            found.append(
                ranked(files[name].split("/")[1], name, sort, [run.name for run in runs], params, metrics, curve)
            )
    return found


def ranked(
    study: str,
    variant: str,
    sort: str,
    runs: list[str],
    params: Mapping[str, list[str]],
    metrics: list[Mapping[str, Any] | None],
    curves: pd.DataFrame | None,
) -> Swept:
    """Put the runs of one variant into their order, best first; those without the figure last.

    Raises:
        InputError: none has the figure ``sort``.
    """
    flat = [flatten(each) if each else {} for each in metrics]
    names = [sort, *(name for name in dict.fromkeys(key for each in flat for key in each) if name != sort)]
    values = [each.get(sort) for each in flat]
    if all(value is None for value in values):
        raise InputError(f"--sort {sort}: {variant} has no such figure; one of {', '.join(names[1:])}")
    sign = 1 if sort.endswith(LOW_IS_GOOD) else -1
    order = sorted(range(len(runs)), key=lambda i: (values[i] is None, sign * (values[i] or 0)))
    return Swept(
        study,
        variant,
        sort,
        [runs[i] for i in order],
        {key: [each[i] for i in order] for key, each in params.items()},
        {name: [flat[i].get(name) for i in order] for name in names},
        curves,
    )


def print_table(one: Swept) -> None:
    """Print a row a run, best first; a star says which the figure chose."""
    figures = {name: values for name, values in one.figures.items() if name == one.sort or name.startswith("test.")}
    lines = [["run", *(key.removeprefix(f"variants.{one.variant}.") for key in one.params), *figures]]
    for i, run in enumerate(one.runs):
        numbers = [NOTHING if values[i] is None else f"{values[i]:.4f}" for values in figures.values()]
        lines.append([f"{run} *" if i == 0 else run, *(values[i] for values in one.params.values()), *numbers])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    print(f"\n{one.variant} ({one.study}): runs by {one.sort}, which chose *")
    for line in lines:
        print("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-S", dest="set", action="append", metavar="NAME=VALUE,…", help="as in dvc exp run; repeatable")
    parser.add_argument("--name", default="sweep", help="the runs are called NAME-1, NAME-2, … (default: sweep)")
    parser.add_argument("-j", dest="jobs", type=int, default=2, help="runs at the same time (default: 2)")
    parser.add_argument("--sort", default="validation.balanced_accuracy", metavar="FIGURE", help="default: %(default)s")
    command.run(main, parser)
