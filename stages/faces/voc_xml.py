"""A Pascal VOC XML file as a tree, read so that it can neither open other files nor fill the memory."""

from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

# A photo with a hundred faces takes some 40 kB.
MOST_BYTES = 10_000_000


class VocError(Exception):
    """The content is no such file; the message says why and leaves its name to the caller."""


def read_root(content: bytes) -> Element:
    """Return the ``annotation`` element.

    A DOCTYPE is passed over, and nothing that it names is fetched.

    Raises:
        VocError: the content is no XML, is too large, declares entities, or is about something else.
    """
    if len(content) > MOST_BYTES:
        raise VocError(f"it has {len(content):,} bytes; the faces of a photo take at most {MOST_BYTES:,}")
    try:
        root = fromstring(content, forbid_dtd=False)
    except ParseError as error:
        raise VocError(f"not readable as XML: {error}") from None
    except DefusedXmlException:
        raise VocError("it declares XML entities, which are refused; remove its DOCTYPE") from None
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise VocError(f"cannot be read: {error}") from None
    if root.tag != "annotation":
        raise VocError(f"its root is <{root.tag}>, not the <annotation> of Pascal VOC")
    return root
