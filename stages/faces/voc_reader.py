"""Faces from Pascal VOC XML files: one file a photo, one ``object`` element a face.

The form is that of the PASCAL Visual Object Classes challenge, as labelling tools write it. It counts pixels
from 0 or 1, depending on the tool; boxes are taken as they are.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

from stages.faces.boxes import Box
from stages.faces.face import Face, face_from_texts
from stages.faces.voc_xml import VocError, read_root
from stages.text import visible

# What may stand once alone: in the file, and in each object.
OF_FILE = ("filename", "size", "size/width", "size/height")
OF_OBJECT = ("name", "bndbox", *(f"bndbox/{name}" for name in Box._fields))


def read_voc(path: Path, source: str) -> list[Face]:
    """Read the faces of one photo; ``source`` is the name for messages.

    A file that is no such XML, or that declares entities (which could read other files or fill the memory),
    is one face with a ``problem``; so is an object with an element that stands twice. A photo without objects has no
    faces.
    """
    try:
        root = read_root(path.read_bytes())
    except (VocError, OSError) as error:
        problem = f"bad XML: {visible(str(error), 200)}"
        return [Face("", "", None, source, 0, None, problem=problem)]
    return list(_faces(root, source))


def _faces(root: Element, source: str) -> Iterator[Face]:
    size = {name: text for name in ("width", "height") if (text := root.findtext(f"size/{name}")) is not None}
    photo = root.findtext("filename", "").strip()
    of_file = _repeated(root, OF_FILE)
    for number, element in enumerate(root.iterfind("object"), start=1):
        fields = {"filename": photo, "label": element.findtext("name", ""), **size}
        fields |= {name: element.findtext(f"bndbox/{name}", "") for name in Box._fields}
        face = face_from_texts(fields, source, number, None)
        problem = of_file or _repeated(element, OF_OBJECT)
        yield replace(face, problem=problem) if problem else face


def _repeated(element: Element, paths: tuple[str, ...]) -> str:
    """Say which of the elements ``paths`` stands more than once below ``element``, or return an empty text."""
    return next((f"repeated element: <{p}> stands more than once" for p in paths if len(element.findall(p)) > 1), "")
