"""The map over processors on a Dask cluster of workers on this machine, against this machine's own pools."""

import os
from collections.abc import Callable
from contextlib import ExitStack

import pandas as pd

from benchmarks.data import RAW, faces_by_photo
from benchmarks.scale import cluster_of
from benchmarks.timing import OURS, race, rows_of
from stages.config.params import load_params
from stages.masks.crop import crop_photos
from stages.runtime.parallel import CLUSTER, map_processes
from stages.storage.annotations import read_annotations
from stages.train import Job, run_job

PHOTOS, VARIANT = 10_000, "step_lr"


def measure_cluster(rounds: int) -> pd.DataFrame:
    """This project's ``crop_photos`` in memory, of the workspace's photos over and over, and three trainings of
    ``step_lr``: by this machine's own pools, and by one and two Dask workers on it."""
    by_file = faces_by_photo(read_annotations(RAW / "faces.csv"))
    photos = (list(by_file.items()) * (PHOTOS // len(by_file) + 1))[:PHOTOS]
    jobs = [*(Job(VARIANT, seed) for seed in (0, 1)), Job(VARIANT, 0, validation=True)]
    params = load_params()

    def crop() -> None:
        for _ in crop_photos(iter(photos), RAW / "images", params.crop, params.faces.boxes_refer_to, PHOTOS):
            pass

    faces = sum(len(members) for _, members in photos)
    crops = compared(crop, min(rounds, 2))
    trainings = compared(lambda: map_processes(run_job, jobs), rounds)
    return pd.concat(
        [
            rows_of("cluster", f"{faces:,} faces of {PHOTOS:,} photos", crops),
            rows_of("cluster", f"{len(jobs)} trainings of {VARIANT}", trainings),
        ]
    )


def compared(work: Callable[[], object], rounds: int) -> dict[str, list[float]]:
    """The seconds of ``work`` without a cluster, and on one of one and of two workers."""
    with ExitStack() as clusters:
        variables = {OURS: {}}
        for number, name in ((1, "one Dask worker"), (2, "two Dask workers")):
            variables[name] = clusters.enter_context(cluster_of(number))

        def run(name: str) -> None:
            os.environ.pop(CLUSTER, None)
            os.environ.update(variables[name])
            work()

        try:
            return race({name: lambda name=name: run(name) for name in variables}, rounds)
        finally:
            os.environ.pop(CLUSTER, None)
