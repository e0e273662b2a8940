"""What every block of params.yaml is made of: frozen, strict objects, and the types of its values."""

from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

UNKNOWN_KEYS = "unknown_keys"

# Numbers that no machine could ever use are refused before a library chokes on them.
Positive = Annotated[int, Field(ge=1, le=10**9)]
BatchSize = Annotated[int, Field(ge=1, le=10**6)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
# The networks count in 32 bits, to which what is beyond would be 0 or infinite.
Rate = Annotated[float, Field(ge=1e-30, le=1e30)]
Share = Annotated[float, Field(ge=0, le=1)]
Side = Annotated[int, Field(ge=4, le=512)]


class Block(BaseModel):
    """A mapping of known keys; anything else, or a value of another type, is an error."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys_only(cls, values: Any) -> Any:
        """Refuse unknown keys before any other fault of the block: a misspelt key also leaves one missing."""
        unknown = [key for key in values if key not in cls.model_fields] if isinstance(values, dict) else []
        if unknown:
            names = list(cls.model_fields)
            guesses = {str(key): get_close_matches(str(key), names, 1) or names for key in unknown}
            raise PydanticCustomError(UNKNOWN_KEYS, "unknown keys", {"guesses": guesses})
        return values


class Step(Block):
    """Multiply the learning rate by ``factor`` every ``every`` epochs."""

    every: Positive
    factor: Annotated[float, Field(gt=0, le=1)]
