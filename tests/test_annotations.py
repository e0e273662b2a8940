"""Reading annotations: CSV in every form that spreadsheets and scripts write it, Pascal VOC, and what is wrong."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.errors import InputError
from stages.faces.annotations import Face, read_annotations
from stages.faces.boxes import Box
from stages.faces.face import face_from_texts
from stages.faces.problems import check_problems

HEADER = "filename,width,height,label,xmin,ymin,xmax,ymax"
ROW = "a.jpg,100,80,good,1,2,30,40"
REAL = Path(__file__).parents[2] / "shared" / "data" / "medical_masks"


def read(folder: Path, content: str | bytes, known: set[str] | None = None) -> list[Face]:
    data = content if isinstance(content, bytes) else content.encode()
    (folder / "annotations.csv").write_bytes(data)
    return read_annotations(folder, known)


def only_problem(folder: Path, row: str, header: str = HEADER) -> str:
    (face,) = read(folder, f"{header}\n{row}\n")
    return face.problem


def test_a_row_becomes_a_face(tmp_path):
    assert read(tmp_path, f"{HEADER}\n{ROW}\n") == [
        Face("a.jpg", "good", Box(1, 2, 30, 40), "annotations.csv", 2, None, (100, 80), "")
    ]


@pytest.mark.parametrize(
    "content",
    [
        f"\ufeff{HEADER}\n{ROW}\n",
        f"{HEADER}\r\n{ROW}\r\n",
        f"{HEADER}\r{ROW}\r",
        f"{HEADER}\n{ROW}",
        f"{HEADER}\n{ROW}\n\n,,,,,,,\n",
        f"{HEADER}\n{ROW}\n".replace(",", ";"),
        f"{HEADER}\n{ROW}\n".replace(",", "\t"),
        '"filename","width","height","label","xmin","ymin","xmax","ymax"\n"a.jpg","100","80","good",1,2,30,40\n',
        " filename , width,height , label , xmin,ymin ,xmax, ymax\na.jpg, 100 ,80, good , 1 , 2,30.0,40.\n",
        "ymax,ymin,xmax,xmin,label,extra,height,width,filename\n40,2,30,1,good,?,80,100,a.jpg\n",
    ],
    ids=["bom", "crlf", "cr", "no-last-newline", "empty-rows", "semicolons", "tabs", "quotes", "spaces", "any-order"],
)
def test_every_usual_form_of_csv_reads_the_same(tmp_path, content):
    assert read(tmp_path, content) == [
        Face("a.jpg", "good", Box(1, 2, 30, 40), "annotations.csv", 2, None, (100, 80), "")
    ]


def test_names_with_delimiters_quotes_and_line_ends(tmp_path):
    names = ["a,b;c.jpg", 'say "cheese".jpg', "two\nlines.jpg", "Überraschung 口罩.jpg", "-x.jpg"]
    text = io.StringIO()
    csv.writer(text).writerows([HEADER.split(","), *([name, 9, 9, "good", 0, 0, 5, 5] for name in names)])
    faces = read(tmp_path, text.getvalue())
    assert [face.photo for face in faces] == names
    assert [face.row for face in faces] == [2, 3, 4, 6, 7], "a row is named by the line on which it begins"
    assert not any(face.problem for face in faces)


@pytest.mark.parametrize("label", ["None", "NA", "nan", "null", "N/A", "1", "mit Maske, rot"])
def test_labels_stay_text(tmp_path, label):
    (face,) = read(tmp_path, f'{HEADER}\na.jpg,9,9,"{label}",0,0,5,5\n')
    assert (face.label, face.problem) == (label, "")


def test_width_and_height_are_optional(tmp_path):
    (face,) = read(tmp_path, "filename,label,xmin,ymin,xmax,ymax\na.jpg,good,1,2,30,40\n")
    assert (face.size, face.problem) == (None, "")


def test_unreadable_width_and_height_do_no_harm(tmp_path):
    (face,) = read(tmp_path, f"{HEADER}\na.jpg,?,,good,1,2,30,40\n")
    assert (face.size, face.problem) == ((0, 0), "")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "annotations.csv: is empty"),
        (b" \r\n\n", "annotations.csv: is empty"),
        (HEADER, "no faces"),
        ("filename,label,xmin,ymin,xmax\na.jpg,good,1,2,3\n", "row 1: the header lacks ymax"),
        (ROW, "row 1: the header lacks filename"),
        (f"{HEADER},xmin\n{ROW},1\n", "row 1: the header names xmin more than once"),
        (f"{HEADER}\n{ROW}\n".encode() + b"\xfc.jpg,9,9,good,0,0,5,5\n", "row 3: not UTF-8"),
        (f"{HEADER}\n{ROW}\n".encode("utf-16"), "NUL bytes"),
        (f'{HEADER}\n{ROW}\n"a.jpg,100,80,good,1,2,30,40\n', "row 3: not readable as CSV"),
        (f'{HEADER}\n"a"b.jpg,100,80,good,1,2,30,40\n', "row 2: not readable as CSV"),
    ],
)
def test_a_file_that_is_no_table_of_faces_is_refused(tmp_path, content, message):
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path, content)
    assert "annotations.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("a.jpg,9,9,good,abc,2,30,40", "bad number: xmin is 'abc', not a whole number"),
        ("a.jpg,9,9,good,1,,30,40", "bad number: ymin is empty"),
        ("a.jpg,9,9,good,1,2,NaN,40", "bad number: xmax is 'NaN'"),
        ("a.jpg,9,9,good,1,2,inf,40", "bad number: xmax is 'inf'"),
        ("a.jpg,9,9,good,1,2,30,12.5", "bad number: ymax is 12.5; pixels are whole numbers, so round it"),
        ("a.jpg,9,9,good,1,2,30,1e9", "bad number: ymax is '1e9'"),
        ("a.jpg,9,9,good,1,2,30,\u0664\u0665", "bad number: ymax"),
        (f"a.jpg,9,9,good,1,2,30,{'9' * 5000}", "bad number: ymax is '999"),
        ("a.jpg,9,9,good,30,2,30,40", "empty box: xmin and xmax are both 30"),
        ("a.jpg,9,9,good,1,41,30,40", "inverted box: ymin 41 is larger than ymax 40"),
        ("a.jpg,9,9, ,1,2,30,40", "no label"),
        (" ,9,9,good,1,2,30,40", "bad file name: the name of the photo is empty"),
        ("../x.jpg,9,9,good,1,2,30,40", "bad file name: '../x.jpg' is a path out of the folder"),
        ("a/../../x.jpg,9,9,good,1,2,30,40", "bad file name"),
        ("/etc/x.jpg,9,9,good,1,2,30,40", "bad file name"),
        ("C:x.jpg,9,9,good,1,2,30,40", "bad file name"),
        ("a\\x.jpg,9,9,good,1,2,30,40", "bad file name"),
        ("a.jpg,9,9,good,1,2,30", "bad row: it has 7 cells where the header has 8"),
        ("a.jpg,9,9,good,1,2,30,40,50", "bad row: it has 9 cells where the header has 8"),
    ],
)
def test_a_bad_row_says_what_is_wrong(tmp_path, row, problem):
    assert only_problem(tmp_path, row).startswith(problem)


@given(st.lists(st.text(max_size=12), min_size=6, max_size=6))
def test_any_texts_become_a_face_or_a_problem(texts):
    names = ("filename", "label", *Box._fields)
    face = face_from_texts(dict(zip(names, texts, strict=True)), "x.csv", 2, None)
    assert face.problem or (face.box.xmin < face.box.xmax and face.box.ymin < face.box.ymax and face.label)


@given(st.lists(st.integers(-(10**8), 10**8), min_size=4, max_size=4), st.sampled_from(["", ".", ".0", ".000"]))
def test_whole_numbers_are_read_exactly(numbers, tail):
    fields = {"filename": "a.jpg", "label": "good"}
    fields |= {name: f"{number}{tail}" for name, number in zip(Box._fields, numbers, strict=True)}
    assert face_from_texts(fields, "x.csv", 2, None).box == tuple(numbers)


def test_an_unknown_label_is_a_problem_where_the_labels_are_known(tmp_path):
    content = f"{HEADER}\n{ROW}\n{ROW.replace('good', 'Good')}\n"
    problems = [face.problem for face in read(tmp_path, content, {"bad", "good", "none"})]
    assert problems == ["", "unknown label: 'Good' is none of bad, good, none"]
    assert [face.problem for face in read(tmp_path, content)] == ["", ""]


def test_bad_rows_are_an_error_that_names_the_first_and_counts_or_are_skipped(tmp_path):
    faces = read(tmp_path, f"{HEADER}\n{ROW}\na.jpg,9,9,good,x,2,30,40\nb.jpg,9,9,good,5,2,5,40\n")
    expected = r"annotations.csv, row 3: bad number: xmin is 'x'.*photo 'a.jpg'.*and 1 more.*crop.invalid: skip"
    with pytest.raises(InputError, match=expected):
        check_problems(faces, "error")
    check_problems(faces, "skip")


def test_train_and_test_keep_their_split(tmp_path):
    (tmp_path / "train.csv").write_text(f"{HEADER}\n{ROW}\n")
    (tmp_path / "test.csv").write_text(f"{HEADER}\n{ROW.replace('a.jpg', 'b.jpg')}\n")
    assert [(face.photo, face.split, face.source) for face in read_annotations(tmp_path)] == [
        ("a.jpg", "train", "train.csv"),
        ("b.jpg", "test", "test.csv"),
    ]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "found none"),
        (["train.csv"], "train.csv alone"),
        (["train.csv", "test.csv", "annotations.csv"], "just one of the three; found train.csv, test.csv, anno"),
        (["annotations.csv", "labels/a.xml"], "found annotations.csv, labels/"),
    ],
)
def test_there_must_be_one_form_of_annotations(tmp_path, names, message):
    (tmp_path / "labels").mkdir()
    for name in names:
        (tmp_path / name).write_text(f"{HEADER}\n{ROW}\n")
    with pytest.raises(InputError, match=message):
        read_annotations(tmp_path)


def voc(body: str, head: str = "") -> str:
    return f"{head}<annotation><filename>a.jpg</filename>{body}</annotation>"


OBJECT = (
    "<object><name>good</name><pose>x</pose>"
    "<bndbox><xmin>1</xmin><ymin>2.0</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object>"
)


def read_xml(folder: Path, **files: str) -> list[Face]:
    (folder / "labels").mkdir()
    for name, content in files.items():
        (folder / "labels" / f"{name}.xml").write_text(content, encoding="utf-8")
    return read_annotations(folder)


def test_pascal_voc(tmp_path):
    size = "<size><width>100</width><height>80</height><depth>3</depth></size>"
    bad = OBJECT.replace("<xmax>30</xmax>", "")
    faces = read_xml(tmp_path, b=voc(OBJECT), a=voc(size + OBJECT + bad), none=voc(""))
    assert faces == [
        Face("a.jpg", "good", Box(1, 2, 30, 40), "labels/a.xml", 1, None, (100, 80)),
        Face("a.jpg", "good", None, "labels/a.xml", 2, None, (100, 80), "bad number: xmax is empty"),
        Face("a.jpg", "good", Box(1, 2, 30, 40), "labels/b.xml", 1, None, None),
    ]
    with pytest.raises(InputError, match=r"labels/a.xml, object 2: bad number"):
        check_problems(faces, "error")


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (voc(OBJECT.replace("good", "&b;"), LAUGHS), "it declares XML entities, which are refused"),
        (voc(OBJECT.replace("good", "&a;"), OUTSIDE), "it declares XML entities, which are refused"),
        (voc(OBJECT)[:-9], "not readable as XML"),
        ("", "not readable as XML"),
        ("<html></html>", "its root is <html>"),
        (voc(OBJECT, '<?xml version="1.0" encoding="klingon"?>'), "bad XML"),
    ],
)
def test_unusable_xml_is_named(tmp_path, content, problem):
    (face,) = read_xml(tmp_path, a=content)
    assert face.problem.startswith("bad XML: ") and problem in face.problem
    with pytest.raises(InputError, match=r"^labels/a.xml: bad XML"):
        check_problems([face], "error")


def test_xml_without_any_object_is_refused(tmp_path):
    with pytest.raises(InputError, match="no <object>"):
        read_xml(tmp_path, a=voc(""))


@pytest.mark.skipif(not REAL.exists(), reason="the real photos lie beside the project only where it is developed")
def test_the_real_annotations_read_without_a_problem():
    faces = read_annotations(REAL, {"bad", "none", "good"})
    assert len(faces) == 3528 + 394
    assert not any(face.problem for face in faces)
    assert sum(face.size == (0, 0) for face in faces) == 3
