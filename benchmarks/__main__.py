"""Measure against peers on this machine, and write benchmarks/results.csv and docs/benchmarks.md.

Usage: python -m benchmarks [dnn cnn crop audit dvc cluster] [--rounds 5]

What is not named keeps its rows. Faces and photos are those of the workspace, whose stages must have run; a machine
that does nothing else gives figures that can be trusted.
"""

import argparse
import os
import platform
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from threadpoolctl import threadpool_info

from benchmarks import cluster, data, networks
from stages.config.params import load_params
from stages.runtime import command
from stages.runtime.parallel import available_workers
from stages.storage.files import write_text
from stages.storage.tables import read_table, write_table
from tools.templates import render

MEASURES = {
    "dnn": networks.measure_dnn,
    "cnn": networks.measure_cnn,
    "crop": data.measure_crop,
    "audit": data.measure_audit,
    "dvc": data.measure_dvc,
    "cluster": cluster.measure_cluster,
}
TITLES = {
    "dnn": "The NumPy network",
    "cnn": "The report's convolutional network",
    "crop": "Cropping",
    "audit": "Near-duplicates",
    "dvc": "DVC with nothing to do, and with one changed parameter",
    "cluster": "A Dask cluster",
}
TABLE, PAGE = Path("benchmarks/results.csv"), Path("docs/benchmarks.md")
LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch", "opencv-python-headless", "faiss-cpu", "dvc")


def main(arguments: argparse.Namespace) -> None:
    """Measure what was named, keep the other rows, and write both files."""
    names = arguments.names or list(MEASURES)
    tables = [MEASURES[name](arguments.rounds) for name in names]
    if TABLE.exists():
        before = read_table(TABLE, ["group", "what", "competitor"])
        tables.append(before[~before["group"].isin(names)])
    table = pd.concat(tables)
    table = table.sort_values("group", key=lambda column: column.map(list(MEASURES).index), kind="stable")
    write_table(TABLE, table)
    groups = [
        (TITLES[name], " ".join(MEASURES[name].__doc__.split()).replace("``", "`"), rows.to_dict("records"))
        for name, rows in table.groupby("group", sort=False)
    ]
    write_text(PAGE, render(Path(__file__).with_name("page.md.j2"), groups=groups, machine=machine()))
    print(f"written: {TABLE}, {PAGE}")


def machine() -> dict[str, str]:
    """What the figures depend on."""
    kernels = {one.get("architecture", "?") for one in threadpool_info() if one["internal_api"] == "openblas"}
    facts = {
        "processor": f"{platform.machine()}, {available_workers()} cores used",
        "OpenBLAS kernels": ", ".join(sorted(kernels)),
        "Python": platform.python_version(),
        "faces of the workspace": load_params().faces.source,
    }
    if kernel := os.environ.get("OPENBLAS_CORETYPE"):
        facts["environment"] = f"OPENBLAS_CORETYPE={kernel}"
    return facts | {name: version(name) for name in LIBRARIES}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *MEASURES], metavar="NAME", help=", ".join(MEASURES))
    parser.add_argument("--rounds", type=int, default=5, help="after one of warm-up (default: 5)")
    command.run(main, parser)
