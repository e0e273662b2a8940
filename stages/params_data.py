"""The blocks of params.yaml about data: where they come from, how they are cut out, and what is searched for."""

from typing import Annotated, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from stages.params_block import Block, Location, Seed, short

MOST_DIGITS = 10**9


def _share_or_number(value: object) -> float | int:
    is_share = isinstance(value, float) and 0 < value < 1
    is_number = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_DIGITS
    if not is_share and not is_number:
        raise ValueError(f"must be a share between 0 and 1, or a whole number of at least 1 (given: {short(value)})")
    return value


# What the function above checks, for those who read the schema.
_SHARE = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
_NUMBER = {"type": "integer", "minimum": 1, "maximum": MOST_DIGITS}
ShareOrNumber = Annotated[float | int, PlainValidator(_share_or_number), WithJsonSchema({"anyOf": [_SHARE, _NUMBER]})]


class Download(Block):
    """How files are fetched. ``timeout`` is in seconds."""

    mirror: Location | None
    connections: Annotated[int, Field(ge=1, le=64)]
    attempts: Annotated[int, Field(ge=1, le=20)]
    timeout: Annotated[float, Field(gt=0, le=3600)]


class Digits(Block):
    """Where the digits come from and how they are split.

    ``test_size`` is a share (float between 0 and 1) or a number of images (int).
    """

    source: Literal["sample", "tibetan_mnist", "local"]
    path: Location
    test_size: ShareOrNumber
    seed: Seed


class FacesSample(Block):
    """The photos that the project draws itself."""

    photos: Annotated[int, Field(ge=6, le=100_000)]
    seed: Seed


class Faces(Block):
    """Where the photos come from; ``test_size`` is a share of the faces, for data without a split."""

    source: Literal["sample", "medical_masks", "local"]
    path: Location
    missing: Literal["error", "skip"]
    test_size: Annotated[float, Field(ge=0.02, le=0.5)]
    seed: Seed
    sample: FacesSample


class Crop(Block):
    """How faces are cut out; ``side`` and ``large_side`` are the sides of the two crops of a face, in pixels.

    The large crops show the surroundings too: on each side ``large_margin`` times the box's own width or height.
    """

    side: Annotated[int, Field(ge=8, le=512)]
    large_side: Annotated[int, Field(ge=8, le=512)]
    large_margin: Annotated[float, Field(ge=0, le=1)]
    interpolation: Literal["nearest", "linear", "cubic", "area", "lanczos"]
    invalid: Literal["error", "skip"]
    max_pixels: Annotated[int, Field(ge=1, le=10**10)]


Duplicates = Literal["report", "drop", "stop"]


class FacesAudit(Block):
    """What to do about photos on both sides of the split; ``max_distance`` is in bits of 256."""

    duplicates: Duplicates
    max_distance: Annotated[int, Field(ge=0, le=100)]


class DigitsAudit(Block):
    """What to do about digits on both sides of the split.

    ``max_distance`` is that of normalised images (0 the same, 1.4 unrelated), ``neighbours`` how many of the nearest
    others have to agree against a label.
    """

    duplicates: Duplicates
    max_distance: Annotated[float, Field(ge=0, le=0.5)]
    neighbours: Annotated[int, Field(ge=1, le=100)]


class Audit(Block):
    """How the data are searched for what they hide."""

    faces: FacesAudit
    digits: DigitsAudit
