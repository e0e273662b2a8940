"""One annotated face, made from the texts of a CSV row or an XML element."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from stages.faces.boxes import Box
from stages.text import is_visible

REQUIRED = ("filename", "label", *Box._fields)
OPTIONAL = ("width", "height")

# Nine digits are far more than any photo has pixels, and keep Python from converting numbers of any length.
_WHOLE = re.compile(r"([+-]?[0-9]{1,9})(\.0*)?")
_FRACTION = re.compile(r"[+-]?[0-9]*\.[0-9]+")
_DRIVE = re.compile(r"[A-Za-z]:")
# No file system takes a longer name; and a label is a word or a few, of which pictures and tables have to show many.
LONGEST_NAME, LONGEST_LABEL = 255, 100


@dataclass(frozen=True, slots=True)
class Face:
    """One face as annotated.

    ``box`` is as read, in pixels (None where it could not be read). ``source`` is the annotation file,
    relative to the folder of raw data; ``row`` the line in a CSV, or the number of the object in an XML file,
    from 1 (0: the XML file as a whole). ``split`` is train, test, or None where the data come without one.
    ``size`` is the width and height that the annotation gives for the photo (0, 0 where they are unreadable,
    None where it gives none). ``problem`` is ``kind: detail`` where the face cannot be used, else empty.
    """

    photo: str
    label: str
    box: Box | None
    source: str
    row: int
    split: str | None
    size: tuple[int, int] | None = None
    problem: str = ""

    @property
    def place(self) -> str:
        """Where the face is annotated, for messages."""
        if self.row == 0:
            return self.source
        return f"{self.source}, {'object' if self.source.endswith('.xml') else 'row'} {self.row}"


def face_from_texts(fields: Mapping[str, str], source: str, row: int, split: str | None) -> Face:
    """Read the texts of ``REQUIRED`` and, where present, ``OPTIONAL`` fields; what is wrong becomes ``problem``."""
    photo, label = fields["filename"], sys.intern(fields["label"].strip())  # one text in memory for all of a class
    problem = name_problem(photo) or label_problem(label)
    box = None
    try:
        box = Box(*(whole_number(name, fields[name]) for name in Box._fields))
        problem = problem or box.problem()
    except ValueError as error:
        problem = problem or f"bad number: {error}"
    return Face(photo[:LONGEST_NAME], label[:LONGEST_LABEL], box, source, row, split, _size(fields), problem)


def whole_number(name: str, text: str) -> int:
    """Read a whole number; ``12.0`` counts as one.

    Raises:
        ValueError: the text is a fraction, NaN, empty or no number; the message says which and what to do.
    """
    text = text.strip()
    if match := _WHOLE.fullmatch(text):
        return int(match[1])
    if _FRACTION.fullmatch(text):
        raise ValueError(f"{name} is {text[:40]}; pixels are whole numbers, so round it")
    raise ValueError(f"{name} is {text[:40]!r}, not a whole number" if text else f"{name} is empty")


def name_problem(name: str) -> str:
    """Say why a photo's name is refused, or return an empty text.

    Photos are only ever opened under safe names, so a path in a name could do no harm; but it never names a
    photo of the data set, and saying so beats reporting a missing photo.
    """
    if not name.strip():
        return "bad file name: the name of the photo is empty"
    if len(name) > LONGEST_NAME:
        return f"bad file name: it has {len(name):,} characters; no file has more than {LONGEST_NAME}"
    if "\\" in name or name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"):
        return f"bad file name: {name[:80]!r} is a path out of the folder; give the name within images/ alone"
    return ""


def label_problem(label: str) -> str:
    """Say why a label is refused, or return an empty text."""
    if not label:
        return "no label: the label is empty"
    if not is_visible(label):
        return f"bad label: {label[:80]!r} holds a line end or another control character"
    if len(label) > LONGEST_LABEL:
        return f"bad label: {label[:20]!r} goes on for {len(label):,} characters; at most {LONGEST_LABEL}"
    return ""


def _size(fields: Mapping[str, str]) -> tuple[int, int] | None:
    if not all(name in fields for name in OPTIONAL):
        return None
    try:
        width, height = (whole_number(name, fields[name]) for name in OPTIONAL)
    except ValueError:
        return 0, 0
    return width, height
