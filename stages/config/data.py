"""The blocks of params.yaml about data: where they come from, how they are cut out, and what is searched for."""

from typing import Annotated, Literal

from pydantic import Field

from stages.config.base import Block, Seed, Share

Location = Annotated[str, Field(min_length=1, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
Duplicates = Literal["report", "drop", "stop"]


class Download(Block):
    """How files are fetched. ``timeout`` is in seconds."""

    mirror: Location | None
    connections: Annotated[int, Field(ge=1, le=64)]
    attempts: Annotated[int, Field(ge=1, le=20)]
    timeout: Annotated[float, Field(gt=0, le=3600)]


class Digits(Block):
    """Where the digits come from; ``test_size`` is a share (float) or a number of images, for data without a split."""

    source: Literal["sample", "tibetan_mnist", "local"]
    path: Location
    test_size: Annotated[float, Field(gt=0, lt=1)] | Annotated[int, Field(ge=1, le=10**9)]
    seed: Seed


class FacesSample(Block):
    """The photos that the project draws itself."""

    photos: Annotated[int, Field(ge=6, le=100_000)]
    seed: Seed


class Faces(Block):
    """Where the photos come from; ``test_size`` is a share of the faces, for data without a split.

    ``boxes_refer_to`` the photos as they are shown (turned as their EXIF orientation says) or as they are stored.
    ``voc_from_one``: whether Pascal VOC files count pixels from 1 and include the last (otherwise from 0, without it).
    """

    source: Literal["sample", "medical_masks", "local"]
    path: Location
    missing: Literal["error", "skip"]
    test_size: Annotated[float, Field(ge=0.02, le=0.5)]
    seed: Seed
    boxes_refer_to: Literal["shown", "stored"]
    voc_from_one: bool
    sample: FacesSample


class Crop(Block):
    """How faces are cut out; ``side`` and ``large_side`` are the sides of the two crops of a face, in pixels.

    Boxes with fractions of pixels are widened to the pixels that they cover (``fractions``: round), or are an error.
    The large crops show the surroundings too: on each side ``large_margin`` times the box's own width or height.
    """

    side: Annotated[int, Field(ge=8, le=512)]
    large_side: Annotated[int, Field(ge=8, le=512)]
    large_margin: Share
    interpolation: Literal["nearest", "linear", "cubic", "area", "lanczos"]
    fractions: Literal["round", "error"]
    invalid: Literal["error", "skip"]
    max_pixels: Annotated[int, Field(ge=1, le=10**10)]


class DigitsAudit(Block):
    """What to do about digits on both sides of the split.

    ``max_distance`` is that of normalised images (0 the same, 1.4 unrelated), ``neighbours`` how many of the nearest
    others have to agree against a label.
    """

    duplicates: Duplicates
    max_distance: Annotated[float, Field(ge=0, le=0.5)]
    neighbours: Annotated[int, Field(ge=1, le=100)]


class MasksAudit(Block):
    """What to do about photos on both sides of the split; ``max_distance`` is in bits of 256."""

    duplicates: Duplicates
    max_distance: Annotated[int, Field(ge=0, le=100)]


class Audit(Block):
    """How each study's data are searched for what they hide."""

    digits: DigitsAudit
    masks: MasksAudit
