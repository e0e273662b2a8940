"""A trained variant as one object: weights, what its pictures look like, and what its logits mean."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
from scipy.special import softmax

from stages.config.data import Crop
from stages.config.params import load_params
from stages.config.variants import variant_class
from stages.exporting.about import form_of, prior_of
from stages.runtime.errors import InputError
from stages.storage.dataset import Form
from stages.storage.files import read_json
from stages.storage.weights import load_weights

POINTS = ("balanced", "natural")


@dataclass(frozen=True)
class Predictor:
    """The first seed's network of a variant: the one whose confusion matrix metrics/ shows.

    Attributes:
        study: digits or masks.
        form: side, classes and margin of the images that the network takes.
        crop: how pictures are read and resized, as params.yaml has it.
        balanced: whether the logits take all classes for equally frequent, so that there are two points.
        prior: what takes the logits to the natural point, (classes,).
        temperature: by which the logits are divided, fitted on the validation samples; 1 where none was.
    """

    name: str
    study: str
    form: Form
    crop: Crop
    balanced: bool
    temperature: float
    prior: np.ndarray
    model: object

    @classmethod
    def load(cls, name: str, folder: str | Path = ".") -> "Predictor":
        """Load a variant by its name, or by its study's (``digits``, ``masks``): the one that params.yaml calls best.

        Args:
            name: of a variant or a study.
            folder: of the project.

        Raises:
            InputError: there is no such variant, or it was not trained.
        """
        folder = Path(folder)
        params = load_params(folder / "params.yaml")
        name = params.studies[name].best if name in params.studies else name
        study = params.variant(name).study
        weights, about = load_weights(folder / f"models/{study}/{name}.safetensors")
        block = about["variant"]
        variant = variant_class(block).model_validate(block)
        form = form_of(about)
        module = import_module(f"stages.{variant.network}.model")
        details = folder / f"metrics/{study}/{name}/details.json"
        temperature = read_json(details)["probabilities"]["temperature"] if details.exists() else 1.0
        return cls(
            name,
            study,
            form,
            params.crop,
            variant.balanced_logits,
            temperature,
            prior_of(about, variant.balanced_logits),
            module.load_model(next(iter(weights.values())), variant, form, params.device),
        )

    @classmethod
    def load_onnx(cls, path: str | Path) -> "Predictor":
        """Load an exported network; needs neither torch nor the project's results.

        Raises:
            InputError: it is no network that the stage ``export`` wrote.
        """
        from stages.exporting.onnx_model import OnnxModel  # here, since only this needs onnxruntime

        model = OnnxModel.read(path)
        about, balanced = model.about, model.about["balanced"]
        crop = load_params().crop.model_copy(update={"interpolation": about["interpolation"]})
        form, prior = form_of(about), prior_of(about, balanced)
        return cls(about["name"], about["study"], form, crop, balanced, about["temperature"], prior, model)

    @property
    def points(self) -> tuple[str, ...]:
        """The operating points that there are, the one of the variant's figures first."""
        return POINTS if self.balanced else ("natural",)

    def checked_point(self, point: str | None) -> str:
        """Return ``point``, or the first of ``points`` for None.

        Raises:
            InputError: the variant has no such point.
        """
        if point not in (None, *self.points):
            raise InputError(f"point {point}: {self.name} has {' and '.join(self.points)} alone")
        return point or self.points[0]

    def probabilities(self, images: np.ndarray, point: str | None = None) -> np.ndarray:
        """Return the probability of each class, float64 (N, classes), by the calibrated network.

        Args:
            images: uint8, (N, side, side) gray or (N, side, side, 3) RGB, as ``form`` says.
            point: ``natural``: classes are as frequent as in training; ``balanced``: all alike, which finds the rare
                ones. None is the first of ``points``.

        Raises:
            InputError: there is no such point.
        """
        point = self.checked_point(point)
        # The temperature was fitted at the natural point.
        natural = (self.model.logits(images).astype(np.float64) + self.prior) / self.temperature
        return softmax(natural if point == "natural" else natural - self.prior, axis=1)
