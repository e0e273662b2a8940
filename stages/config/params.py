"""params.yaml as typed, validated, frozen objects: the one place that reads it.

The file is read as YAML 1.2, as DVC reads it, so that ``1e-3`` is a number and ``no`` a word to both.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from reprlib import repr as short
from typing import Annotated, Any, Literal

from pydantic import Field, SerializeAsAny, ValidationError, field_validator
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.config.base import UNKNOWN_KEYS, Block, Seed
from stages.config.data import Audit, Crop, Digits, Download, Faces
from stages.config.variants import STUDIES, PlainVariant, Study, Variant, all_different, variant_class
from stages.runtime.errors import InputError

PATH = Path("params.yaml")
MOST_FAULTS = 10  # that are told at once
# Keys that DVC drops, at any depth, from what it looks a run up by in its cache (treeverse/dvc#10296): a changed value
# under one of them would bring back the outputs of the old one.
IGNORED_BY_DVC = ("size", "nfiles")
NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")
DEVICES_OF_WINDOWS = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")
# What to say instead of Pydantic's words, by the type of its error.
MESSAGES = {
    "missing": "is missing",
    "model_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "list_type": "must be a list",
}


class Validation(Block):
    """The part of the training data that every variant is also evaluated on, by a network that has not seen it."""

    share: Annotated[float, Field(ge=0.02, le=0.5)]
    seed: Seed


class CrossValidation(Block):
    """The variants of masks that are also evaluated on all faces, in so many parts."""

    folds: Annotated[int, Field(ge=2, le=100)]
    seeds: Annotated[list[Seed], Field(min_length=1)]
    variants: list[str]

    @field_validator("seeds")
    @classmethod
    def _seeds_differ(cls, seeds: list[int]) -> list[int]:
        return all_different(seeds)


class Bootstrap(Block):
    """The seed of the draws behind the intervals."""

    seed: Seed


class StudyBlock(Block):
    """What belongs to a study as a whole: the variant that is offered as its best."""

    best: str


class Params(Block):
    """Everything in params.yaml."""

    seeds: Annotated[list[Seed], Field(min_length=1)]
    validation: Validation
    cross_validation: CrossValidation
    bootstrap: Bootstrap
    device: Literal["auto", "cpu", "cuda"]
    studies: dict[Study, StudyBlock]
    download: Download
    digits: Digits
    faces: Faces
    crop: Crop
    audit: Audit
    variants: dict[str, SerializeAsAny[Variant]]

    @field_validator("seeds")
    @classmethod
    def _seeds_differ(cls, seeds: list[int]) -> list[int]:
        return all_different(seeds)

    def variant(self, name: str) -> Variant:
        """Return the variant called ``name``.

        Raises:
            InputError: there is none; lists those that there are.
        """
        if name not in self.variants:
            raise InputError(f"{name}: no such variant; params.yaml has {', '.join(self.variants)}")
        return self.variants[name]

    def variants_of(self, study: str) -> dict[str, Variant]:
        """The variants of one study, in the order of the file."""
        return {name: variant for name, variant in self.variants.items() if variant.study == study}

    def seeds_of(self, variant: Variant) -> list[int]:
        """The seeds that a variant is trained from."""
        return variant.seeds or self.seeds


def load_params(path: str | Path = PATH) -> Params:
    """Read and check the parameters.

    Raises:
        InputError: the file is missing, is no YAML 1.2 mapping, or a value is unknown, missing, of the wrong type, out
            of range or at odds with another; a line each, at most ten, that name the keys.
    """
    return check_params(read_mapping(path), path)


def check_params(content: dict[str, Any], path: str | Path) -> Params:
    """Check what :func:`read_mapping` read from ``path``.

    Raises:
        InputError: as :func:`load_params`.
    """
    blocks = content.get("variants")
    variants, faults = _check_variants(blocks) if isinstance(blocks, dict) else (blocks, [])
    params = None
    try:
        params = Params.model_validate(content | {"variants": variants} if blocks else content)
    except ValidationError as error:
        faults = [*faults_of(error), *faults]
    faults += [f"{key}: DVC's run cache ignores keys of this name; choose another" for key in _ignored_by_dvc(content)]
    if params and not faults:
        faults = list(_contradictions(params))
    if faults:
        more = [f"and {len(faults) - MOST_FAULTS} more"] if len(faults) > MOST_FAULTS else []
        raise InputError(*(f"{path}: {fault}" for fault in faults[:MOST_FAULTS]), *more)
    return params


def read_mapping(path: str | Path) -> dict[str, Any]:
    """Read a file of YAML 1.2 that holds a mapping, plain values only.

    Raises:
        InputError: it is missing or something else.
    """
    try:
        content = YAML(typ="safe", pure=True).load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run this in the root folder of the project") from None
    # Values that are not of their tag (`!!int x`, `2020-13-45`) raise errors of many kinds.
    except (YAMLError, OSError, ValueError, TypeError, LookupError, AttributeError, AssertionError) as error:
        raise InputError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: must be a mapping, not {type(content).__name__}")
    return content


def _check_variants(blocks: dict[Any, Any]) -> tuple[dict[str, Variant], list[str]]:
    """Each variant by its own class. A union of classes would put tags of its own between the keys of a message."""
    variants, faults = {}, []
    for name, block in blocks.items():
        key = f"variants.{name}"
        if not (isinstance(name, str) and NAME.fullmatch(name)) or DEVICES_OF_WINDOWS.fullmatch(name):
            faults.append(f"{key}: must be a name of at most 40 of a-z, 0-9 and _ that can be a file's")
            continue
        try:
            variants[name] = variant_class(block).model_validate(block)
        except ValidationError as error:
            faults += faults_of(error, key)
        except ValueError as error:
            faults.append(f"{key}.{error}" if isinstance(block, dict) else f"{key}: {error}")
    return variants, faults


def faults_of(error: ValidationError, above: str = "") -> list[str]:
    """A line a fault, unknown keys first, each with its key as the user writes it."""
    details = sorted(error.errors(include_url=False), key=lambda one: one["type"] != UNKNOWN_KEYS)
    return [line for one in details for line in _lines_of(one, above)]


def _lines_of(one: ErrorDetails, above: str) -> Iterator[str]:
    key = ".".join([above] * bool(above) + [str(part) for part in one["loc"]])
    if one["type"] == UNKNOWN_KEYS:
        for name, guesses in one["ctx"]["guesses"].items():
            hint = f"did you mean {guesses[0]}?" if len(guesses) == 1 else f"known are {', '.join(guesses)}"
            yield f"{key}.{name}: unknown parameter; {hint}".lstrip(".")
        return
    message = MESSAGES.get(one["type"], one["msg"].removeprefix("Value error, "))
    given = "" if one["type"] in ("missing", "value_error") else f" (given: {short(one['input'])})"
    yield f"{key}: {message}{given}".removeprefix(": ")


def _ignored_by_dvc(block: Any, above: str = "") -> Iterator[str]:
    """The key of every value that DVC would not see change."""
    items: Iterable = block.items() if isinstance(block, dict) else enumerate(block) if isinstance(block, list) else ()
    for name, value in items:
        key = f"{above}.{name}".lstrip(".")
        if name in IGNORED_BY_DVC:
            yield key
        yield from _ignored_by_dvc(value, key)


def _contradictions(params: Params) -> Iterator[str]:
    """What no block can see by itself."""
    for study in STUDIES:
        best = params.studies[study].best if study in params.studies else None
        if best is None:
            yield f"studies.{study}: is missing"
        elif best not in params.variants_of(study):
            names = ", ".join(params.variants_of(study)) or "none"
            yield f"studies.{study}.best: {best} is no variant of this study; it has {names}"
    for name in params.cross_validation.variants:
        if name not in params.variants_of("masks") or params.variant(name).network != "cnn":
            yield f"cross_validation.variants: {name} is no variant of masks with network: cnn"
    for name, variant in params.variants.items():
        side = 28 if variant.study == "digits" else getattr(params.crop, _side_of(variant))
        if isinstance(variant, PlainVariant) and variant.feature_side(side) < 1:
            yield (
                f"variants.{name}: nothing is left of {side} x {side} pixels after stride {variant.stride} and pooling "
                f"by {variant.pool}; lower one of them or raise crop.{_side_of(variant)}"
            )


def _side_of(variant: Variant) -> str:
    return "large_side" if variant.crops == "large" else "side"
