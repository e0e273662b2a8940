"""How cropping grows: seconds, memory and files for many photos, here and on a Dask cluster of workers on this machine.

Usage: python -m benchmarks.scale 1000 10000 100000 [--workers 0 1 2]

The photos are hard links to those of the workspace, a face each; the memory is the highest of the stage's own process;
processor seconds are those of all processes, a cluster's start included.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from stages.runtime import command
from stages.runtime.errors import InputError
from stages.runtime.parallel import CLUSTER
from stages.storage.annotations import read_annotations, write_annotations

RAW, PROJECT = Path("data/raw/masks"), Path(__file__).resolve().parent.parent


def main(arguments: argparse.Namespace) -> None:
    """Print a row of a Markdown table for each number of photos and of workers."""
    print(
        "| photos | workers | seconds | processor seconds | MiB | files |\n| ---: | --- | ---: | ---: | ---: | ---: |",
        flush=True,
    )
    for photos in arguments.photos:
        with TemporaryDirectory(prefix=".scale-", suffix=".partial", dir=".") as folder:
            fill(Path(folder), photos)
            for workers in arguments.workers:
                before = processor_seconds()
                with cluster_of(workers) if workers else nullcontext({}) as variables:
                    seconds, memory = crop(Path(folder), variables)
                used = processor_seconds() - before
                files = sum(
                    len(names) for top in ("masks", "masks_large") for *_, names in os.walk(f"{folder}/data/{top}")
                )
                print(
                    f"| {photos:,} | {workers or 'none'} | {seconds:,.1f} | {used:,.1f} | {memory:,.0f} | {files:,} |",
                    flush=True,
                )


def fill(folder: Path, photos: int) -> None:
    """Lay out a folder as ``download_faces`` leaves it, and params.yaml."""
    shutil.copy("params.yaml", folder)
    usable = {one.file: one for one in read_annotations(RAW / "faces.csv") if not one.problem}
    faces, images = list(usable.values()), folder / RAW / "images"
    images.mkdir(parents=True)
    names = [f"p{number:08d}{Path(faces[number % len(faces)].file).suffix}" for number in range(photos)]
    with (folder / RAW / "photos.csv").open("w") as table:
        table.write("file,original,sha256\n")
        for number, name in enumerate(names):
            os.link(RAW / "images" / faces[number % len(faces)].file, images / name)
            table.write(f"{name},{name},{number:064x}\n")
    rows = (replace(faces[i % len(faces)], photo=name, file=name, row=i + 2) for i, name in enumerate(names))
    write_annotations(folder / RAW / "faces.csv", rows)


@contextmanager
def cluster_of(workers: int) -> Iterator[dict[str, str]]:
    """Run a scheduler and workers here, with the setting of docs/scale.md; yields the variable that names them."""
    import dask
    from distributed import LocalCluster

    dask.config.set({"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None})
    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield {CLUSTER: cluster.scheduler_address}


def processor_seconds() -> float:
    """Of this process and all that have ended below it: on a busy machine the better measure."""
    return sum(
        one.ru_utime + one.ru_stime for one in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def crop(folder: Path, variables: dict[str, str]) -> tuple[float, float]:
    """Run the stage in ``folder``; its seconds, and its highest memory in MiB."""
    environment = os.environ | {"PYTHONPATH": str(PROJECT)} | variables
    start = time.perf_counter()
    line = [sys.executable, "-m", "stages.crop_faces"]
    process = subprocess.Popen(line, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise InputError("crop_faces failed; see above")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=int, nargs="+", help="how many photos")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1, 2], help="0: this machine's processors alone")
    command.run(main, parser)
