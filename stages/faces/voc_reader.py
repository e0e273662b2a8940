"""Faces from Pascal VOC XML files: one file a photo, one ``object`` element a face.

The form is that of the PASCAL Visual Object Classes challenge, as labelling tools write it. It counts pixels
from 0 or 1, depending on the tool; boxes are taken as they are.
"""

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from stages.faces.boxes import Box
from stages.faces.face import Face, face_from_texts


def read_voc(path: Path, source: str) -> list[Face]:
    """Read the faces of one photo; ``source`` is the name for messages.

    A file that is no such XML, or that declares entities (which could read other files or fill the memory),
    is one face with a ``problem``. A photo without objects has no faces.
    """
    try:
        root = fromstring(path.read_bytes(), forbid_dtd=False)
    except ParseError as error:
        return [_unusable(source, f"not readable as XML: {error}")]
    except DefusedXmlException:
        return [_unusable(source, "it declares XML entities, which are refused; remove its DOCTYPE")]
    except (OSError, LookupError, ValueError) as error:  # unreadable, or an encoding that nobody knows
        return [_unusable(source, f"cannot be read: {' '.join(str(error).split())}")]
    if root.tag != "annotation":
        return [_unusable(source, f"its root is <{root.tag}>, not the <annotation> of Pascal VOC")]
    return list(_faces(root, source))


def _unusable(source: str, reason: str) -> Face:
    return Face("", "", None, source, 0, None, problem=f"bad XML: {reason}")


def _faces(root: Element, source: str) -> Iterator[Face]:
    size = {name: text for name in ("width", "height") if (text := root.findtext(f"size/{name}")) is not None}
    photo = root.findtext("filename", "").strip()
    for number, element in enumerate(root.iterfind("object"), start=1):
        fields = {"filename": photo, "label": element.findtext("name", ""), **size}
        fields |= {name: element.findtext(f"bndbox/{name}", "") for name in Box._fields}
        yield face_from_texts(fields, source, number, None)
