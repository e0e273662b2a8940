"""The figures of a finished study, read from its metrics files and predictions."""

from pathlib import Path
from typing import Any

import pandas as pd

from stages.families import TITLES
from stages.files import read_json
from stages.history import read_table
from stages.params import Params, load_params
from stages.predictions import load_predictions, predictions_path
from studies.single_runs import single_run_interval

REPORT = Path("studies/report.csv")
Row = dict[str, Any]


class Study:
    """What lies in a study's folder.

    Args:
        root: the folder, with params.yaml, metrics/ and models/.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.params: Params = load_params(root / "params.yaml")

    def variants(self, family: str) -> list[str]:
        """Names of the family's variants, in the order of params.yaml."""
        return list(getattr(self.params, family).variants)

    @property
    def families(self) -> dict[str, str]:
        """Title by name."""
        return TITLES

    def json(self, path: str) -> dict[str, Any]:
        """Return the content of a metrics file.

        Raises:
            InputError: it is missing or no JSON.
        """
        return read_json(self.root / path, "run `make study` first")

    def metrics(self, family: str, variant: str) -> dict[str, Any]:
        """Return the variant's metrics.json."""
        return self.json(f"metrics/{family}/{variant}/metrics.json")

    def table(self, path: str) -> pd.DataFrame:
        """Return a CSV of metrics/."""
        return read_table(self.root / path)

    def has(self, family: str, *variants: str) -> bool:
        """Whether the study holds all of these variants."""
        return family in self.families and set(variants) <= set(self.variants(family))

    def pair(self, family: str, first: str, second: str) -> dict[str, Row]:
        """Return the comparison of two variants by figure: ``difference`` (second less first), ``low``, ``verdict``…"""
        rows = self.table(f"metrics/{family}/comparison.csv").to_dict("records")
        found = {row["figure"]: row for row in rows if (row["first"], row["second"]) == (first, second)}
        turned = {
            row["figure"]: row | _negated(row) for row in rows if (row["second"], row["first"]) == (first, second)
        }
        return found | turned

    def seeds(self, family: str, variant: str) -> pd.DataFrame:
        """Return a row a seed of the test figures."""
        table = self.table(f"metrics/{family}/{variant}/seeds.csv")
        return table[table["split"] == "test"]

    def first_epoch(self, family: str, variant: str, error: float) -> int | None:
        """Return the first epoch whose mean training error is at most ``error``."""
        history = self.table(f"metrics/{family}/{variant}/history.csv")
        reached = history[history["train_error"] <= error]
        return int(reached["epoch"].iloc[0]) if len(reached) else None

    def confused(self, family: str, variant: str, count: int = 5) -> list[Row]:
        """Return the most confused pairs of classes, mean counts over the seeds."""
        return self.table(f"metrics/{family}/{variant}/confused_pairs.csv").head(count).to_dict("records")


def _negated(row: Row) -> Row:
    return {"difference": -row["difference"], "low": -row["high"], "high": -row["low"]}


def report_rows(study: Study) -> list[Row]:
    """Return a row for each figure of the report: the report's, our mean over the seeds, the interval of single runs.

    Figures of variants that the study does not have are left out.
    """
    rows = []
    for row in read_table(REPORT).to_dict("records"):
        family, variant = row["family"], row["variant"]
        if study.has(family, variant):
            predictions = load_predictions(study.root / predictions_path(family, variant))
            low, high = single_run_interval(predictions, row["split"], row["figure"], study.params.comparison.seed)
            scores = study.metrics(family, variant)[row["split"]]
            ours = scores["accuracy"]
            if row["figure"] != "accuracy":
                ours = scores["per_class"][row["figure"].removeprefix("recall ")]["recall"]
            inside = low <= row["value"] <= high
            rows.append(row | {"ours": ours, "low": low, "high": high, "inside": inside})
    return rows
