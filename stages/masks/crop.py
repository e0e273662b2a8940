"""Cutting the annotated faces out of one photo after another."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from stages.config.data import Crop
from stages.masks.boxes import Box, covering, has_fractions
from stages.masks.photos import Photo, PhotoError, decode_photo, perceptual_hash
from stages.runtime.opencv import cv2
from stages.runtime.parallel import map_threads
from stages.storage.annotations import Annotation
from stages.storage.filenames import safe_name

INTERPOLATIONS = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
    "lanczos": cv2.INTER_LANCZOS4,
}
# Packing takes ten times as long as writing unpacked, and saves a quarter of so small a file.
UNPACKED = (cv2.IMWRITE_PNG_COMPRESSION, 0, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE)


@dataclass(frozen=True, slots=True)
class Face:
    """A face on its way from its annotation to its crops.

    Attributes:
        annotation: as read; ``split`` and ``problem`` are those of now.
        number: of the face within its photo, from 1.
        box: what was cut out, in pixels of the upright photo; None where the face was skipped.
        crop: path of the crop within its folder, or empty.
        notes: what was remarkable: ``clipped``, ``rounded``, ``turned``, ``size_unknown``,
            ``size_other_way``, ``size_differs``.
        images: the small and the large crop, PNG; empty once they are written.
    """

    annotation: Annotation
    number: int
    box: Box | None = None
    crop: str = ""
    notes: tuple[str, ...] = ()
    images: tuple[bytes, ...] = ()

    def skipped(self, problem: str) -> "Face":
        """The same face, left out for this reason."""
        return Face(replace(self.annotation, problem=problem), self.number)


@dataclass(frozen=True)
class PhotoFacts:
    """What is known of a photo once it was decoded; ``size`` is that of the upright photo."""

    file: str
    size: tuple[int, int]
    orientation: int
    phash: str


def crop_photos(
    photos: Iterable[tuple[str, list[Face]]], images: Path, settings: Crop, boxes_refer_to: str, total: int
) -> Iterator[tuple[list[Face], PhotoFacts | None]]:
    """Cut the usable faces out of photo after photo; each is decoded once.

    Args:
        photos: files below ``images``, and the faces on each.
        images: the folder.
        settings, boxes_refer_to: of params.yaml.
        total: number of photos, for the progress bar.

    Yields:
        The faces of a photo, cut or with a problem, and its facts; None where it could not be decoded. Neither bytes
        nor order depend on the number of workers.
    """
    task = partial(_crop_photo, images=images, settings=settings, boxes_refer_to=boxes_refer_to)
    return map_threads(task, photos, "crop", total)


def _crop_photo(
    item: tuple[str, list[Face]], images: Path, settings: Crop, boxes_refer_to: str
) -> tuple[list[Face], PhotoFacts | None]:
    file, faces = item
    try:
        photo = decode_photo(images / file, settings.max_pixels)
    except PhotoError as error:
        return [face.skipped(f"unreadable photo: {error}") for face in faces], None
    facts = PhotoFacts(file, photo.size, photo.orientation, perceptual_hash(photo.pixels))
    return [_crop_face(face, photo, settings, boxes_refer_to) for face in faces], facts


def _crop_face(face: Face, photo: Photo, settings: Crop, boxes_refer_to: str) -> Face:
    annotation, notes = face.annotation, [*_about_size(face.annotation, photo, boxes_refer_to)]
    if has_fractions(annotation.box):
        if settings.fractions == "error":
            return face.skipped(
                f"fractions: the box {annotation.box} is not in whole pixels; crop.fractions: round widens it"
            )
        notes.append("rounded")
    box = covering(annotation.box)
    if box.problem:
        return face.skipped(box.problem)
    turned = box.turned(photo.orientation, *photo.stored_size)
    shown, other = (turned, box) if boxes_refer_to == "stored" else (box, turned)
    if boxes_refer_to == "stored" and photo.orientation > 1:
        notes.append("turned")
    used = shown.clipped(*photo.size)
    if used.problem:
        return face.skipped(_outside(shown, other, photo, boxes_refer_to))
    if used != shown:
        notes.append("clipped")
    name = f"{annotation.split}/{safe_name(annotation.label)}/{annotation.file}_{face.number:03d}.png"
    forms = ((settings.side, 0.0), (settings.large_side, settings.large_margin))
    cut = tuple(cut_out(photo.pixels, used, side, margin, settings.interpolation) for side, margin in forms)
    encoded = tuple(cv2.imencode(".png", crop, UNPACKED)[1].tobytes() for crop in cut)
    return replace(face, box=used, crop=name, notes=tuple(notes), images=encoded)


def cut_out(pixels: np.ndarray, box: Box, side: int, margin: float, interpolation: str) -> np.ndarray:
    """Cut a face out of a photo and resize it.

    Args:
        pixels: uint8 (H, W, 3) of the upright photo.
        box: within the photo.
        side: of the crop, in pixels.
        margin: how much of the surroundings is shown on each side, as a share of the box's own width or height; beyond
            the photo its edge is drawn out.
        interpolation: one of :data:`INTERPOLATIONS`.

    Returns:
        uint8 (side, side, 3).
    """
    right, down = round(margin * (box.xmax - box.xmin)), round(margin * (box.ymax - box.ymin))
    wide = Box(box.xmin - right, box.ymin - down, box.xmax + right, box.ymax + down)
    inside = wide.clipped(pixels.shape[1], pixels.shape[0])
    part = pixels[inside.ymin : inside.ymax, inside.xmin : inside.xmax]
    if inside != wide:
        edges = (inside.ymin - wide.ymin, wide.ymax - inside.ymax, inside.xmin - wide.xmin, wide.xmax - inside.xmax)
        part = cv2.copyMakeBorder(part, *edges, cv2.BORDER_REPLICATE)
    return cv2.resize(part, (side, side), interpolation=INTERPOLATIONS[interpolation])


def _about_size(annotation: Annotation, photo: Photo, boxes_refer_to: str) -> Iterator[str]:
    """What is odd about the width and height that the annotation gives; nothing is done about it."""
    expected, other = photo.size, photo.stored_size
    if boxes_refer_to == "stored":
        expected, other = other, expected
    if annotation.size is not None and annotation.size != expected:
        yield (
            "size_unknown" if 0 in annotation.size else "size_other_way" if annotation.size == other else "size_differs"
        )


def _outside(shown: Box, other: Box, photo: Photo, boxes_refer_to: str) -> str:
    width, height = photo.size
    problem = f"box outside the photo: {tuple(shown)} in a photo of {width} x {height} pixels"
    if photo.orientation > 1 and other.fits(width, height):
        way = "shown" if boxes_refer_to == "stored" else "stored"
        problem += f"; with faces.boxes_refer_to: {way} it would fit (EXIF orientation {photo.orientation})"
    return problem
