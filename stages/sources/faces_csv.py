"""Annotated faces from a CSV file: one row a face, columns in any order."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from stages.runtime.errors import InputError, is_visible
from stages.sources.photos import PhotoNames
from stages.storage.annotations import BOX, Annotation
from stages.storage.filenames import safe_name

REQUIRED = ("filename", "label", *BOX)
OPTIONAL = ("width", "height")
BOX_SIDES = ("box width", "box height")
# What other tools call the columns; of several in one header the first counts.
ALIASES = {
    "filename": ("image_id", "image", "image_name", "file_name", "path"),
    "label": ("class_name", "classname", "class", "category", "name"),
    "xmin": ("x_min", "x1", "x"),
    "ymin": ("y_min", "y1", "y"),
    "xmax": ("x_max", "x2"),
    "ymax": ("y_max", "y2"),
}
DELIMITERS = (",", ";", "\t")
LONGEST_LABEL = 100
# Nine digits are far more than any photo has pixels.
_NUMBER = re.compile(r"[+-]?([0-9]{1,9}(\.[0-9]*)?|\.[0-9]+)")


def read_csv(content: bytes, source: str, split: str, photos: PhotoNames) -> list[Annotation]:
    """Read every row; one that cannot be used is an annotation with a ``problem``.

    The content is UTF-8, with or without a byte order mark; any line ends; quoted cells; commas, semicolons or tabs
    between cells. Empty lines and further columns are passed over.

    Args:
        content: of the file.
        source: what its owner calls it.
        split: train, test, or empty.
        photos: that there are.

    Raises:
        InputError: the content as a whole is no such table, or has no row below the header.
    """
    rows = _rows(_text(content, source), source)
    begin, header = next(rows, (1, []))
    columns = _columns(header, f"{source}, row {begin}")
    faces = [_annotation(cells, columns, len(header), source, row, split, photos) for row, cells in rows]
    if not faces:
        raise InputError(f"{source}: holds a header but no faces; add one row a face")
    return faces


def annotation_of(
    fields: dict[str, str], photo: str | None, source: str, row: int, split: str, problem: str = ""
) -> Annotation:
    """Make an annotation of texts, as a table or an XML file has them; what is wrong becomes its ``problem``.

    Args:
        fields: ``filename``, ``label``, the box and, where there are any, ``width`` and ``height``.
        photo: the name of the photo that is meant, or None where it is not there.
        source, row, split: as in :class:`stages.storage.annotations.Annotation`.
        problem: one that is known already.
    """
    label, box, size = fields["label"].strip(), None, None
    named = photo or fields["filename"]
    try:
        box = tuple(number(name, fields[name]) for name in BOX)
    except ValueError as error:
        problem = problem or f"bad number: {error}"
    try:
        size = tuple(int(number(name, fields[name])) for name in OPTIONAL) if "width" in fields else None
    except ValueError:
        size = None
    problem = problem or _label_problem(label)
    if not fields["filename"].strip() and photo is None:
        problem = problem or "bad file name: the name of the photo is empty"
    if photo is None:
        problem = problem or "missing photo: it is not there"
    return Annotation(
        named[:255], safe_name(photo) if photo else "", label[:LONGEST_LABEL], box, size, split, source, row, problem
    )


def number(name: str, text: str) -> float:
    """Read a plain decimal number.

    Raises:
        ValueError: the text is none; the message says which.
    """
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{name} is {text[:40]!r}, not a number" if text else f"{name} is empty")
    return float(text)


def _label_problem(label: str) -> str:
    if not label:
        return "no label: the label is empty"
    if not is_visible(label):
        return f"bad label: {label[:80]!r} holds a line end or another control character"
    if len(label) > LONGEST_LABEL:
        return f"bad label: {label[:20]!r} goes on for {len(label):,} characters; at most {LONGEST_LABEL}"
    return ""


def _annotation(
    cells: list[str], columns: dict[str, int], width: int, source: str, row: int, split: str, photos: PhotoNames
) -> Annotation:
    problem = ""
    if len(cells) != width:
        problem = f"bad row: it has {len(cells)} cells where the header has {width}"
        cells = (cells + [""] * width)[:width]
    fields = {name: cells[at] for name, at in columns.items()}
    for end, start, side in zip(("xmax", "ymax"), ("xmin", "ymin"), BOX_SIDES, strict=True):
        if side in fields:
            try:
                fields[end] = f"{number(start, fields[start]) + number(side, fields[side]):.4f}"
            except ValueError as error:
                fields[end], problem = "", problem or f"bad number: {error}"
    return annotation_of(fields, photos.find(fields["filename"]), source, row, split, problem)


def _text(content: bytes, source: str) -> str:
    try:
        text = content.decode("utf-8-sig")
        if "\0" in text:
            raise UnicodeDecodeError("utf-8", content, content.index(b"\0"), 0, "")
    except UnicodeDecodeError as error:
        row = len(re.findall(rb"\r\n|\r|\n", content[: error.start])) + 1
        raise InputError(f"{source}, row {row}: not UTF-8; save the file as CSV in UTF-8") from None
    if not text.strip():
        raise InputError(f"{source}: is empty; it needs a header ({','.join(REQUIRED)}) and one row a face")
    return text


def _rows(text: str, source: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, each with the number of the line on which it begins."""
    # The header decides: of the three, the delimiter that it holds most often.
    header = re.match(r"[^\r\n]*", text.lstrip(" \r\n,;\t"))[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=header.count), strict=True)
    begin = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as error:
        hint = "a quote is opened and never closed" if "unexpected end" in str(error) else str(error)
        raise InputError(f"{source}, row {begin}: not readable as CSV: {hint}") from None


def _columns(header: list[str], place: str) -> dict[str, int]:
    """Where the known columns stand."""
    names = [name.strip() for name in header]
    corner = {"x", "y"} <= set(names)
    for known, others in ALIASES.items():
        if known not in names and (other := next((one for one in others if one in names), None)):
            names[names.index(other)] = known
    if "filename" not in names and names.count("name") == 1:  # the label has another column
        names[names.index("name")] = "filename"
    # Beside xmin and ymin, width and height are the photo's.
    pairs = (("w", "h"), OPTIONAL) if corner else (("w", "h"),)
    required, sides = REQUIRED, next((pair for pair in pairs if set(pair) <= set(names)), ())
    if sides and {"xmin", "ymin"} <= set(names) and not {"xmax", "ymax"} & set(names):
        for side, known in zip(sides, BOX_SIDES, strict=True):  # a corner and the box's own sides
            names[names.index(side)] = known
        required = (*REQUIRED[:4], *BOX_SIDES)
    if missing := [name for name in required if name not in names]:
        raise InputError(f"{place}: the header lacks {', '.join(missing)}; it has {', '.join(names)[:200]}")
    if repeated := [name for name in required + OPTIONAL if names.count(name) > 1]:
        raise InputError(f"{place}: the header names {', '.join(repeated)} more than once; keep one")
    known = required + (OPTIONAL if set(OPTIONAL) <= set(names) else ())
    return {name: names.index(name) for name in known}


def read_csv_file(path: Path, source: str, split: str, photos: PhotoNames) -> list[Annotation]:
    """Read a file; see :func:`read_csv`."""
    try:
        return read_csv(path.read_bytes(), source, split, photos)
    except OSError as error:
        raise InputError(f"{source}: cannot be read: {error.strerror}") from None
