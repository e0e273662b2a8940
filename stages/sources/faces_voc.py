"""Annotated faces from Pascal VOC XML files: one file a photo, one ``object`` element a face."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from stages.runtime.errors import InputError, visible
from stages.sources.faces_csv import annotation_of
from stages.sources.photos import PhotoNames
from stages.storage.annotations import BOX, Annotation

MOST_BYTES = 10_000_000  # a photo with a hundred faces takes some 40 kB
# What may stand once alone: in the file, and in each object.
OF_FILE = ("filename", "size", "size/width", "size/height")
OF_OBJECT = ("name", "bndbox", *(f"bndbox/{name}" for name in BOX))


def read_voc(files: dict[str, Path], photos: PhotoNames, from_one: bool) -> list[Annotation]:
    """Read the faces of all files, in the order of their names.

    A file that is no such XML, or that declares entities (which could read other files or fill the memory), is one
    annotation with a ``problem``; so is an object with an element that stands twice.

    Args:
        files: by the name that their owner gave them.
        photos: that there are.
        from_one: whether pixels are counted from 1 and the last is included, as in the PASCAL challenge.

    Raises:
        InputError: a file is about one photo by its own name and about another by its ``filename``, or two files are
            about the same photo.
    """
    faces, about = [], {}
    for source, path in files.items():
        try:
            root = _root(path.read_bytes())
        except (ValueError, OSError) as error:
            faces.append(Annotation("", "", "", None, None, "", source, 0, f"bad XML: {visible(str(error), 200)}"))
            continue
        photo = _photo_of(root, source, path.stem, photos)
        if photo is not None and about.setdefault(photo, source) != source:
            raise InputError(f"{source} and {about[photo]} are both about the photo {photo}; keep one")
        faces += _faces(root, source, photo, path.stem, from_one)
    return faces


def _photo_of(root: Element, source: str, stem: str, photos: PhotoNames) -> str | None:
    """The photo that a file is about: of the file's own name, or else the one that its ``filename`` names."""
    filename = root.findtext("filename", "").strip()
    by_stem, by_name = photos.find_stem(stem), photos.find(filename) if filename else None
    if by_stem and by_name and by_stem != by_name:
        raise InputError(
            f"{source}: is about {by_stem} by its own name and about {by_name} by its <filename>, and both are there; "
            "correct one of the two"
        )
    return by_stem or by_name


def _faces(root: Element, source: str, photo: str | None, stem: str, from_one: bool) -> Iterator[Annotation]:
    size = {name: root.findtext(f"size/{name}", "") for name in ("width", "height")}
    filename = root.findtext("filename", "").strip() or stem
    of_file = _repeated(root, OF_FILE)
    for row, element in enumerate(root.iterfind("object"), start=1):
        fields = {"filename": filename, "label": element.findtext("name", ""), **size}
        fields |= {name: element.findtext(f"bndbox/{name}", "") for name in BOX}
        one = annotation_of(fields, photo, source, row, "", of_file or _repeated(element, OF_OBJECT))
        if from_one and one.box:
            xmin, ymin, xmax, ymax = one.box
            one = replace(one, box=(xmin - 1, ymin - 1, xmax, ymax))
        yield one


def _repeated(element: Element, paths: tuple[str, ...]) -> str:
    """Say which of the elements ``paths`` stands more than once below ``element``, or return an empty text."""
    return next((f"repeated element: <{p}> stands more than once" for p in paths if len(element.findall(p)) > 1), "")


def _root(content: bytes) -> Element:
    """The ``annotation`` element.

    Raises:
        ValueError: the content is no XML, is too large, declares entities, or is about something else.
    """
    if len(content) > MOST_BYTES:
        raise ValueError(f"it has {len(content):,} bytes; the faces of a photo take at most {MOST_BYTES:,}")
    try:
        root = fromstring(content, forbid_dtd=False)
    except ParseError as error:
        raise ValueError(f"not readable as XML: {error}") from None
    except DefusedXmlException:
        raise ValueError("it declares XML entities, which are refused; remove its DOCTYPE") from None
    except LookupError as error:  # an encoding that nobody knows
        raise ValueError(f"cannot be read: {error}") from None
    if root.tag != "annotation":
        raise ValueError(f"its root is <{root.tag}>, not the <annotation> of Pascal VOC")
    return root
