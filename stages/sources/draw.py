"""The built-in sample of photos: people with and without masks, drawn from a seed."""

import csv
import io
from collections.abc import Iterator

import numpy as np

from stages.sources.draw_encode import encode
from stages.sources.draw_names import photo_names
from stages.sources.draw_plan import label_plan
from stages.sources.draw_scene import draw_photo

ANNOTATIONS = "annotations.csv"
_COLUMNS = ("filename", "width", "height", "label", "xmin", "ymin", "xmax", "ymax")


def draw_sample(photos: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Draw ``photos`` photos (at least 2) and the boxes of the faces on them.

    Every photo has a generator of its own, so its bytes depend on ``photos``, ``seed`` and its place alone.

    Yields:
        The original file name and the encoded bytes of each photo, in a fixed order; last ``annotations.csv``,
        one row a face: file name, width and height of the photo, label (``good``: mask worn right, ``none``: worn
        wrongly, ``bad``: no mask) and the box in pixels. Sizes and boxes are those of the upright photo.
    """
    first, *seeds = np.random.SeedSequence(seed).spawn(photos + 1)
    rng = np.random.default_rng(first)
    plan = label_plan(photos, rng)
    names = photo_names(photos, rng)
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for (name, form), labels, own in zip(names, plan, seeds, strict=True):
        own_rng = np.random.default_rng(own)
        photo, boxes = draw_photo(labels, own_rng)
        height, width = photo.shape[:2]
        writer.writerows((name, width, height, label, *box) for label, box in zip(labels, boxes, strict=True))
        yield name, encode(photo, form, quality=int(own_rng.integers(55, 90)))
    yield ANNOTATIONS, table.getvalue().encode("utf-8")
