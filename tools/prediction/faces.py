"""Faces on a photo: where they are, by a detector or as somebody says, and their crops."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from stages.config.params import load_params
from stages.masks.boxes import Box, covering
from stages.masks.crop import cut_out
from stages.runtime.errors import InputError
from stages.runtime.opencv import cv2
from stages.sources.catalogue import YUNET
from stages.storage.dataset import Form

LONGEST = 1600  # pixels: larger photos are shrunk before faces are looked for
SCORE = 0.5  # masked faces score low: at 0.9 half are lost
OVERLAP = 0.3  # of two boxes that are taken for one face
MOST = 5000


@dataclass(frozen=True)
class Face:
    """A box in pixels of the upright photo, and how sure the detector is (1 where somebody says so)."""

    box: Box
    score: float = 1.0


@dataclass(frozen=True)
class Framing:
    """How annotators frame a face that a detector has framed: a shift and a scale, in sides of the detector's box."""

    right: float = 0.0
    down: float = 0.0
    width: float = 1.0
    height: float = 1.0

    def applied(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """The box xmin, ymin, xmax, ymax as annotators would draw it."""
        wide, high = box[2] - box[0], box[3] - box[1]
        x, y = (box[0] + box[2]) / 2 + self.right * wide, (box[1] + box[3]) / 2 + self.down * high
        half_wide, half_high = wide * self.width / 2, high * self.height / 2
        return x - half_wide, y - half_high, x + half_wide, y + half_high


# Medians over the training photos of Medical Masks: `python -m studies.detection` (docs/predict.md).
FRAMING = Framing(right=0.0, down=0.128, width=1.032, height=0.896)


@cache
def _detector() -> cv2.FaceDetectorYN:
    from stages.sources.fetch import fetch  # here, because only detection needs a client of HTTP

    try:
        paths, gone = fetch([YUNET], load_params().download)
    except InputError as error:
        raise InputError(
            f"{error}; or give the boxes (--boxes table.csv), or pictures of one face (--faces whole)"
        ) from None
    if gone:
        raise InputError(f"{YUNET.name}: not in download.mirror; give --boxes table.csv, or --faces whole")
    # By its bytes: a download is kept under its hash, and OpenCV tells the kind of a file by its name.
    weights = np.fromfile(paths[YUNET.digest], np.uint8)
    return cv2.FaceDetectorYN.create("onnx", weights, np.empty(0, np.uint8), (320, 320), SCORE, OVERLAP, MOST)


def detect_faces(pixels: np.ndarray, framing: Framing = FRAMING) -> list[Face]:
    """Find faces by YuNet, from left to right.

    Args:
        pixels: uint8 (height, width, 3), blue green red, upright.
        framing: turns the detector's boxes into the annotators'.

    Raises:
        InputError: the detector's weights cannot be had.

    Source: W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector" (2023).
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, LONGEST / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    detector = _detector()
    detector.setInputSize(size)
    rows = detector.detect(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if scale < 1 else pixels)[1]
    faces = []
    for row in [] if rows is None else rows:
        x, y, wide, high = (row[:4] / scale).tolist()
        box = covering(framing.applied((x, y, x + wide, y + high))).clipped(width, height)
        if not box.problem:
            faces.append(Face(box, float(row[-1])))
    return sorted(faces, key=lambda face: face.box)


def whole_face(pixels: np.ndarray) -> list[Face]:
    """The photo as one face."""
    return [Face(Box(0, 0, pixels.shape[1], pixels.shape[0]))]


def crops(pixels: np.ndarray, faces: Sequence[Face], form: Form, interpolation: str) -> np.ndarray:
    """Cut faces out as ``crop_faces`` does; return uint8 RGB (N, side, side, 3).

    Args:
        pixels: uint8 (height, width, 3), blue green red, upright.
        faces: within the photo.
        form: side and margin of the crops.
        interpolation: the parameter ``crop.interpolation``.
    """
    cut = [cut_out(pixels, face.box, form.shape[0], form.margin, interpolation)[..., ::-1] for face in faces]
    return np.stack(cut) if cut else np.zeros((0, *form.shape), np.uint8)
