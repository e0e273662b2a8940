"""CSV files of any content: a face a row, a face with a problem, or one line that names the file."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stages.errors import InputError
from stages.faces.boxes import Box
from stages.faces.csv_reader import read_csv
from stages.faces.face import OPTIONAL, REQUIRED
from tests.fuzzing import attempt, examples, is_one_line
from tests.nasty import LABELS, NAMES, NUMBERS, holds

COLUMNS = (*REQUIRED, *OPTIONAL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder that all examples of a property share."""
    return tmp_path_factory.mktemp("csv")


@st.composite
def dialects(draw) -> dict:
    return {
        "delimiter": draw(st.sampled_from([",", ";", "\t"])),
        "lineterminator": draw(st.sampled_from(["\n", "\r\n"])),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
    }


@st.composite
def tables(draw, names: st.SearchStrategy, labels: st.SearchStrategy, numbers: st.SearchStrategy):
    """The bytes of a table in one of many forms, and the rows in it by column."""
    extra = draw(st.lists(st.sampled_from(["id", "", "note", "Label"]), max_size=2))
    columns = draw(st.permutations([*draw(st.sampled_from([REQUIRED, COLUMNS])), *extra]))
    cells = {"filename": names, "label": labels} | dict.fromkeys((*Box._fields, *OPTIONAL), numbers)
    row = st.fixed_dictionaries({name: cells.get(name, st.sampled_from(["", "x", '"'])) for name in columns})
    rows = draw(st.lists(row, min_size=1, max_size=6))
    text = io.StringIO()
    # Python quotes a cell with a bare carriage return only where the rows end in one as well.
    dialect = draw(dialects())
    if any("\r" in cell for row in rows for cell in row.values()):
        dialect["quoting"] = csv.QUOTE_ALL
    spaces = draw(st.sampled_from(["", " "]))
    writer = csv.writer(text, **dialect)
    writer.writerow([f"{spaces}{name}{spaces}" for name in columns])
    for each in rows:
        writer.writerow([each[name] for name in columns])
        if draw(st.booleans()):
            text.write(dialect["lineterminator"])
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.getvalue().encode(), rows


@examples(150)
@given(tables(NAMES, LABELS, NUMBERS))
def test_a_table_in_any_form_reads_as_its_rows(folder, table):
    content, rows = table
    rows = [row for row in rows if any(cell.strip() for cell in row.values())]
    (folder / "annotations.csv").write_bytes(content)
    if not rows:
        with pytest.raises(InputError, match="holds a header but no faces"):
            read_csv(folder / "annotations.csv", None)
        return
    faces = read_csv(folder / "annotations.csv", None)
    holds(faces)
    assert [face.photo for face in faces] == [row["filename"][:255] for row in rows]
    assert [face.label for face in faces] == [row["label"].strip()[:100] for row in rows]
    for face, row in zip(faces, rows, strict=True):
        whole = [row[name].strip() for name in Box._fields]
        if face.box:
            assert [float(text) for text in whole] == list(face.box)
        else:
            assert not all(
                text.lstrip("+-").isascii() and text.lstrip("+-").isdigit() and len(text) < 9 for text in whole
            )
    lines = [face.row for face in faces]
    assert lines == sorted(set(lines)) and lines[0] >= 2


MUTATIONS = [b"", b"\0", b'"', b"\r", b"\n", b",", b";", b"\t", b"\xff\xfe", b"\xc3", b"\xef\xbb\xbf", b'""', b"\x1a"]
MUTATIONS += [b"\xed\xa0\x80", b"'", b"\\", b"x" * 200]
ENCODINGS = ["utf-8", "utf-8", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-7"]


@examples(200)
@given(
    table=tables(NAMES, LABELS, NUMBERS),
    cuts=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9), st.sampled_from(MUTATIONS)), max_size=4),
    encoding=st.sampled_from(ENCODINGS),
)
@example(table=(b"filename,label,xmin,ymin,xmax,ymax\na,b,1,2,3\n", []), cuts=[], encoding="utf-8")
@example(table=(b'filename,label,xmin,ymin,xmax,ymax\n"a', []), cuts=[], encoding="utf-8")
@example(
    table=(b"filename,label,xmin,ymin,xmax,ymax\n" + b"a" * 140_000 + b",b,1,2,3,4\n", []), cuts=[], encoding="utf-8"
)
def test_a_damaged_table_is_faces_with_problems_or_one_line(folder, table, cuts, encoding):
    content = table[0]
    for at, length, put in cuts:
        content = content[:at] + put + content[at + length :]
    if encoding != "utf-8":
        content = content.decode("utf-8", "replace").encode(encoding, "replace")
    (folder / "annotations.csv").write_bytes(content)
    faces, said = attempt(lambda: read_csv(folder / "annotations.csv", None))
    if said:
        assert said.startswith("annotations.csv")
    else:
        assert faces
        holds(faces)


@examples(150)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"")
@example(b"\xef\xbb\xbf")
@example(b"\n" * 10)
@example(b"filename,label,xmin,ymin,xmax,ymax")
@example(b"filename;label;xmin;ymin;xmax;ymax\r")
def test_any_bytes_are_no_table_and_one_line(folder, content):
    (folder / "annotations.csv").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_csv(folder / "annotations.csv", None)
    assert is_one_line(str(caught.value)) and str(caught.value).startswith("annotations.csv")
