"""A network asked about the faces or the digit of a picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.masks.boxes import Box
from stages.runtime.errors import InputError
from stages.runtime.opencv import cv2
from tools.prediction.digits import as_digit, ink_box
from tools.prediction.faces import Face, crops, detect_faces, whole_face
from tools.prediction.predictor import Predictor


@dataclass(frozen=True)
class Found:
    """What was said about one face or digit.

    Attributes:
        file: the picture.
        box: xmin, ymin, xmax, ymax in pixels of the upright picture.
        score: how sure the detector is that there is a face; 1 where somebody says so.
        probabilities: by class.
    """

    file: str
    box: Box
    score: float
    probabilities: dict[str, float]

    @property
    def label(self) -> str:
        """The most probable class."""
        return max(self.probabilities, key=self.probabilities.get)


def find_faces(pixels: np.ndarray, study: str, how: str = "detect", boxes: Sequence[Box] | None = None) -> list[Face]:
    """Where the faces of a picture are; a digit fills its picture.

    Args:
        pixels: uint8 (height, width, 3), blue green red, upright.
        study: digits or masks.
        how: ``detect`` or ``whole``, if no ``boxes`` say where faces are.
        boxes: of the faces.

    Raises:
        InputError: a box lies outside the picture, or the detector cannot be had.
    """
    if study == "digits":
        return whole_face(pixels)
    if boxes is None:
        return whole_face(pixels) if how == "whole" else detect_faces(pixels)
    height, width = pixels.shape[:2]
    faces = [Face(box.clipped(width, height)) for box in boxes]
    if wrong := next((face.box.problem for face in faces if face.box.problem), ""):
        raise InputError(f"box outside the photo: {wrong}")
    return faces


def seen(predictor: Predictor, pixels: np.ndarray, faces: Sequence[Face]) -> np.ndarray:
    """The faces or the digit as the network gets to see them: uint8 (N, side, side, 3) RGB or (1, side, side) gray.

    Raises:
        InputError: the picture shows no digit.
    """
    if predictor.study == "digits":
        return as_digit(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), *ink_box())[None]
    return crops(pixels, faces, predictor.form, predictor.crop.interpolation)


def ask(
    predictor: Predictor, pixels: np.ndarray, faces: Sequence[Face], file: str = "", point: str | None = None
) -> list[Found]:
    """Ask about the faces or the digit of a picture; returns a row for each of ``faces``.

    Raises:
        InputError: the picture shows no digit, or the variant has no such point.
    """
    images = seen(predictor, pixels, faces)
    chances = predictor.probabilities(images, point) if len(images) else []
    return [
        Found(file, face.box, face.score, dict(zip(predictor.form.classes, row.tolist(), strict=True)))
        for face, row in zip(faces, chances, strict=True)
    ]
