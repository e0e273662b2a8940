"""What each ingredient of a variant adds: reading the list of changes, and the table that comes out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from pydantic import BaseModel, ValidationError

from stages.errors import InputError
from stages.yaml_reader import parse_yaml

Variant = TypeVar("Variant", bound=BaseModel)
UNCHANGED = "unchanged"


def read_changes(path: str | Path, variant: str) -> dict[str, dict[str, Any]]:
    """Read what is to be changed of ``variant``, one change at a time.

    The file maps each variant to its changes, a change to the keys that change, and those to their values. The keys of
    ``unchanged``, where it is there, hold for all that is compared: a smaller budget, say.

    Raises:
        InputError: the file is missing, holds something else, or has no changes of that variant.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; an ablation needs a list of changes there") from None
    except ValueError as error:
        raise InputError(f"{path}: not readable as YAML: {error}") from None
    content = parse_yaml(text, path)
    if not isinstance(content, dict) or not content:
        raise InputError(f"{path}: must be a mapping from variants to their changes")
    changes = content.get(variant)
    if not isinstance(changes, dict) or not changes:
        raise InputError(f"{path}: {variant}: has no changes; the file has {', '.join(map(str, content))}")
    for name, keys in changes.items():
        if not isinstance(keys, dict) or not keys:
            raise InputError(f"{path}: {variant}.{name}: must be a mapping of keys of the variant to values")
    return {str(name): keys for name, keys in changes.items()}


def changed_variants(path: str | Path, variant: Variant, changes: Mapping[str, dict[str, Any]]) -> dict[str, Variant]:
    """Return ``variant`` with the keys of ``unchanged`` alone, and with those and of each of the other ``changes``.

    A key whose value is a mapping changes as a whole.

    Raises:
        InputError: a change makes no valid variant; names file and change.
    """
    variants = {}
    given = variant.model_dump(exclude_unset=True) | changes.get(UNCHANGED, {})
    for name, keys in ({UNCHANGED: {}} | changes).items():
        try:
            variants[name] = type(variant).model_validate(given | keys)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join([name, *map(str, first["loc"])])
            raise InputError(f"{path}: {key}: {first['msg'].removeprefix('Value error, ')}") from None
    return variants


def ablation_table(figures: Mapping[str, list[dict[str, float]]]) -> pd.DataFrame:
    """Return a row a change: seeds, and the mean and sample standard deviation of each figure over them.

    ``accuracy_gain`` is the mean accuracy less that of the unchanged variant.

    Args:
        figures: for each change the figures of every seed, ``accuracy`` among them.
    """
    rows = []
    for name, seeds in figures.items():
        table = pd.DataFrame(seeds)
        spread = table.std(ddof=1).add_suffix("_std") if len(table) > 1 else pd.Series(dtype=float)
        rows.append({"change": name, "seeds": len(table), **table.mean(), **spread})
    result = pd.DataFrame(rows)
    baseline = result.loc[result["change"] == UNCHANGED, "accuracy"].item()
    return result.assign(accuracy_gain=result["accuracy"] - baseline)
