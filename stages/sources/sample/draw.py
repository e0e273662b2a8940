"""All photos of the sample and the table of their boxes; photos are saved in the ways that real ones come in."""

import csv
import io
from collections.abc import Iterator

import numpy as np
from PIL import ExifTags, Image

from stages.runtime.opencv import cv2
from stages.runtime.parallel import map_processes
from stages.sources.sample.names import photo_names
from stages.sources.sample.plan import label_plan
from stages.sources.sample.scene import draw_photo

ANNOTATIONS = "annotations.csv"
COLUMNS = ("filename", "width", "height", "label", "xmin", "ymin", "xmax", "ymax")
_TURNED_CLOCKWISE = 6  # EXIF orientation: the picture must be turned by 90 degrees clockwise to be upright
Job = tuple[list[str], str, np.random.SeedSequence]


def draw_sample(photos: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Draw ``photos`` photos (at least 2) and the boxes of the faces on them.

    Every photo has a generator of its own, so its bytes depend on ``photos``, ``seed`` and its place alone.

    Yields:
        The original file name and the encoded bytes of each photo, in a fixed order; last ``annotations.csv``, one row
        a face: file name, width and height of the photo, label (``good``: mask worn right, ``none``: worn wrongly,
        ``bad``: no mask) and the box in pixels. Sizes and boxes are those of the upright photo.
    """
    first, *seeds = np.random.SeedSequence(seed).spawn(photos + 1)
    rng = np.random.default_rng(first)
    plan, names = label_plan(photos, rng), photo_names(photos, rng)
    jobs = [(labels, form, own) for labels, (_, form), own in zip(plan, names, seeds, strict=True)]
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for (name, _), labels, (content, size, boxes) in zip(names, plan, map_processes(draw_one, jobs), strict=True):
        writer.writerows((name, *size, label, *box) for label, box in zip(labels, boxes, strict=True))
        yield name, content
    yield ANNOTATIONS, table.getvalue().encode("utf-8")


def draw_one(job: Job) -> tuple[bytes, tuple[int, int], list[tuple[int, ...]]]:
    """Draw one photo of people with these labels, saved in a form, from a seed: its bytes, size and boxes."""
    labels, form, seed = job
    rng = np.random.default_rng(seed)
    photo, boxes = draw_photo(labels, rng)
    return encode(photo, form, int(rng.integers(55, 90))), (photo.shape[1], photo.shape[0]), boxes


def encode(photo: np.ndarray, form: str, quality: int) -> bytes:
    """Save an upright photo, uint8 (H, W, 3), blue green red.

    Args:
        photo: to save.
        form: ``jpeg``; ``gray`` (JPEG of one channel); ``exif`` (JPEG that lies on its side and says so); ``png``;
            ``alpha`` (PNG with four channels, opaque).
        quality: of a JPEG, 1 to 100.
    """
    if form in ("png", "alpha"):
        photo = cv2.cvtColor(photo, cv2.COLOR_BGR2BGRA) if form == "alpha" else photo
        return cv2.imencode(".png", photo)[1].tobytes()
    if form == "gray":
        photo = cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY)
    if form != "exif":
        return cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    exif, file = Image.Exif(), io.BytesIO()
    exif[ExifTags.Base.Orientation] = _TURNED_CLOCKWISE
    lying = cv2.rotate(photo, cv2.ROTATE_90_COUNTERCLOCKWISE)
    Image.fromarray(lying[..., ::-1]).save(file, "JPEG", quality=quality, exif=exif)
    return file.getvalue()
