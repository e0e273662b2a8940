"""Measure against peers and write benchmarks/results.csv and docs/benchmarks.md.

Usage: python -m benchmarks [NAME …]    measure all, or the named ones; the others keep their rows
       python -m benchmarks --page      write the page again, without measuring

The environment variables DIGITS (an .npz of digits) and MIRROR (a mirror of the photos) name real data; make bench
sets them from its options. A benchmark that needs what is not there says so and is left out.
"""

import argparse
from collections.abc import Sequence
from importlib import import_module

from benchmarks import results
from benchmarks.machine import describe
from benchmarks.row import to_table
from benchmarks.write import write_page
from stages import door
from stages.errors import InputError

# In the order of the page. A name is a module of this package.
NAMES = ("dnn", "cnn", "crop", "pipeline", "start", "growth", "tried")


def main(arguments: argparse.Namespace) -> None:
    """Measure, save after every benchmark, and write the page.

    Raises:
        InputError: a name is none; what a benchmark needs is unusable, or rows that would stay were measured elsewhere.
    """
    if unknown := set(arguments.names) - set(NAMES):
        raise InputError(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if not arguments.page:
        measure(arguments.names or NAMES)
    write_page()


def measure(names: Sequence[str], tiny: bool = False) -> None:
    """Run the benchmarks called ``names`` and put their rows in the place of those from before.

    Args:
        tiny: the smallest form of each, for the tests.
    """
    machine = describe()
    results.check_machine(machine, [name for name in NAMES if name not in names])
    for name in names:
        print(f"=== {name}", flush=True)
        try:
            rows = import_module(f"benchmarks.{name}").measure(tiny)
        except results.LeftOut as reason:
            print(f"left out: {reason}")
            continue
        print(to_table(rows).drop(columns="benchmark").to_string(index=False, na_rep=""), flush=True)
        results.save(name, rows, machine)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--page", action="store_true", help="only write the page from the figures of the last run")
    door.run(main, parser)
