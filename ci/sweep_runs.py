"""The runs of a sweep, as ``dvc exp show`` and ``dvc plots diff`` tell them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ci.queued_runs import belongs
from stages.commands import dvc_json
from stages.errors import InputError
from stages.pages.tables import NOTHING, flatten

BASELINE = "HEAD"


@dataclass(frozen=True)
class Run:
    """``params`` as words by their full name; ``metrics`` as nested numbers by their file."""

    name: str
    params: dict[str, str]
    metrics: dict[str, Mapping[str, Any]]


def read_runs(shown: list[dict[str, Any]], name: str) -> list[Run]:
    """Return the commit that the sweep started from, as ``HEAD``, and the finished runs by their number.

    Args:
        shown: what ``dvc exp show --json`` printed.
        name: the sweep.

    Raises:
        InputError: there is no finished run of this name.
    """
    runs = []
    for commit in shown:
        for experiment in commit.get("experiments") or []:
            data = experiment["revs"][0].get("data") if experiment["revs"] else None
            failed = (experiment.get("executor") or {}).get("state") == "failed"
            if belongs(experiment["name"], name) and data and not failed:
                runs.append(_run(experiment["name"], data))
    if not runs:
        raise InputError(
            f"{name}-1, {name}-2, …: no finished run of this name at the last commit; queue some with -S, "
            "or check out the commit that the sweep started from"
        )
    commit = next(entry for entry in shown if entry["rev"] != "workspace")
    return [_run(BASELINE, commit["data"]), *sorted(runs, key=lambda run: int(run.name.rpartition("-")[2]))]


def _run(name: str, data: dict[str, Any]) -> Run:
    params: dict[str, str] = {}
    for file in (data.get("params") or {}).values():
        params |= flatten(file.get("data") or {})
    metrics = {path: file["data"] for path, file in (data.get("metrics") or {}).items() if file.get("data")}
    return Run(name, params, metrics)


def varied_params(runs: list[Run]) -> dict[str, list[str]]:
    """Return the parameters that are not the same in all runs: name to a value a run."""
    keys = dict.fromkeys(key for run in runs for key in run.params)
    columns = {key: [run.params.get(key, NOTHING) for run in runs] for key in keys}
    return {key: values for key, values in columns.items() if len(set(values)) > 1}


def touched_variants(runs: list[Run]) -> list[tuple[str, str]]:
    """Return (family, variant) of those whose metrics or own parameters are not the same in all runs."""
    varied = [key.split(".") for key in varied_params(runs)]
    named = [(key[0], key[2]) for key in varied if len(key) > 3 and key[1] == "variants"]
    files = dict.fromkeys(file for run in runs for file in run.metrics)
    parts = [(file, file.split("/")) for file in files]
    moved = [
        (part[1], part[2])
        for file, part in parts
        if len(part) == 4 and any(run.metrics.get(file) != runs[0].metrics.get(file) for run in runs)
    ]
    return list(dict.fromkeys([*named, *moved]))


def read_curves(runs: list[Run], variants: list[tuple[str, str]]) -> dict[tuple[str, str], pd.DataFrame]:
    """Return the learning curves of each variant, ``variant,epoch,…`` with the run's name as ``variant``."""
    targets = {f"metrics/{family}/{variant}/history.csv": (family, variant) for family, variant in variants}
    plots = dvc_json("plots diff", *[run.name for run in runs], "--targets", *targets)["data"]
    curves = {}
    for target, key in targets.items():
        if plot := plots.get(target):
            table = pd.DataFrame(plot[0]["content"]["data"]["values"]).rename(columns={"rev": "variant"})
            numbers = [column for column in table.columns if column not in ("variant", "filename", "field")]
            curves[key] = table[["variant", *numbers]].astype(dict.fromkeys(numbers, float))
    return curves
