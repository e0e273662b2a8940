"""params.yaml as typed, validated, frozen objects: the one place that reads it.

The file is read as YAML 1.2, as DVC reads it, so that ``1e-3`` is a number and ``no`` a word to both.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from stages.errors import InputError
from stages.faces.filenames import is_safe
from stages.params_block import Block, Seed, all_different, short
from stages.params_cnn import CnnVariant
from stages.params_data import Audit, Crop, Digits, Download, Faces
from stages.params_dnn import DnnVariant
from stages.params_residual import FacesResidualVariant, ResidualVariant
from stages.text import visible
from stages.yaml_reader import parse_yaml

PATH = Path("params.yaml")
# A hundred times as much as the project's own: who names a table or a picture by mistake need not wait for it.
MOST_BYTES = 1_000_000
LONGEST_KEY = 60
# What to say instead of Pydantic's words, by the type of its error.
MESSAGES = {
    "extra_forbidden": "unknown parameter; is the name right?",
    "missing": "is missing",
    "model_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "list_type": "must be a list",
    "invalid_key": "this key must be a word; put it into quotes",
    "string_pattern_mismatch": "must be a name of at most 40 of a-z, 0-9 and _, not beginning with _",
}

# Keys that DVC drops, at any depth, from what it looks a run up by in its cache (treeverse/dvc#10296): a changed value
# under one of them would bring back the outputs of the old one.
IGNORED_BY_DVC = ("size", "nfiles")
# What Pydantic puts into the place of a fault beside the keys that a user wrote.
REPORT, RESIDUAL = "[report]", "[residual]"
NO_KEYS = ("[key]", REPORT, RESIDUAL)


def _file_name(name: str) -> str:
    if not is_safe(name):
        raise ValueError(f"{name} is no file name on Windows; choose another")
    return name


VariantName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{0,39}$"), AfterValidator(_file_name)]


class Comparison(Block):
    """How variants are compared: the seed of the bootstrap."""

    seed: Seed


class Dnn(Block):
    """The variants of the fully connected network, by name."""

    variants: Annotated[dict[VariantName, DnnVariant], Field(min_length=1)]


def _kind_of_network(block: Any) -> str | None:
    """The tag of a variant's class by its key ``network``; None for a network that there is not."""
    kind = block.get("network", "report") if isinstance(block, dict) else "report"
    return {"report": REPORT, "residual": RESIDUAL}.get(kind) if isinstance(kind, str) else None


FacesVariant = Annotated[
    Annotated[CnnVariant, Tag(REPORT)] | Annotated[FacesResidualVariant, Tag(RESIDUAL)],
    Discriminator(
        _kind_of_network,
        custom_error_type="unknown_network",
        custom_error_message="network must be report or residual",
    ),
]


class Cnn(Block):
    """The variants of the convolutional networks on faces, by name; ``device`` is for those on digits too."""

    device: Literal["auto", "cpu", "cuda"]
    variants: Annotated[dict[VariantName, FacesVariant], Field(min_length=1)]


class CnnDigits(Block):
    """The variants of the residual network on digits, by name."""

    variants: Annotated[dict[VariantName, ResidualVariant], Field(min_length=1)]


class Params(Block):
    """Everything in params.yaml."""

    seeds: Annotated[list[Seed], Field(min_length=1)]
    comparison: Comparison
    download: Download
    digits: Digits
    faces: Faces
    crop: Crop
    audit: Audit
    dnn: Dnn
    cnn: Cnn
    cnn_digits: CnnDigits

    @field_validator("seeds")
    @classmethod
    def _seeds_differ(cls, seeds: list[int]) -> list[int]:
        return all_different(seeds)

    @model_validator(mode="after")
    def _crops_are_large_enough(self) -> "Params":
        for name, variant in self.cnn.variants.items():
            if isinstance(variant, CnnVariant) and variant.feature_side(self.crop.side) < 1:
                raise ValueError(
                    f"cnn.variants.{name}: nothing is left of a {self.crop.side} x {self.crop.side} crop after "
                    f"stride {variant.stride} and pooling by {variant.pool}; lower one of them or raise crop.side"
                )
        return self


def load_params(path: str | Path = PATH) -> Params:
    """Read and check the parameters.

    Raises:
        InputError: the file is missing, is no YAML 1.2 mapping, or a value is unknown, missing, of the wrong
            type, out of range or at odds with another; the message names the key.
    """
    return parse_params(read_yaml_text(path), path)


def parse_params(text: str, path: str | Path) -> Params:
    """Parse and check parameters that are, or are to be, the content of ``path``.

    Raises:
        InputError: as :func:`load_params`.
    """
    return check_params(parse_mapping(text, path), path)


def check_params(content: dict[str, Any], path: str | Path) -> Params:
    """Check parameters that :func:`parse_mapping` read from ``path``.

    Raises:
        InputError: as :func:`load_params`.
    """
    try:
        params = Params.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {_first_problem(error)}") from None
    if keys := next(_ignored_by_dvc(content), None):
        raise InputError(f"{path}: {'.'.join(keys)}: DVC's run cache ignores keys of this name; choose another")
    return params


def _ignored_by_dvc(block: dict[Any, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The keys, from the top down, of every value that DVC would not see change."""
    for key, value in block.items():
        if key in IGNORED_BY_DVC:
            yield (*above, key)
        if isinstance(value, dict):
            yield from _ignored_by_dvc(value, (*above, key))


def read_yaml_text(path: str | Path) -> str:
    """Return the text of a file of parameters.

    Raises:
        InputError: it is missing, no text, or far too long.
    """
    try:
        size = Path(path).stat().st_size
        if size > MOST_BYTES:
            raise InputError(f"{path}: has {size:,} bytes, and parameters take a few thousand; is it the right file?")
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run this in the root folder of the project") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"{path}: not readable as YAML: {error}") from None


def parse_mapping(text: str, path: str | Path) -> dict[str, Any]:
    """Parse the text of ``path``.

    Raises:
        InputError: it is no YAML 1.2 mapping.
    """
    content = parse_yaml(text, path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: must be a mapping of parameters, not {type(content).__name__}")
    return content


def _first_problem(error: ValidationError) -> str:
    """Say the first problem in one line, with the key as the user writes it."""
    first = error.errors(include_url=False)[0]
    kind = "invalid_key" if "[key]" in first["loc"] and first["type"] == "string_type" else first["type"]
    key = ".".join(visible(str(part), LONGEST_KEY) for part in first["loc"] if part not in NO_KEYS)
    message = MESSAGES.get(kind, first["msg"].removeprefix("Value error, "))
    told = kind in ("missing", "value_error", "extra_forbidden", "unknown_network")
    given = "" if told else f" (given: {short(first['input'])})"
    more = f"; and {error.error_count() - 1} more" if error.error_count() > 1 else ""
    return f"{key}: {message}{given}{more}" if key else f"{message}{more}"
