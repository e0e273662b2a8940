"""The variants of params.yaml: networks and how they are trained. ``network`` and ``architecture`` say which kind."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from stages.config.base import BatchSize, Block, Positive, Rate, Seed, Share, Side, Step

Study = Literal["digits", "masks"]
STUDIES: tuple[Study, ...] = ("digits", "masks")
View = Annotated[float, Field(ge=0.1, le=3)]
Weight = Annotated[float, Field(ge=1e-6, le=1e6)]


class Variant(Block):
    """What all variants have.

    ``seeds`` are in place of those of all variants; ``crops`` are the small ones of the faces (``crop.side``) or the
    large ones (``crop.large_side``).
    """

    study: Study
    network: str
    crops: Literal["small", "large"] = "small"
    seeds: Annotated[list[Seed], Field(min_length=1)] | None = None

    @field_validator("seeds")
    @classmethod
    def _seeds_differ(cls, seeds: list[int] | None) -> list[int] | None:
        return seeds and all_different(seeds)

    @model_validator(mode="after")
    def _digits_come_in_one_size(self) -> "Variant":
        if self.study == "digits" and self.crops == "large":
            raise ValueError("crops: large are those of the faces; leave it out for the digits")
        return self

    @property
    def balanced_logits(self) -> bool:
        """Whether the logits take all classes for equally frequent, so that there are two operating points."""
        return False


def all_different(seeds: list[int]) -> list[int]:
    """Return ``seeds``, or raise ValueError where one stands in the list twice."""
    if len(set(seeds)) != len(seeds):
        raise ValueError("each seed may stand in the list once")
    return seeds


class Cosine(Block):
    """Let the learning rate rise in a line over ``warm_up`` epochs, then fall to 0 along half a cosine."""

    warm_up: Annotated[int, Field(ge=0, le=100_000)] = 0


class Distortion(Block):
    """How far the training images are distorted at random, anew in each epoch; 0 leaves a part out.

    ``rotate`` is the largest angle either way in degrees, ``scale`` the largest share by which an axis is stretched or
    shrunk, ``shear`` the largest tangent of the slant, ``shift`` the largest way in pixels, ``elastic`` the standard
    deviation of the elastic displacement in pixels.
    """

    rotate: Annotated[float, Field(ge=0, le=180)] = 0
    scale: Share = 0
    shear: Share = 0
    shift: Annotated[float, Field(ge=0, le=14)] = 0
    elastic: Annotated[float, Field(ge=0, le=14)] = 0


class DnnVariant(Variant):
    """A fully connected network in NumPy.

    With the optional keys at their defaults its training is plain mini-batch SGD on the images as they are.
    """

    network: Literal["dnn"]
    hidden: Annotated[list[Annotated[int, Field(ge=1, le=100_000)]], Field(max_length=50)]
    activation: Literal["relu", "leaky_relu", "sigmoid", "tanh"]
    init: Literal["random", "zero"]
    optimizer: Literal["sgd", "adam"] = "sgd"
    lr: Rate
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0
    weight_decay: Share = 0
    step: Step | None = None
    cosine: Cosine | None = None
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0
    distortion: Distortion | None = None
    batch_size: BatchSize
    epochs: Annotated[int, Field(ge=1, le=100_000)]
    latent_epochs: Annotated[list[Positive], Field(default_factory=list, max_length=50)]

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


class PlainVariant(Variant):
    """The report's convolutional network: one convolution, ReLU, max pooling and a linear layer, in PyTorch.

    With ``resample_rounds`` the training set of each round is a fresh balanced draw, and ``epochs`` and ``step`` count
    within the round.
    """

    network: Literal["cnn"]
    architecture: Literal["plain"]
    channels: Annotated[int, Field(ge=1, le=4096)]
    kernel: Annotated[int, Field(ge=1, le=31)]
    stride: Annotated[int, Field(ge=1, le=16)]
    pool: Annotated[int, Field(ge=1, le=64)]
    optimizer: Literal["adam", "sgd"]
    lr: Rate
    step: Step | None = None
    class_weights: Literal["balanced"] | dict[str, Weight] | None = None
    resample_rounds: Annotated[int, Field(ge=1, le=10_000)] | None = None
    batch_size: BatchSize
    epochs: Annotated[int, Field(ge=1, le=100_000)]

    @model_validator(mode="after")
    def _kernel_is_odd(self) -> "PlainVariant":
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, so that padding can keep the side: {self.kernel}")
        return self

    def feature_side(self, side: int) -> int:
        """Side of the feature map after convolution and pooling, in pixels (0 where none is left)."""
        convolved = (side + 2 * (self.kernel // 2) - self.kernel) // self.stride + 1
        return convolved // self.pool


class Augmentation(Block):
    """How every picture is changed each time it is drawn; 0 leaves that change out.

    Strengths are the ends of uniform draws: ``rotation`` in degrees, ``scale``, ``aspect`` and ``colour`` as natural
    logarithms of factors, ``shift`` as a share of half the view's side. ``flip``, ``grayscale``, ``low_resolution`` and
    ``cutout`` are the probabilities of a mirror image, of losing all colour, of losing detail, and of a covered
    rectangle.
    """

    flip: Share = 0.0
    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0
    scale: Share = 0.0
    aspect: Share = 0.0
    shift: Share = 0.0
    colour: Share = 0.0
    grayscale: Share = 0.0
    low_resolution: Share = 0.0
    cutout: Share = 0.0


class Phase(Block):
    """A share of the training in which the network sees its pictures at ``side`` x ``side`` pixels."""

    share: Annotated[float, Field(gt=0, lt=1)]
    side: Side


class AugmentedVariant(Variant):
    """A network that is trained on augmented pictures by one cycle of the learning rate, in PyTorch.

    ``images`` is how many pictures its training draws in all, or ``passes`` how many times the number of training
    samples. Classes are drawn in proportion to (number of samples) ** ``sampling_power``: 1 as they are, 0 all alike.
    ``warmup`` is the share of training in which the learning rate rises to ``lr``, ``ema`` the decay of the moving
    average of the weights (0: none).

    The network sees ``side`` x ``side`` pixels, and of a picture a middle part, the view: ``view`` is its side, in
    sides of the box (1: the box alone; more: its surroundings too, as far as the crops have them). A finished network's
    logits are the mean over ``test_views`` and, with ``flip_test``, over their mirror images (test-time augmentation).

    ``progressive`` are phases at the beginning of the training in which it sees other sides: smaller ones cost less, so
    there is time for more pictures. ``side`` is that of what remains. Source: progressive resizing, as in Tan and Le
    2021 (https://arxiv.org/abs/2104.00298), here without stronger augmentation of larger pictures.

    ``members`` networks are trained from one seed and asked together: the mean of their logits.
    """

    network: Literal["cnn"]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    images: Positive | None = None
    passes: Annotated[float, Field(gt=0, le=1e6)] | None = None
    batch_size: Annotated[int, Field(ge=2, le=10**6)]
    lr: Rate
    weight_decay: Annotated[float, Field(ge=0, le=10)]
    warmup: Annotated[float, Field(gt=0, lt=1)]
    ema: Annotated[float, Field(ge=0, lt=1)]
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    sampling_power: Share
    loss: Literal["balanced_softmax", "cross_entropy"]
    augmentation: Augmentation
    side: Side
    progressive: Annotated[list[Phase], Field(default_factory=list, max_length=9)]
    view: View
    test_views: Annotated[list[View], Field(min_length=1, max_length=9)]
    flip_test: bool
    members: Annotated[int, Field(ge=1, le=20)]

    @model_validator(mode="after")
    def _training_is_possible(self) -> "AugmentedVariant":
        if (self.images is None) == (self.passes is None):
            raise ValueError("give either images or passes, the length of the training")
        if self.images is not None and self.images < self.batch_size:
            raise ValueError(f"images: {self.images} do not fill one batch; batch_size is {self.batch_size}")
        if (shares := sum(phase.share for phase in self.progressive)) >= 1:
            raise ValueError(f"progressive: the shares add up to {shares:g}; less than 1 leaves some training for side")
        return self

    def steps(self, samples: int) -> int:
        """How many batches the training takes on so many ``samples``, at least one."""
        images = self.images if self.images is not None else self.passes * samples
        return max(1, int(images // self.batch_size))

    @property
    def balanced_logits(self) -> bool:
        return self.loss == "balanced_softmax"


class ResidualVariant(AugmentedVariant):
    """A small residual network; ``widths`` are the channels of its stem and blocks, ``stride`` is that of the stem."""

    architecture: Literal["residual"]
    widths: Annotated[list[Annotated[int, Field(ge=1, le=4096)]], Field(min_length=2, max_length=10)]
    stride: Annotated[int, Field(ge=1, le=4)]


class WeightsFile(Block):
    """A state dict of torchvision's network in a file of one's own, and its SHA-256."""

    file: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PretrainedVariant(AugmentedVariant):
    """One of torchvision's networks, whose training on ImageNet by others is where its own begins.

    ``weights`` are one of torchvision's own downloads by its name there, ``IMAGENET1K_V1`` say, or a file.
    """

    architecture: Literal["pretrained"]
    backbone: Literal["mobilenet_v2", "mobilenet_v3_small", "resnet18"]
    weights: str | WeightsFile


ARCHITECTURES: dict[str, type[Variant]] = {
    "plain": PlainVariant,
    "residual": ResidualVariant,
    "pretrained": PretrainedVariant,
}


def variant_class(block: Any) -> type[Variant]:
    """The class of a variant's block, by its keys ``network`` and ``architecture``.

    Raises:
        ValueError: there is no such network; the message begins with the key.
    """
    if not isinstance(block, dict):
        raise ValueError("must be a mapping")
    network, architecture = block.get("network"), block.get("architecture")
    if network == "dnn":
        return DnnVariant
    if network != "cnn":
        raise ValueError(f"network: must be dnn or cnn (given: {network!r})")
    if architecture not in ARCHITECTURES:
        raise ValueError(f"architecture: must be one of {', '.join(ARCHITECTURES)} (given: {architecture!r})")
    return ARCHITECTURES[architecture]
