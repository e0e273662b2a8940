"""Rerun what changed and report the difference to a base: what CI does on a pull request, without GitHub.

Usage: ``python -m ci.rerun --base origin/main``
"""

import argparse
from pathlib import Path

from ci.base import find_base
from ci.outcomes import read_outcomes
from ci.rerun_report import FILE, write_report
from stages import door
from stages.commands import repro
from stages.errors import InputError


def main(arguments: argparse.Namespace) -> None:
    """Find the base, run ``dvc repro``, write ``report.md`` and the plots that moved, and print the report."""
    base = find_base(arguments.base)
    status, log = repro()
    outcomes = read_outcomes(log)
    if status != 0:
        failed = [stage for stage, outcome in outcomes.items() if outcome == "failed"]
        raise InputError(f"dvc repro failed{' in ' + ', '.join(failed) if failed else ''}; its reason stands above")
    print("\n" + write_report(arguments.out, base, outcomes))
    print(f"Written to {arguments.out / FILE}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="HEAD", help="branch, tag or commit to compare with (default: HEAD)")
    parser.add_argument("--out", type=Path, default=Path("rerun"), help="folder of the report (default: rerun)")
    door.run(main, parser)
