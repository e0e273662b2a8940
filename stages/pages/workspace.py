"""What lies in the workspace about every variant: parameters, metrics, curves, predictions and pictures."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.errors import InputError
from stages.families import TITLES
from stages.files import read_json
from stages.pages.page import data_uri
from stages.params import Params
from stages.predictions import Predictions, load_predictions, predictions_path

PICTURES = ("misclassified", "latent", "precision_recall", "reliability")


@dataclass(frozen=True)
class Variant:
    """One variant; what has not been made yet, or not been pulled, is None."""

    name: str
    params: dict[str, Any]
    metrics: dict[str, Any] | None
    predictions: Predictions | None
    pictures: dict[str, str | None]
    has_curve: bool
    up_to_date: bool

    def figure(self, split: str, *keys: str) -> tuple[float | None, float | None]:
        """Mean and standard deviation over the seeds of one figure; None for what there is not."""
        mean, deviation = self.metrics and self.metrics[split], (self.metrics or {}).get("std", {}).get(split)
        for key in keys:
            mean, deviation = mean and mean.get(key), deviation and deviation.get(key)
        return mean, deviation

    def interval(self, *keys: str) -> tuple[float, float] | None:
        """95 % interval around a test figure (``"accuracy"``, ``"recall", "none"``), where there is one."""
        block = (self.metrics or {}).get("interval", {}).get("test")
        for key in keys:
            block = block and block.get(key)
        return (block["low"], block["high"]) if block else None


@dataclass(frozen=True)
class Family:
    """All variants of one family, in the order of params.yaml."""

    key: str
    title: str
    variants: list[Variant]

    @property
    def judged(self) -> list[Variant]:
        """Those that have metrics."""
        return [variant for variant in self.variants if variant.metrics]

    @property
    def classes(self) -> list[str]:
        """Names of the classes, of the first variant that was judged."""
        return list(self.judged[0].metrics["test"]["per_class"])


def read_families(params: Params) -> list[Family]:
    """Collect the families of params.yaml that have something to show.

    Raises:
        InputError: nothing has run yet, or a file is damaged.
    """
    lock = _read_lock()
    families = []
    for key, title in TITLES.items():
        blocks = getattr(params, key).variants
        variants = [
            _read_variant(key, name, block.model_dump(exclude_unset=True), params.seeds, lock)
            for name, block in blocks.items()
        ]
        families.append(Family(key, title, variants))
    if not any(family.judged for family in families):
        raise InputError("metrics/: nothing has run yet, so there is nothing to report; run `dvc repro` first")
    return [family for family in families if family.judged]


def _read_variant(family: str, name: str, block: dict[str, Any], seeds: list[int], lock: dict[str, Any]) -> Variant:
    folder = Path(f"metrics/{family}/{name}")
    predictions = predictions_path(family, name)
    return Variant(
        name,
        block,
        read_json_if_there(folder / "metrics.json"),
        load_predictions(predictions) if predictions.exists() else None,
        {picture: data_uri(folder / f"{picture}.png") for picture in PICTURES},
        (folder / "history.csv").exists(),
        _trained_with(lock.get(f"train_{family}@{name}"), f"{family}.variants.{name}", block, seeds),
    )


def read_json_if_there(path: Path) -> dict[str, Any] | None:
    """Return the content of a JSON file, or None where there is no such file."""
    return read_json(path) if path.exists() else None


def _read_lock() -> dict[str, Any]:
    """The stages of dvc.lock: what DVC knows about the last run of each."""
    try:
        content = YAML(typ="safe", pure=True).load(Path("dvc.lock").read_text(encoding="utf-8"))
        return dict(content["stages"])
    except FileNotFoundError:
        return {}
    except (OSError, YAMLError, ValueError, KeyError, TypeError) as error:
        first = " ".join(str(error).split())
        raise InputError(f"dvc.lock: not readable ({first}); restore it with `git checkout dvc.lock`") from None


def _trained_with(stage: dict[str, Any] | None, key: str, block: dict[str, Any], seeds: list[int]) -> bool:
    """Whether the last training had the parameters that params.yaml has now."""
    used = (stage or {}).get("params", {}).get("params.yaml", {})
    return used.get(key) == block and used.get("seeds") == seeds
