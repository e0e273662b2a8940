"""XML files of any content: faces, faces with a problem, or a problem of the file; and no other file is opened."""

import encodings.idna  # of the encodings below the one that loads modules from elsewhere
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stages.faces.boxes import Box
from stages.faces.face import OPTIONAL, REQUIRED
from stages.faces.voc_reader import read_voc
from tests.fuzzing import examples
from tests.nasty import NUMBERS, holds
from tests.watching import watched

CODECS = str(Path(encodings.__file__).parent)

_TEXTS = [
    "a.jpg",
    "good",
    "1",
    "30",
    "2.0",
    "1.5",
    "-3",
    "",
    " ",
    "../x",
    "/etc/passwd",
    "&#10;",
    "&lt;",
    "&amp;",
    "&e;",
]
_TEXTS += ["<![CDATA[x]]>", "<!-- x -->", "<?x?>", "%e;", "&nbsp;", "x" * 300, "\n  12\n", "口罩", "<b>x</b>"]
TEXT = st.sampled_from(_TEXTS)
_TAGS = ["annotation", "object", "bndbox", "size", "name", "filename", "part", "polygon", "v:object", "xi:include"]
TAGS = st.sampled_from([*REQUIRED, *OPTIONAL, *_TAGS])
LAUGHS = "<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 10))
_DTDS = ["", ' SYSTEM "http://127.0.0.1:9/x.dtd"', ' SYSTEM "file:///etc/passwd"', f"[{LAUGHS}<!ENTITY e '&a9;'>]"]
_DTDS += ['[<!ENTITY e SYSTEM "file:///etc/passwd">]', '[<!ENTITY % e SYSTEM "http://127.0.0.1:9/"> %e;]']
_DTDS += [f'[<!ENTITY e "{"x" * 9999}">]', '[<!ATTLIST annotation x CDATA "y">]']
_CODECS = ["utf-8", "latin-1", "utf-7", "zlib", "idna", "undefined", "cp037", "x" * 9999]
HEADS = st.sampled_from(
    ["", '<?xml version="1.0"?>', '<?xml version="1.1"?>']
    + [f'<?xml version="1.0" encoding="{name}"?>' for name in _CODECS]
    + [f"<!DOCTYPE annotation {dtd}>" for dtd in _DTDS]
)
ELEMENTS = st.recursive(
    st.tuples(TAGS, TEXT).map(lambda pair: f"<{pair[0]}>{pair[1]}</{pair[0]}>"),
    lambda inner: st.tuples(TAGS, st.lists(inner, max_size=6)).map(lambda p: f"<{p[0]}>{''.join(p[1])}</{p[0]}>"),
    max_leaves=12,
)
BOXES = st.lists(NUMBERS, min_size=4, max_size=4).map(
    lambda n: "<bndbox>" + "".join(f"<{k}>{v}</{k}>" for k, v in zip(Box._fields, n, strict=True)) + "</bndbox>"
)
OBJECTS = st.tuples(
    TEXT, BOXES, st.sampled_from(["", "<bndbox/>", "<name>x</name>", "<part><name>y</name></part>"])
).map(lambda parts: f"<object><name>{parts[0]}</name>{parts[1]}{parts[2]}</object>")
DOCUMENTS = st.tuples(HEADS, TEXT, st.lists(OBJECTS | ELEMENTS, max_size=4)).map(
    lambda parts: f"{parts[0]}<annotation><filename>{parts[1]}</filename>{''.join(parts[2])}</annotation>".encode()
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder that all examples of a property share."""
    return tmp_path_factory.mktemp("xml")


@examples(200)
@given(DOCUMENTS | ELEMENTS.map(str.encode) | st.binary(max_size=60))
@example(b"<annotation>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</annotation>")
@example(b"<annotation>" + b"<a>" * 50_000)
@example(b"\xff\xfe" + "<annotation/>".encode("utf-16-le"))
@example(b'<?xml version="1.0" encoding="undefined"?><annotation/>')
@example(b"\0" * 50)
@example(b"<annotation><filename>" + b"x" * 100_000 + b"</filename><object/></annotation>")
def test_an_xml_file_of_any_content_is_faces_or_problems_and_opens_nothing(folder, content):
    path = folder / "a.xml"
    path.write_bytes(content)
    with watched() as seen:
        faces = read_voc(path, "labels/a.xml")
    # Python itself loads the module of an encoding that it knows.
    others = {name for _, name in seen if not name.startswith(CODECS)} - {str(path)}
    assert not others, "neither another file nor the network"
    holds(faces)
    assert all(len(face.photo) <= 255 and len(face.label) <= 100 for face in faces)
