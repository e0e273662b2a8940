"""What lies in the workspace about every variant, and which of it belongs together."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.config.params import Params
from stages.config.variants import STUDIES
from stages.storage.dataset import CARD, TEST, read_card
from stages.storage.files import read_json
from stages.storage.predictions import VALIDATION
from tools.dvc import dvc_json

# Stages whose change touches every variant of a study.
SHARED_STAGES = {
    "digits": ("download_digits", "prepare_digits", "audit@digits"),
    "masks": ("download_faces", "crop_faces", "audit@masks"),
}


@dataclass(frozen=True)
class Result:
    """What was measured of one variant.

    Attributes:
        study, name: which variant.
        details: the content of its details.json (:mod:`stages.evaluation.figures`).
        outdated: code or parameters have changed since.
    """

    study: str
    name: str
    details: dict[str, Any]
    outdated: bool = False

    @property
    def folder(self) -> Path:
        """Where its tables and pictures lie."""
        return Path("metrics") / self.study / self.name

    def figure(self, part: str, name: str) -> tuple[float, float | None]:
        """Mean and standard deviation over the seeds of ``accuracy``, ``balanced_accuracy`` … of one part."""
        return self.details[part][name], self.details.get("std", {}).get(part, {}).get(name)

    def recall(self, label: str) -> tuple[float | None, float | None]:
        """Mean and deviation of the test recall of a class; None where it is undefined."""
        one = self.details[TEST]["per_class"].get(label, {}).get("recall")
        return one, self.details.get("std", {}).get(TEST, {}).get("per_class", {}).get(label, {}).get("recall")


@dataclass(frozen=True)
class StudyResults:
    """The variants of a study.

    Attributes:
        study: which.
        results: those that were evaluated on the data that are there now, in the order of params.yaml.
        others: why each of the others is not among them.
    """

    study: str
    results: list[Result]
    others: dict[str, str]

    @property
    def classes(self) -> list[str]:
        """Those that have test samples."""
        return list(self.results[0].details[TEST]["per_class"]) if self.results else []

    @property
    def best(self) -> str | None:
        """The variant with the highest balanced accuracy on the validation samples, among those up to date."""
        current = [one for one in self.results if not one.outdated]
        if not current:
            return None
        return max(current, key=lambda one: one.details[VALIDATION]["balanced_accuracy"]).name


def read_results(params: Params) -> list[StudyResults]:
    """Read the results of both studies, and leave out what was measured on other test samples.

    Raises:
        InputError: DVC cannot say what is out of date, or a file is damaged.
    """
    changed = changed_stages()
    return [_read_study(study, params, changed) for study in STUDIES]


def changed_stages() -> set[str]:
    """Stages whose code, parameters or files differ from those of the last run; absent files are no difference."""
    return {stage for stage, reasons in dvc_json("status").items() if any(map(_is_change, reasons))}


def _is_change(reason: Any) -> bool:
    if isinstance(reason, dict):
        return any(map(_is_change, reason.values()))
    return reason != "deleted"


def _read_study(study: str, params: Params, changed: set[str]) -> StudyResults:
    card = Path("data") / study / CARD
    current = read_card(card.parent)[TEST]["sha256"] if card.exists() else None
    results, others = [], {}
    for name in params.variants_of(study):
        path = Path("metrics") / study / name / "details.json"
        if not path.exists():
            others[name] = "not evaluated yet"
            continue
        stages = {f"train@{name}", f"evaluate@{name}", *SHARED_STAGES[study]}
        one = Result(study, name, read_json(path), outdated=not changed.isdisjoint(stages))
        # Without data, as in a bare clone, those of the first variant are the measure.
        current = current or one.details["data"]["test_sha256"]
        if one.details["data"]["test_sha256"] == current:
            results.append(one)
        else:
            others[name] = f"measured on other test samples ({one.details['data']['source']})"
    return StudyResults(study, results, others)


def with_deviation(mean: float | None, deviation: float | None) -> str:
    """``mean ± deviation``, the mean alone where there was one seed, or a dash where there is none."""
    if mean is None:
        return "–"
    return f"{mean:.4f}" if deviation is None else f"{mean:.4f} ± {deviation:.4f}"
