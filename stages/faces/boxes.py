"""Boxes around faces: what makes one usable, clipping to the photo, turning with the photo.

Coordinates are in pixels from the upper left corner; a box covers columns ``xmin <= x < xmax`` and rows
``ymin <= y < ymax``, so ``photo[ymin:ymax, xmin:xmax]`` is the face.
"""

from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle in whole pixels; any values, also unusable ones as an annotation may hold them."""

    xmin: int
    ymin: int
    xmax: int
    ymax: int

    def problem(self) -> str:
        """Say why no face can be cut out with this box, or return an empty text."""
        for low, high in (("xmin", "xmax"), ("ymin", "ymax")):
            first, last = getattr(self, low), getattr(self, high)
            if first == last:
                return f"empty box: {low} and {high} are both {first}"
            if first > last:
                return f"inverted box: {low} {first} is larger than {high} {last}"
        return ""

    def clipped(self, width: int, height: int) -> "Box":
        """The part of the box within a photo of this size; it has no pixels where the box lies outside."""
        part = Box(max(self.xmin, 0), max(self.ymin, 0), min(self.xmax, width), min(self.ymax, height))
        return self if part == self else part  # not twice in memory

    def turned(self, orientation: int, width: int, height: int) -> "Box":
        """The same face once the photo is turned as its EXIF orientation says.

        ``width`` and ``height`` are those of the stored photo, before turning. Orientations 5 to 8 swap the
        sides: 5 mirrors along the main diagonal, 6 turns clockwise, 7 mirrors along the other diagonal, 8
        turns anticlockwise (EXIF 2.3, tag 274). Others leave the box alone.
        """
        xmin, ymin, xmax, ymax = self
        if orientation == 5:
            return Box(ymin, xmin, ymax, xmax)
        if orientation == 6:
            return Box(height - ymax, xmin, height - ymin, xmax)
        if orientation == 7:
            return Box(height - ymax, width - xmax, height - ymin, width - xmin)
        if orientation == 8:
            return Box(ymin, width - xmax, ymax, width - xmin)
        return self
