"""Tables of faces: what is read, and what is said about rows that cannot be used."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.runtime.errors import InputError
from stages.sources.faces_csv import read_csv
from stages.sources.photos import PhotoNames
from stages.storage.annotations import Annotation

HEADER = "filename,width,height,label,xmin,ymin,xmax,ymax"
PHOTOS = PhotoNames(["a.jpg", "b c.jpg", "é.jpg"])


def read(text: str | bytes, photos: PhotoNames = PHOTOS) -> list[Annotation]:
    return read_csv(text.encode() if isinstance(text, str) else text, "faces.csv", "train", photos)


def row(filename: str = "a.jpg", label: str = "good", box: str = "1,2,11,22", size: str = "100,200") -> str:
    return f"{HEADER}\n{filename},{size},{label},{box}\n"


def test_a_row_becomes_an_annotation():
    (face,) = read(row())
    assert face == Annotation("a.jpg", "a.jpg", "good", (1.0, 2.0, 11.0, 22.0), (100, 200), "train", "faces.csv", 2)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiters_line_ends_and_byte_order_mark(delimiter: str, end: str, mark: str):
    text = mark + (row() + "\n\n" + row().split("\n")[1] + "\n").replace(",", delimiter).replace("\n", end)
    first, second = read(text)
    assert first.box == second.box == (1.0, 2.0, 11.0, 22.0)
    assert (first.row, second.row) == (2, 5), "the line on which the row begins"


def test_columns_may_come_in_any_order_with_others_between_and_without_sizes():
    (face,) = read("ymax,note,label,xmax,ymin,xmin,filename\n22,x,good,11,2,1,a.jpg\n")
    assert face.box == (1.0, 2.0, 11.0, 22.0) and face.size is None and not face.problem


def test_fractions_of_pixels_are_kept():
    assert read(row(box="1.5,.5,11.,+22"))[0].box == (1.5, 0.5, 11.0, 22.0)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (row(box=",2,11,22"), "bad number: xmin is empty"),
        (row(box="1e3,2,11,22"), "bad number: xmin is '1e3', not a number"),
        (row(box="nan,2,11,22"), "bad number: xmin is 'nan', not a number"),
        (row(box="0x1,2,11,22"), "bad number: xmin is '0x1'"),
        (row(box="1234567890,2,3,4"), "bad number: xmin is '1234567890'"),
        (row(box="1,2,11"), "bad row: it has 7 cells where the header has 8"),
        (row(box="1,2,11,22,33"), "bad row: it has 9 cells where the header has 8"),
        (row(label=""), "no label: the label is empty"),
        (row(label='"a\nb"'), "bad label: 'a\\nb' holds a line end"),
        (row(label="x" * 101), "bad label: 'xxxxxxxxxxxxxxxxxxxx' goes on for 101 characters"),
        (row(filename="z.jpg"), "missing photo: it is not there"),
        (row(filename=""), "bad file name: the name of the photo is empty"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(text: str, problem: str):
    (face,) = read(text)
    assert face.problem.startswith(problem) and face.place == "faces.csv, row 2"


def test_a_size_that_is_no_number_is_left_out_and_the_face_stays():
    (face,) = read(row(size="?,?"))
    assert face.size is None and not face.problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "faces.csv: is empty; it needs a header"),
        (HEADER, "faces.csv: holds a header but no faces"),
        ("filename,label\na.jpg,x\n", "faces.csv, row 1: the header lacks xmin, ymin, xmax, ymax; it has filename"),
        (HEADER + ",label\n", "faces.csv, row 1: the header names label more than once"),
        (row().encode("utf-16"), "faces.csv, row 1: not UTF-8"),
        (row(label="Zürich").encode("latin-1"), "faces.csv, row 2: not UTF-8; save the file as CSV in UTF-8"),
        (row() + 'b,"c', "faces.csv, row 3: not readable as CSV: a quote is opened and never closed"),
        (row() + "\0", "faces.csv, row 3: not UTF-8"),
    ],
)
def test_a_file_that_is_no_such_table_is_one_line(text: str | bytes, said: str):
    with pytest.raises(InputError) as error:
        read(text)
    assert str(error.value).startswith(said)


@pytest.mark.parametrize(
    ("annotated", "photo"),
    [
        ("a.jpg", "a.jpg"),
        (" a.jpg ", "a.jpg"),
        ("images/a.jpg", "a.jpg"),
        ("C:\\photos\\a.jpg", "a.jpg"),
        ("b c.jpg", "b c.jpg"),
        ("e\u0301.jpg", "é.jpg"),
        ("A.jpg", None),
        ("b.jpg", None),
        ("a", "a.jpg"),
    ],
)
def test_the_photo_that_is_meant(annotated: str, photo: str | None):
    assert PHOTOS.find(annotated) == photo


def test_two_names_that_compose_to_the_same_stay_apart():
    names = PhotoNames(["é.jpg", "e\u0301.jpg", "x.png", "x.jpg"])
    assert names.find("é.jpg") == "é.jpg" and names.find("e\u0301.jpg") == "e\u0301.jpg"
    assert names.find_stem("x") is None and names.find("x") is None


@given(
    label=st.text(min_size=1, max_size=30).filter(lambda text: text.strip() == text and text.isprintable()),
    box=st.lists(st.integers(0, 10**6), min_size=4, max_size=4),
)
def test_any_label_and_box_written_by_a_csv_writer_is_read_as_it_was(label: str, box: list[int]):
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["filename", "label", "xmin", "ymin", "xmax", "ymax"])
    writer.writerow(["a.jpg", label, *box])
    (face,) = read(file.getvalue())
    assert (face.label, face.box, face.problem) == (label, tuple(map(float, box)), "")


@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_content_is_read_or_refused_in_one_line(content: bytes):
    for text in (content, HEADER.encode() + b"\n" + content):
        try:
            faces = read(text)
        except InputError as error:
            assert len(str(error).splitlines()) == 1
        else:
            assert faces
