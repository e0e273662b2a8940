"""params.yaml as typed, validated, frozen objects: the one place that reads it.

The file is read as YAML 1.2, as DVC reads it, so that ``1e-3`` is a number and ``no`` a word to both.
"""

import reprlib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, PlainValidator, Tag, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.errors import InputError
from stages.params_block import Block as _Block
from stages.params_block import Positive, Rate, Seed
from stages.params_residual import FacesResidualVariant, ResidualVariant

PATH = Path("params.yaml")
# What to say instead of Pydantic's words, by the type of its error.
MESSAGES = {
    "extra_forbidden": "unknown parameter; is the name right?",
    "missing": "is missing",
    "model_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "list_type": "must be a list",
}

# What Pydantic puts into the place of a fault beside the keys that a user wrote.
REPORT, RESIDUAL = "[report]", "[residual]"
NO_KEYS = ("[key]", REPORT, RESIDUAL)

VariantName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{0,39}$")]


def _share_or_number(value: object) -> float | int:
    is_share = isinstance(value, float) and 0 < value < 1
    is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if not is_share and not is_number:
        raise ValueError(f"must be a share between 0 and 1, or a whole number of at least 1 (given: {_short(value)})")
    return value


def _all_different(seeds: list[int]) -> list[int]:
    if len(set(seeds)) != len(seeds):
        raise ValueError(f"each seed may stand in the list once (given: {_short(seeds)})")
    return seeds


class Comparison(_Block):
    """How variants are compared: the seed of the bootstrap."""

    seed: Seed


class Download(_Block):
    """How files are fetched. ``timeout`` is in seconds."""

    mirror: str | None
    connections: Annotated[int, Field(ge=1, le=64)]
    attempts: Annotated[int, Field(ge=1, le=20)]
    timeout: Annotated[float, Field(gt=0, le=3600)]


class Digits(_Block):
    """Where the digits come from and how they are split.

    ``test_size`` is a share (float between 0 and 1) or a number of images (int).
    """

    source: Literal["sample", "tibetan_mnist", "local"]
    path: str
    test_size: Annotated[float | int, PlainValidator(_share_or_number)]
    seed: Seed


class FacesSample(_Block):
    """The photos that the project draws itself."""

    photos: Annotated[int, Field(ge=6, le=100_000)]
    seed: Seed


class Faces(_Block):
    """Where the photos come from; ``test_size`` is a share of the faces, for data without a split."""

    source: Literal["sample", "medical_masks", "local"]
    path: str
    missing: Literal["error", "skip"]
    test_size: Annotated[float, Field(ge=0.02, le=0.5)]
    seed: Seed
    sample: FacesSample


class Crop(_Block):
    """How faces are cut out; ``size`` and ``large_size`` are the sides of the two crops of a face, in pixels."""

    size: Annotated[int, Field(ge=8, le=512)]
    large_size: Annotated[int, Field(ge=8, le=512)]
    interpolation: Literal["nearest", "linear", "cubic", "area", "lanczos"]
    invalid: Literal["error", "skip"]
    max_pixels: Positive


Duplicates = Literal["report", "drop", "stop"]


class FacesAudit(_Block):
    """What to do about photos on both sides of the split; ``max_distance`` is in bits of 256."""

    duplicates: Duplicates
    max_distance: Annotated[int, Field(ge=0, le=100)]


class DigitsAudit(_Block):
    """What to do about digits on both sides of the split.

    ``max_distance`` is that of normalised images (0 the same, 1.4 unrelated), ``neighbours`` how many of the nearest
    others have to agree against a label.
    """

    duplicates: Duplicates
    max_distance: Annotated[float, Field(ge=0, le=0.5)]
    neighbours: Annotated[int, Field(ge=1, le=100)]


class Audit(_Block):
    """How the data are searched for what they hide."""

    faces: FacesAudit
    digits: DigitsAudit


class Step(_Block):
    """Multiply the learning rate by ``factor`` every ``every`` epochs."""

    every: Positive
    factor: Annotated[float, Field(gt=0, le=1)]


class Cosine(_Block):
    """Let the learning rate rise in a line over ``warm_up`` epochs, then fall to 0 along half a cosine."""

    warm_up: Annotated[int, Field(ge=0, le=100_000)] = 0


class Distortion(_Block):
    """How far the training images are distorted at random, anew in each epoch; 0 leaves a part out.

    ``rotate`` is the largest angle either way in degrees, ``scale`` the largest share by which an axis is
    stretched or shrunk, ``shear`` the largest tangent of the slant, ``shift`` the largest way in pixels,
    ``elastic`` the standard deviation of the elastic displacement in pixels.
    """

    rotate: Annotated[float, Field(ge=0, le=180)] = 0
    scale: Annotated[float, Field(ge=0, le=1)] = 0
    shear: Annotated[float, Field(ge=0, le=1)] = 0
    shift: Annotated[float, Field(ge=0, le=14)] = 0
    elastic: Annotated[float, Field(ge=0, le=14)] = 0


class DnnVariant(_Block):
    """One fully connected network and how it is trained.

    With the optional keys at their defaults that is plain mini-batch SGD on the images as they are. ``seeds`` are in
    place of those of all variants.
    """

    hidden: Annotated[list[Annotated[int, Field(ge=1, le=100_000)]], Field(max_length=50)]
    activation: Literal["relu", "leaky_relu", "sigmoid", "tanh"]
    init: Literal["random", "zero"]
    lr: Rate
    batch_size: Positive
    epochs: Annotated[int, Field(ge=1, le=100_000)]
    optimizer: Literal["sgd", "adam"] = "sgd"
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0
    step: Step | None = None
    cosine: Cosine | None = None
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0
    distortion: Distortion | None = None
    latent_epochs: Annotated[list[Positive], Field(default_factory=list)]
    seeds: Annotated[list[Seed], Field(min_length=1)] | None = None

    @field_validator("seeds")
    @classmethod
    def _seeds_differ(cls, seeds: list[int] | None) -> list[int] | None:
        return seeds and _all_different(seeds)

    @model_validator(mode="after")
    def _latent_epochs_exist(self) -> "DnnVariant":
        if self.latent_epochs and not self.hidden:
            raise ValueError("latent_epochs needs a hidden layer, and hidden is empty")
        if self.latent_epochs and max(self.latent_epochs) > self.epochs:
            raise ValueError(f"latent_epochs goes to {max(self.latent_epochs)}, beyond epochs: {self.epochs}")
        return self

    @model_validator(mode="after")
    def _optimizer_and_schedule_are_one_each(self) -> "DnnVariant":
        if self.momentum and self.optimizer != "sgd":
            raise ValueError(f"momentum belongs to optimizer: sgd; {self.optimizer} has its own")
        if self.step and self.cosine:
            raise ValueError("step and cosine are two schedules; leave one out")
        if self.cosine and self.cosine.warm_up >= self.epochs:
            raise ValueError(f"cosine.warm_up: {self.cosine.warm_up} leaves nothing of epochs: {self.epochs}")
        return self


class CnnVariant(_Block):
    """One of the report's convolutional networks and how it is trained.

    With ``resample_rounds`` the training set of each round is a fresh balanced draw, and ``epochs`` and
    ``step`` count within the round. With ``calibrate`` a temperature is fitted on a fifth of the training photos.
    """

    network: Literal["report"] = "report"
    channels: Annotated[int, Field(ge=1, le=4096)]
    kernel: Annotated[int, Field(ge=1, le=31)]
    stride: Annotated[int, Field(ge=1, le=16)]
    pool: Annotated[int, Field(ge=1, le=64)]
    optimizer: Literal["adam", "sgd"]
    lr: Rate
    step: Step | None = None
    class_weights: dict[str, Rate] | None = None
    resample_rounds: Annotated[int, Field(ge=1, le=10_000)] | None = None
    batch_size: Positive
    epochs: Annotated[int, Field(ge=1, le=100_000)]
    calibrate: bool = False

    @model_validator(mode="after")
    def _kernel_is_odd(self) -> "CnnVariant":
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, so that padding can keep the size: {self.kernel}")
        return self

    @property
    def is_balanced(self) -> bool:
        """Whether the logits take all classes for equally frequent: no loss of these networks makes them so."""
        return False

    def feature_side(self, crop_size: int) -> int:
        """Side of the feature map after convolution and pooling, in pixels (0 where none is left)."""
        convolved = (crop_size + 2 * (self.kernel // 2) - self.kernel) // self.stride + 1
        return convolved // self.pool


class Dnn(_Block):
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


class Cnn(_Block):
    """The variants of the convolutional networks on faces, by name; ``device`` is for those on digits too."""

    device: Literal["auto", "cpu", "cuda"]
    variants: Annotated[dict[VariantName, FacesVariant], Field(min_length=1)]


class CnnDigits(_Block):
    """The variants of the residual network on digits, by name."""

    variants: Annotated[dict[VariantName, ResidualVariant], Field(min_length=1)]


class Params(_Block):
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
        return _all_different(seeds)

    @model_validator(mode="after")
    def _crops_are_large_enough(self) -> "Params":
        for name, variant in self.cnn.variants.items():
            if isinstance(variant, CnnVariant) and variant.feature_side(self.crop.size) < 1:
                raise ValueError(
                    f"cnn.variants.{name}: nothing is left of a {self.crop.size} x {self.crop.size} crop after "
                    f"stride {variant.stride} and pooling by {variant.pool}; lower one of them or raise crop.size"
                )
        return self


def load_params(path: str | Path = PATH) -> Params:
    """Read and check the parameters.

    Raises:
        InputError: the file is missing, is no YAML 1.2 mapping, or a value is unknown, missing, of the wrong
            type, out of range or at odds with another; the message names the key.
    """
    path = Path(path)
    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run this in the root folder of the project") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except (YAMLError, ValueError, KeyError, RecursionError) as error:
        raise InputError(f"{path}: not readable as YAML: {_one_line(error)}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: must be a mapping of parameters, not {type(content).__name__}")
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {_first_problem(error)}") from None


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


def _first_problem(error: ValidationError) -> str:
    """Say the first problem in one line, with the key as the user writes it."""
    first = error.errors(include_url=False)[0]
    key = _one_line(".".join(str(part) for part in first["loc"] if part not in NO_KEYS))
    message = MESSAGES.get(first["type"], first["msg"].removeprefix("Value error, "))
    told = first["type"] in ("missing", "value_error", "extra_forbidden", "unknown_network")
    given = "" if told else f" (given: {_short(first['input'])})"
    more = f"; and {error.error_count() - 1} more" if error.error_count() > 1 else ""
    return f"{key}: {message}{given}{more}" if key else f"{message}{more}"


def _short(value: object) -> str:
    return reprlib.repr(value)
