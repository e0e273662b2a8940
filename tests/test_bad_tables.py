"""Bad tables through the doors: what the user gets to read, with ``crop.invalid`` at error and at skip."""

import argparse
import contextlib
import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from ruamel.yaml import YAML

from stages import crop_faces, download
from stages.errors import InputError
from tests.fuzzing import is_one_line
from tests.pipeline import PROJECT
from tests.test_params import base

HEADER = "filename,width,height,label,xmin,ymin,xmax,ymax"
PHOTOS = [f"{letter}.jpg" for letter in "abcdefgh"]
GOOD = "".join(f"{name},60,40,{'xy'[i % 2]},1,2,30,39\n" for i, name in enumerate(PHOTOS))
TABLE = f"{HEADER}\n{GOOD}"


def picture(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    return cv2.imencode(".png", pixels)[1].tobytes()


class Mine:
    """A folder of one's own photos and tables, and the stages that read it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "mine" / "images").mkdir(parents=True)
        for i, name in enumerate(PHOTOS):
            (folder / "mine" / "images" / name).write_bytes(picture(i))

    def run(self, files: dict[str, str | bytes], **crop) -> str:
        """Write the files, gather and crop them; return what was printed, or what was said after ``error:``."""
        content = base()
        content["faces"] |= {"source": "local", "path": "mine"}
        content["crop"] |= crop
        with Path("params.yaml").open("w", encoding="utf-8") as file:
            YAML(typ="safe", pure=True).dump(content, file)
        for name, text in files.items():
            path = self.folder / "mine" / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            download.main(argparse.Namespace(data="faces"))
            crop_faces.main(argparse.Namespace())
        return printed.getvalue()

    def refused(self, files: dict[str, str | bytes], **crop) -> str:
        """What is said where the files are refused: one line, and nothing is written."""
        with pytest.raises(InputError) as caught:
            self.run(files, **crop)
        assert is_one_line(str(caught.value))
        assert not list(Path("data").glob("faces*")), "no crops, whole or half-written"
        return str(caught.value)


@pytest.fixture
def mine(tmp_path, monkeypatch) -> Mine:
    monkeypatch.chdir(tmp_path)
    return Mine(tmp_path)


def row(**changes) -> str:
    cells = dict(zip(HEADER.split(","), ["a.jpg", 60, 40, "x", 1, 2, 30, 39], strict=True)) | changes
    return ",".join(map(str, cells.values())) + "\n"


BAD_ROWS = {
    "fraction": (row(xmax=30.5), "bad number: xmax is 30.5; pixels are whole numbers, so round it"),
    "long-fraction": (row(xmax="0." + "1" * 9999), "bad number: xmax is 0.1111"),
    "nan": (row(ymin="NaN"), "bad number: ymin is 'NaN', not a whole number"),
    "infinity": (row(xmax="inf"), "bad number: xmax is 'inf'"),
    "empty-cell": (row(xmin=""), "bad number: xmin is empty"),
    "exponent": (row(xmax="3e1"), "bad number: xmax is '3e1'"),
    "hexadecimal": (row(xmax="0x1e"), "bad number: xmax is '0x1e'"),
    "underscore": (row(xmax="3_0"), "bad number: xmax is '3_0'"),
    "arabic-digits": (row(xmax="٣٠"), "bad number: xmax is '٣٠'"),
    "true-minus": (row(xmin="−5"), "bad number: xmin is '−5'"),
    "decimal-comma": (row(xmax='"30,0"'), "bad number: xmax is '30,0'"),
    "huge": (row(xmax="1" + "0" * 400), "bad number: xmax is '1000"),
    "swapped": (row(xmin=30, xmax=1), "inverted box: xmin 30 is larger than xmax 1"),
    "no-area": (row(xmax=1), "empty box: xmin and xmax are both 1"),
    "outside": (row(xmin=60, xmax=90), "box outside the photo: (60, 2, 90, 39) in a photo of 60 x 40 pixels"),
    "no-label": (row(label=" "), "no label: the label is empty"),
    "two-lines": (row(label='"x\ny"'), r"bad label: 'x\ny' holds a line end or another control character"),
    "terminal-colours": (row(label="x\x1b[31m"), r"bad label: 'x\x1b[31m' holds a line end"),
    "byte-order-mark": (row(label="x\ufeff"), "bad label: "),
    "long-label": (row(label="x" * 101), "bad label: 'xxxxxxxxxxxxxxxxxxxx' goes on for 101 characters; at most 100"),
    "short-row": ("a.jpg,60\n", "bad row: it has 2 cells where the header has 8"),
    "long-row": (row(ymax="39,1"), "bad row: it has 9 cells where the header has 8"),
    "no-name": (row(filename=" "), "bad file name: the name of the photo is empty"),
    "up": (row(filename="../../x.jpg"), "bad file name: '../../x.jpg' is a path out of the folder"),
    "absolute": (row(filename="/etc/passwd"), "bad file name: '/etc/passwd' is a path out of the folder"),
    "drive": (row(filename="C:\\x.jpg"), "bad file name: 'C:\\\\x.jpg' is a path out of the folder"),
    "backslash": (row(filename="..\\x.jpg"), "bad file name: '..\\\\x.jpg' is a path out of the folder"),
    "endless-name": (row(filename="x" * 5000), "bad file name: it has 5,000 characters; no file has more than 255"),
}


@pytest.mark.parametrize(("added", "problem"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_stops_the_run_with_its_number_or_is_skipped_and_counted(mine, added, problem):
    files = {"annotations.csv": TABLE + added}
    assert mine.refused(files).startswith(f"annotations.csv, row 10: {problem}")
    said = mine.run(files, invalid="skip")
    assert f"skipped, {problem.split(':')[0]}: 1 faces" in said
    counts = json.loads(Path("metrics/faces/counts.json").read_text())
    assert counts["skipped"] == {problem.split(":")[0]: 1}
    assert sum(total["faces"] for total in counts["total"].values()) == 8, "all others are there"
    with Path("data/faces/index.csv").open(encoding="utf-8", newline="") as file:
        skipped = [each for each in csv.DictReader(file, strict=True) if not each["crop"]]
    assert [each["row"] for each in skipped] == ["10"]
    assert skipped[0]["skipped"].startswith(problem)


BAD_TABLES = {
    "empty": ("", "mine/annotations.csv: is empty; it needs a header"),
    "blank": (" \n\r\n", "mine/annotations.csv: is empty; it needs a header"),
    "header-only": (f"{HEADER}\n", "mine/annotations.csv: holds a header but no faces; add one row a face"),
    "no-header": (GOOD, "mine/annotations.csv, row 1: the header lacks filename, label, xmin"),
    "missing-column": (TABLE.replace(",ymax", ",bottom"), "mine/annotations.csv, row 1: the header lacks ymax; it has"),
    "other-case": (
        TABLE.replace("filename", "Filename"),
        "mine/annotations.csv, row 1: the header lacks filename; it has Fi",
    ),
    "repeated-column": (
        TABLE.replace("height", "label"),
        "mine/annotations.csv, row 1: the header names label more than",
    ),
    "repeated-name": (
        TABLE.replace("width", "filename"),
        "mine/annotations.csv, row 1: the header names filename more",
    ),
    "comment": (f"# made by hand\n{TABLE}", "mine/annotations.csv, row 1: the header lacks filename"),
    "excel-sep": (f"sep=;\n{TABLE.replace(',', ';')}", "mine/annotations.csv, row 1: the header lacks filename"),
    "bars": (TABLE.replace(",", "|"), "mine/annotations.csv, row 1: the header lacks filename"),
    "utf-16": (TABLE.encode("utf-16"), "mine/annotations.csv, row 1: holds NUL bytes, so it is no UTF-8 text; save"),
    "latin-1": (
        (TABLE + row(label="é")).encode("latin-1"),
        "mine/annotations.csv, row 10: not UTF-8; save the file as CSV",
    ),
    "latin-1-cr": (
        (TABLE + row(label="é")).replace("\n", "\r").encode("latin-1"),
        "mine/annotations.csv, row 10: not UTF-8",
    ),
    "surrogates": (TABLE.encode() + b"\xed\xa0\x80\n", "mine/annotations.csv, row 10: not UTF-8"),
    "overlong": (TABLE.encode() + b"\xc0\xae\n", "mine/annotations.csv, row 10: not UTF-8"),
    "nul": (TABLE + row(filename="a\0.jpg"), "mine/annotations.csv, row 10: holds NUL bytes"),
    "open-quote": (
        TABLE + '"a.jpg,60',
        "mine/annotations.csv, row 10: not readable as CSV: a quote is opened and never",
    ),
    "quote-amid": (TABLE + '"a"b.jpg,60', "mine/annotations.csv, row 10: not readable as CSV: "),
    "endless-cell": (
        TABLE + row(label="x" * 10**7),
        "mine/annotations.csv, row 10: not readable as CSV: a cell of more than",
    ),
}


@pytest.mark.parametrize(("content", "message"), BAD_TABLES.values(), ids=BAD_TABLES)
@pytest.mark.parametrize("invalid", ["error", "skip"])
def test_a_file_that_is_no_table_stops_the_run_in_one_line(mine, content, message, invalid):
    assert mine.refused({"annotations.csv": content}, invalid=invalid).startswith(message)


FORMS = {
    "byte-order-mark": "\ufeff" + TABLE,
    "crlf": TABLE.replace("\n", "\r\n"),
    "cr": TABLE.replace("\n", "\r"),
    "no-last-line-end": TABLE[:-1],
    "semicolons": TABLE.replace(",", ";"),
    "tabs": TABLE.replace(",", "\t"),
    "all-quoted": "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in TABLE.splitlines()),
    "spaces": TABLE.replace(",", " , "),
    "floats": TABLE.replace(",30,39", ",30.0,39."),
    "plus": TABLE.replace(",30,39", ",+30,+39"),
    "empty-lines": "\n\n" + TABLE.replace("\n", "\n\n,,,,,,,\n"),
    "empty-lines-semicolons": "\n;;\n" + TABLE.replace(",", ";"),
    "order": "\n".join(",".join(line.split(",")[::-1]) for line in TABLE.splitlines()),
    "further-columns": "\n".join(f"{i},{line},note" for i, line in enumerate(TABLE.splitlines())),
    "no-sizes": "\n".join(
        ",".join(c for i, c in enumerate(line.split(",")) if i not in (1, 2)) for line in TABLE.splitlines()
    ),
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_a_table_in_another_form_gives_the_same_crops(mine, content):
    mine.run({"annotations.csv": TABLE})
    before = {path.name: path.read_bytes() for path in Path("data/faces").rglob("*.png")}
    mine.run({"annotations.csv": content})
    assert {path.name: path.read_bytes() for path in Path("data/faces").rglob("*.png")} == before
    assert len(before) == 8


def test_boxes_beyond_the_photo_are_clipped_and_counted(mine):
    said = mine.run({"annotations.csv": TABLE + row(xmin=-5, ymin=-6) + row(xmax=999)})
    assert "2 boxes clipped to their photo" in said


def test_repeated_rows_and_labels_that_look_alike_are_said(mine):
    said = mine.run({"annotations.csv": TABLE + GOOD + row(label="X") + row(label="x ", xmin=3)})
    assert "9 faces have the box of another face of their photo: do rows stand twice?" in said
    assert "labels that look alike: 'X', 'x'; are they one class?" in said
    assert json.loads(Path("metrics/faces/counts.json").read_text())["repeated"] == 9


@pytest.mark.parametrize(
    "label", ["None", "NA", "nan", "..", "a/b", "con", "a.b", "口罩", "=1+1", "x" * 100, "-", "$a$"]
)
def test_any_word_may_be_a_label(mine, label):
    mine.run({"annotations.csv": TABLE.replace(",y,", f",{label},")})
    counts = json.loads(Path("metrics/faces/counts.json").read_text(encoding="utf-8"))
    assert set(counts["faces"]["train"]) == {"x", label}
    assert all(path.resolve().is_relative_to(Path("data/faces").resolve()) for path in Path("data/faces").rglob("*"))


def test_a_photo_on_both_sides_of_the_split_is_said(mine):
    said = mine.run({"train.csv": TABLE, "test.csv": TABLE[: TABLE.index("b.jpg")]})
    assert "1 photos are on both sides of the split: test scores flatter" in said


def voc(body: str, head: str = "", name: str = "a.jpg") -> str:
    return f"{head}<annotation><filename>{name}</filename>{body}</annotation>"


def an_object(label: str = "x", tail: str = "") -> str:
    box = "<xmin>1</xmin><ymin>2</ymin><xmax>30</xmax><ymax>39</ymax>"
    return f"<object><name>{label}</name><bndbox>{box}</bndbox>{tail}</object>"


ENTITIES = "it declares XML entities, which are refused; remove its DOCTYPE"
LAUGHS = "".join(f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 10))
BAD_XML = {
    "file-entity": (voc(an_object("&e;"), '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'), ENTITIES),
    "web-entity": (voc(an_object("&e;"), '<!DOCTYPE a [<!ENTITY e SYSTEM "http://127.0.0.1:9/x">]>'), ENTITIES),
    "parameter-entity": (voc(an_object(), '<!DOCTYPE a [<!ENTITY % e SYSTEM "file:///etc/passwd"> %e;]>'), ENTITIES),
    "billion-laughs": (voc(an_object("&a9;"), f"<!DOCTYPE a [<!ENTITY a0 'ha'>{LAUGHS}]>"), ENTITIES),
    "quadratic": (voc(an_object("&a;" * 9999), f"<!DOCTYPE a [<!ENTITY a '{'x' * 9999}'>]>"), ENTITIES),
    "undeclared-entity": (voc(an_object("&nbsp;")), "not readable as XML: undefined entity"),
    "empty": ("", "not readable as XML: no element found"),
    "cut-off": (voc(an_object())[:-9], "not readable as XML: unclosed token"),
    "a-photo": (picture(0), "not readable as XML: not well-formed"),
    "nul": (b"\0" * 99, "not readable as XML: not well-formed"),
    "deep-and-cut-off": ("<annotation>" + "<a>" * 10**5, "not readable as XML: no element found"),
    "latin-1-undeclared": (voc(an_object("é")).encode("latin-1"), "not readable as XML: not well-formed"),
    "unknown-encoding": (
        voc(an_object(), '<?xml version="1.0" encoding="klingon"?>'),
        "cannot be read: unknown encoding: klingon",
    ),
    "endless-encoding": (
        voc("", f'<?xml version="1.0" encoding="{"x" * 9999}"?>'),
        "cannot be read: unknown encoding: xxx",
    ),
    "no-text-encoding": (
        voc(an_object(), '<?xml version="1.0" encoding="zlib"?>'),
        "cannot be read: 'zlib' is not a text enc",
    ),
    "multi-byte": (voc(an_object(), '<?xml version="1.0" encoding="utf-7"?>'), "cannot be read: multi-byte encodings"),
    "another-root": ("<html></html>", "its root is <html>, not the <annotation> of Pascal VOC"),
    "namespace": (voc("").replace("<annotation>", '<annotation xmlns="x">'), "its root is <{x}annotation>"),
    "huge": (voc(an_object("x" * 10**7)), "it has 10,000,156 bytes; the faces of a photo take at most 10,000,000"),
}


@pytest.fixture
def labels() -> dict[str, str]:
    return {f"labels/{name[0]}.xml": voc(an_object("xy"[i % 2]), name=name) for i, name in enumerate(PHOTOS)}


@pytest.mark.parametrize(("content", "problem"), BAD_XML.values(), ids=BAD_XML)
def test_a_bad_xml_file_is_named_or_skipped_and_counted(mine, labels, content, problem):
    files = labels | {"labels/a.xml": content}
    assert mine.refused(files).startswith(f"labels/a.jpg.xml: bad XML: {problem}")
    assert "skipped, bad XML: 1 faces" in mine.run(files, invalid="skip")


BAD_OBJECTS = {
    "no-box": ("<object><name>x</name></object>", "bad number: xmin is empty"),
    "polygon": ("<object><name>x</name><polygon><x1>1</x1></polygon></object>", "bad number: xmin is empty"),
    "no-name": (an_object(""), "no label: the label is empty"),
    "fraction": (an_object().replace("30", "30.5"), "bad number: xmax is 30.5"),
    "two-lines": (an_object("x\ny"), r"bad label: 'x\ny' holds a line end"),
    "long-label": (an_object("x" * 10**6), "bad label: 'xxxxxxxxxxxxxxxxxxxx' goes on for 1,000,000 characters"),
    "two-names": (an_object(tail="<name>y</name>"), "repeated element: <name> stands more than once"),
    "two-boxes": (an_object(tail="<bndbox/>"), "repeated element: <bndbox> stands more than once"),
    "two-xmin": (an_object().replace("<ymin>", "<xmin>5</xmin><ymin>"), "repeated element: <bndbox/xmin> stands more"),
    "two-files": (an_object() + "<filename>b.jpg</filename>", "repeated element: <filename> stands more than once"),
}


@pytest.mark.parametrize(("body", "problem"), BAD_OBJECTS.values(), ids=BAD_OBJECTS)
def test_a_bad_object_is_named_or_skipped_and_counted(mine, labels, body, problem):
    files = labels | {"labels/a.xml": voc(body)}
    assert mine.refused(files).startswith(f"labels/a.jpg.xml, object 1: {problem}")
    assert f"skipped, {problem.split(':')[0]}: 1 faces" in mine.run(files, invalid="skip")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\a.jpg", "..", "x" * 10**5])
def test_a_path_in_an_xml_file_is_named(mine, labels, name):
    files = labels | {"labels/zz.xml": voc(an_object(), name=name)}
    assert ", object 1: bad file name: " in mine.refused(files)
    assert "skipped, bad file name: 1 faces" in mine.run(files, invalid="skip")


XML_FORMS = {
    "doctype": voc(an_object(), "<!DOCTYPE annotation>"),
    "dtd-of-the-web": voc(an_object(), '<!DOCTYPE annotation SYSTEM "http://127.0.0.1:9/x.dtd">'),
    "utf-16": voc(an_object()).encode("utf-16"),
    "latin-1": voc(an_object(), '<?xml version="1.0" encoding="latin-1"?>').encode("latin-1"),
    "cdata": voc(an_object("<![CDATA[x]]>")),
    "comments": voc(an_object("x<!-- -->") + "<!-- <object> -->"),
    "spaces": voc(an_object("\n  x\n"), name="\n a.jpg "),
    "parts": voc(an_object(tail="<part><name>y</name><bndbox><xmin>9</xmin></bndbox></part>")),
    "other-elements": voc("<folder>../..</folder><path>/etc/passwd</path><segmented>0</segmented>" + an_object()),
    "named-elsewhere": voc(an_object(), name="elsewhere.jpg"),
}


@pytest.mark.parametrize("content", XML_FORMS.values(), ids=XML_FORMS)
def test_an_xml_file_in_another_form_reads_the_same(mine, labels, content):
    mine.run(labels)
    before = {path.name: path.read_bytes() for path in Path("data/faces").rglob("*.png")}
    mine.run(labels | {"labels/a.xml": content})
    assert {path.name: path.read_bytes() for path in Path("data/faces").rglob("*.png")} == before


def test_a_folder_of_xml_files_without_any_face_is_refused(mine):
    files = {f"labels/{name[0]}.xml": voc("", name=name) for name in PHOTOS}
    assert mine.refused(files, invalid="skip").startswith("labels/: the XML files hold no <object>")


def test_a_table_of_which_nothing_can_be_used_is_refused_with_its_first_row(mine):
    content = TABLE.replace(",30,", ",x,")
    said = mine.refused({"annotations.csv": content}, invalid="skip")
    assert said == "data/raw/faces: none of the 8 faces can be used; first: bad number: xmax is 'x', not a whole number"


def test_a_table_that_names_no_photo_is_refused(mine):
    said = mine.refused({"annotations.csv": f"{HEADER}\n{row(filename='../a.jpg')}"}, invalid="skip")
    assert said.endswith("lies directly in mine/images: they name no file")


MILLION = """
import resource, sys
from pathlib import Path
from stages.faces.annotations import read_annotations
from stages.faces.filenames import safe_name
from stages.faces.photos import locate
from stages.faces.split import assign_splits
from stages.sources.named_photos import named_in_csv

names = named_in_csv(Path("annotations.csv").read_bytes(), "annotations.csv")
photos = {safe_name(name): f"{i:064x}" for i, name in enumerate(names)}
faces = assign_splits(locate(read_annotations(Path()), photos, "error"), photos, 0.25, 0)
assert len(faces) == 10**6 and len(names) == 1000 and all(each.usable for each in faces)
print(sum(each.face.split == "test" for each in faces), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="others count memory in other units")
def test_a_million_rows_are_read_matched_and_split_in_little_more_than_a_gigabyte(tmp_path):
    with (tmp_path / "annotations.csv").open("w") as file:
        file.write(f"{HEADER}\n")
        file.writelines(
            f"Photo ({i % 1000}).jpg,640,480,{'xyz'[i % 3]},{i % 97},{i % 89},300,200\n" for i in range(10**6)
        )
    command = [sys.executable, "-c", MILLION]
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    tests, kilobytes = map(int, done.stdout.split())
    assert 240_000 < tests < 260_000
    assert kilobytes < 1_300_000
