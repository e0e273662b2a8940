"""What every block of params.yaml is made of: frozen, strict objects, and the types of its values."""

from reprlib import Repr
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from stages.text import is_visible

# Numbers that no machine could ever use are refused before a library chokes on them.
Positive = Annotated[int, Field(ge=1, le=10**9)]
BatchSize = Annotated[int, Field(ge=1, le=10**6)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
# The networks count in 32 bits, to which what is beyond would be 0 or infinite.
Rate = Annotated[float, Field(ge=1e-30, le=1e30)]
Share = Annotated[float, Field(ge=0, le=1)]


def _one_line(text: str) -> str:
    if not is_visible(text):
        raise ValueError(f"must be one line without control characters (given: {short(text)})")
    return text


Location = Annotated[str, Field(min_length=1), AfterValidator(_one_line)]


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


class _Short(Repr):
    """Python prints no whole number of more than 4,300 digits, but raises."""

    def repr_int(self, x: int, level: int) -> str:
        return super().repr_int(x, level) if x.bit_length() < 1000 else "a whole number of hundreds of digits"


def short(value: object) -> str:
    """A value in a few words, for messages."""
    return _Short().repr(value)
