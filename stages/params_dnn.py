"""A fully connected network in params.yaml: the network and how it is trained."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from stages.params_block import BatchSize, Block, Positive, Rate, Seed, Step, all_different


class Cosine(Block):
    """Let the learning rate rise in a line over ``warm_up`` epochs, then fall to 0 along half a cosine."""

    warm_up: Annotated[int, Field(ge=0, le=100_000)] = 0


class Distortion(Block):
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


class DnnVariant(Block):
    """One fully connected network and how it is trained.

    With the optional keys at their defaults that is plain mini-batch SGD on the images as they are. ``seeds`` are in
    place of those of all variants.
    """

    hidden: Annotated[list[Annotated[int, Field(ge=1, le=100_000)]], Field(max_length=50)]
    activation: Literal["relu", "leaky_relu", "sigmoid", "tanh"]
    init: Literal["random", "zero"]
    lr: Rate
    batch_size: BatchSize
    epochs: Annotated[int, Field(ge=1, le=100_000)]
    optimizer: Literal["sgd", "adam"] = "sgd"
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0
    step: Step | None = None
    cosine: Cosine | None = None
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0
    distortion: Distortion | None = None
    latent_epochs: Annotated[list[Positive], Field(default_factory=list, max_length=50)]
    seeds: Annotated[list[Seed], Field(min_length=1)] | None = None

    @field_validator("seeds")
    @classmethod
    def _seeds_differ(cls, seeds: list[int] | None) -> list[int] | None:
        return seeds and all_different(seeds)

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
