"""Boxes around faces: to whole pixels, within the photo, and turned with it.

Coordinates are in pixels from the upper left corner; a box covers columns ``xmin <= x < xmax`` and rows
``ymin <= y < ymax``, so ``photo[ymin:ymax, xmin:xmax]`` is the face.
"""

import math
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle in whole pixels; any values, also unusable ones as an annotation may hold them."""

    xmin: int
    ymin: int
    xmax: int
    ymax: int

    @property
    def problem(self) -> str:
        """Why no face can be cut out with this box, or an empty text."""
        for low, high in (("xmin", "xmax"), ("ymin", "ymax")):
            first, last = getattr(self, low), getattr(self, high)
            if first == last:
                return f"empty box: {low} and {high} are both {first}"
            if first > last:
                return f"inverted box: {low} {first} is larger than {high} {last}"
        return ""

    @property
    def side(self) -> int:
        """The shorter side."""
        return min(self.xmax - self.xmin, self.ymax - self.ymin)

    def clipped(self, width: int, height: int) -> "Box":
        """The part of the box within a photo of this size; it has no pixels where the box lies outside."""
        return Box(max(self.xmin, 0), max(self.ymin, 0), min(self.xmax, width), min(self.ymax, height))

    def fits(self, width: int, height: int) -> bool:
        """Whether the whole box lies within a photo of this size."""
        return self == self.clipped(width, height) and not self.problem

    def turned(self, orientation: int, width: int, height: int) -> "Box":
        """The same face once the photo is turned as its EXIF orientation says (EXIF 2.3, tag 274).

        Args:
            orientation: 1 to 8. 2 mirrors left and right, 3 turns by 180 degrees, 4 mirrors up and down, 5 mirrors
                along the main diagonal, 6 turns clockwise, 7 mirrors along the other diagonal, 8 turns anticlockwise.
            width, height: of the stored photo, before turning.
        """
        xmin, ymin, xmax, ymax = self
        left, right, top, bottom = width - xmax, width - xmin, height - ymax, height - ymin  # from the other ends
        return {
            2: Box(left, ymin, right, ymax),
            3: Box(left, top, right, bottom),
            4: Box(xmin, top, xmax, bottom),
            5: Box(ymin, xmin, ymax, xmax),
            6: Box(top, xmin, bottom, xmax),
            7: Box(top, left, bottom, right),
            8: Box(ymin, left, ymax, right),
        }.get(orientation, self)


def covering(box: tuple[float, float, float, float]) -> Box:
    """The smallest box of whole pixels that covers one with fractions."""
    xmin, ymin, xmax, ymax = box
    return Box(math.floor(xmin), math.floor(ymin), math.ceil(xmax), math.ceil(ymax))


def has_fractions(box: tuple[float, float, float, float]) -> bool:
    """Whether a box is not in whole pixels."""
    return any(value != int(value) for value in box)
