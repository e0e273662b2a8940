"""The residual network's variants in params.yaml: the network, its training and its augmentation."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stages.params_block import Block, Positive, Rate, Share


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


View = Annotated[float, Field(ge=0.1, le=3)]
Side = Annotated[int, Field(ge=4, le=512)]


class Phase(Block):
    """A share of the training in which the network sees its pictures at ``side`` x ``side`` pixels."""

    share: Annotated[float, Field(gt=0, lt=1)]
    side: Side


class ResidualVariant(Block):
    """One residual network and how it is trained.

    ``widths`` are the channels of the stem and of each block, ``stride`` that of the stem. ``images`` is how many
    pictures its training draws in all, classes in proportion to (number of pictures) ** ``sampling_power``: 1 as they
    are, 0 all alike. ``warmup`` is the share of training in which the learning rate rises to ``lr``, ``ema`` the
    decay of the moving average of the weights (0: none). With ``calibrate`` a temperature is fitted on a fifth of the
    training photos, by training once more on the others.

    The network sees ``side`` x ``side`` pixels, and of a picture a middle part, the view: ``view`` is its side, in
    sides of the box (1: the box alone; more: its surroundings too, as far as the crops have them). A finished
    network's logits are the mean over ``test_views`` and, with ``flip_test``, over their mirror images.

    ``progressive`` are phases at the beginning of the training in which it sees other sides: smaller ones cost less,
    so there is time for more pictures. ``side`` is that of what remains. Source: progressive resizing, as in Tan and
    Le 2021 (https://arxiv.org/abs/2104.00298), here without stronger augmentation of larger pictures.

    ``members`` networks are trained from one seed and asked together: the mean of their logits.
    """

    network: Literal["residual"]
    widths: Annotated[list[Annotated[int, Field(ge=1, le=4096)]], Field(min_length=2, max_length=10)]
    stride: Annotated[int, Field(ge=1, le=4)]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    images: Positive
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
    progressive: list[Phase] = Field([], max_length=9)
    view: View
    test_views: Annotated[list[View], Field(min_length=1, max_length=9)]
    flip_test: bool
    members: Annotated[int, Field(ge=1, le=20)]
    calibrate: bool

    @model_validator(mode="after")
    def _one_batch_at_least(self) -> "ResidualVariant":
        if self.images < self.batch_size:
            raise ValueError(f"images: {self.images} do not fill one batch; batch_size is {self.batch_size}")
        return self

    @model_validator(mode="after")
    def _some_training_at_the_side(self) -> "ResidualVariant":
        if (shares := sum(phase.share for phase in self.progressive)) >= 1:
            raise ValueError(f"progressive: the shares add up to {shares:g}; less than 1 leaves some training for side")
        return self

    @property
    def is_balanced(self) -> bool:
        """Whether the logits take all classes for equally frequent, so that there are two operating points."""
        return self.loss == "balanced_softmax"


class FacesResidualVariant(ResidualVariant):
    """A residual network on faces: on the small crops (``crop.side``) or the large ones (``crop.large_side``)."""

    crops: Literal["small", "large"]
