"""Run a grid of parameters through DVC's queue and write one page over its runs.

Usage: python -m ci.sweep -S cnn.variants.weighted.lr=0.0005,0.001 -S cnn.variants.weighted.class_weights.none=1,3

Without -S it only writes the page of runs that are there.
"""

import argparse

from ci.queued_runs import check_repository, queue_grid, run_queue, show_experiments, states
from ci.sweep_runs import Run, read_curves, read_runs, touched_variants, varied_params
from stages import door
from stages.commands import repro
from stages.errors import InputError
from stages.pages.sweep import Results, sorted_table, write_sweep

PAGE = "sweep.html"


def main(arguments: argparse.Namespace) -> None:
    """Queue, run, wait, and write the page.

    Raises:
        InputError: the pipeline itself fails, a run failed, or what :func:`queue_grid` and :func:`write_sweep` say.
    """
    check_repository()
    if arguments.set:
        # What all runs share goes to the cache first; each queued run would make it for itself otherwise.
        status, _ = repro()
        if status != 0:
            raise InputError("dvc repro failed before the sweep; its reason stands above")
        queue_grid(arguments.name, arguments.set)
        run_queue(arguments.name, arguments.jobs)
    shown = show_experiments()
    failed = [run for run, state in states(shown, arguments.name).items() if state == "failed"]
    results = gather(read_runs(shown, arguments.name))
    write_sweep(PAGE, arguments.name, results, arguments.sort, failed)
    for one in results:
        print_table(one, arguments.sort)
    print(f"written: {PAGE}")
    if failed:
        raise InputError(f"{', '.join(failed)}: did not finish; see `dvc queue logs {failed[0]}`")


def gather(runs: list[Run]) -> list[Results]:
    """Return what the sweep did to each variant that it touched."""
    variants = touched_variants(runs)
    varied, curves = varied_params(runs), read_curves(runs, variants)
    results = []
    for family, variant in variants:
        other = [key for key in varied if ".variants." in key and not key.startswith(f"{family}.variants.{variant}.")]
        params = {key: values for key, values in varied.items() if key not in other}
        metrics = [run.metrics.get(f"metrics/{family}/{variant}/metrics.json") for run in runs]
        names = [run.name for run in runs]
        results.append(Results(family, variant, names, params, metrics, curves.get((family, variant))))
    return results


def print_table(one: Results, metric: str) -> None:
    """Print the page's table in the terminal."""
    table = sorted_table(one, metric)
    lines = [[table.corner, *table.columns], *([name, *(cell.text for cell in cells)] for name, cells in table.rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    print(f"\n{one.family}.{one.variant}: {table.caption}")
    for line in lines:
        print("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-S", dest="set", action="append", metavar="NAME=VALUE,…", help="as in dvc exp run; repeatable")
    parser.add_argument("--name", default="sweep", help="the runs are called NAME-1, NAME-2, … (default: sweep)")
    parser.add_argument("-j", dest="jobs", type=int, default=2, help="runs at the same time (default: 2)")
    parser.add_argument("--sort", default="test.balanced_accuracy", metavar="METRIC", help="default: %(default)s")
    door.run(main, parser)
