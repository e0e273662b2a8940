"""What every block of params.yaml is made of: frozen, strict objects, and the types of its values."""

import reprlib
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class Block(BaseModel):
    """A mapping of known keys; anything else, or a value of another type, is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Step(Block):
    """Multiply the learning rate by ``factor`` every ``every`` epochs."""

    every: Positive
    factor: Annotated[float, Field(gt=0, le=1)]


def all_different(seeds: list[int]) -> list[int]:
    """Return ``seeds``, or raise ValueError where one stands in the list twice."""
    if len(set(seeds)) != len(seeds):
        raise ValueError(f"each seed may stand in the list once (given: {short(seeds)})")
    return seeds


def short(value: object) -> str:
    """A value in a few words, for messages."""
    return reprlib.repr(value)
