"""Boxes: whole pixels, within the photo, and turned with it as Pillow turns the photo."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageOps

from stages.masks.boxes import Box, covering, has_fractions


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_box_turned_shows_what_the_photo_turned_shows(orientation: int):
    pixels = np.arange(7 * 11, dtype=np.uint8).reshape(7, 11)
    stored = Image.fromarray(pixels)
    stored.getexif()[ExifTags.Base.Orientation] = orientation
    shown = np.asarray(ImageOps.exif_transpose(stored))
    box = Box(2, 1, 6, 4)
    turned = box.turned(orientation, 11, 7)
    inside = shown[turned.ymin : turned.ymax, turned.xmin : turned.xmax]
    assert sorted(inside.ravel()) == sorted(pixels[1:4, 2:6].ravel())


@given(box=st.tuples(*[st.floats(-100, 100)] * 4))
def test_any_covering_box_covers_with_at_most_a_pixel_to_spare(box: tuple):
    whole = covering(box)
    for low, high in ((0, 2), (1, 3)):
        assert box[low] - 1 <= whole[low] <= box[low] and box[high] <= whole[high] <= box[high] + 1
    assert has_fractions(box) == (whole != box)


@pytest.mark.parametrize(
    ("box", "problem"),
    [
        (Box(0, 0, 1, 1), ""),
        (Box(3, 0, 3, 1), "empty box: xmin and xmax are both 3"),
        (Box(0, 5, 1, 2), "inverted box: ymin 5 is larger than ymax 2"),
    ],
)
def test_boxes_without_a_face(box: Box, problem: str):
    assert box.problem == problem


def test_clipping_leaves_what_is_inside():
    assert Box(-5, 3, 100, 8).clipped(20, 6) == Box(0, 3, 20, 6)
    assert Box(30, 3, 40, 8).clipped(20, 6).problem
    assert Box(0, 0, 20, 6).fits(20, 6) and not Box(0, 0, 21, 6).fits(20, 6)
