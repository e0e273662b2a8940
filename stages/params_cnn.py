"""The report's convolutional network in params.yaml: the network and how it is trained."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stages.params_block import BatchSize, Block, Rate, Step


class CnnVariant(Block):
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
    class_weights: dict[str, Annotated[float, Field(ge=1e-6, le=1e6)]] | None = None
    resample_rounds: Annotated[int, Field(ge=1, le=10_000)] | None = None
    batch_size: BatchSize
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
