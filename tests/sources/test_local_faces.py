"""A person's own photos and boxes: CSV or Pascal VOC, found by what lies in the folder."""

from pathlib import Path

import pytest

from stages.config.data import Faces
from stages.runtime.errors import InputError
from stages.sources.faces import obtain_faces
from stages.sources.local_faces import read_local_faces
from stages.storage.annotations import read_annotations
from stages.storage.tables import read_table

HEADER = "filename,label,xmin,ymin,xmax,ymax\n"
ROW = "a.jpg,good,1,2,11,22\n"


def faces(folder: Path, **changes: object) -> Faces:
    block = {"source": "local", "path": str(folder), "missing": "error", "test_size": 0.25, "seed": 0}
    block |= {"boxes_refer_to": "shown", "voc_from_one": False, "sample": {"photos": 6, "seed": 0}}
    return Faces(**(block | changes))


def fill(folder: Path, **files: str | bytes) -> Path:
    """Write files whose names stand with ``__`` for ``/`` and ``_`` before the last part for the dot."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def voc(filename: str = "a.jpg", objects: str | None = None, head: str = "") -> str:
    if objects is None:
        objects = voc_object()
    return f"{head}<annotation><filename>{filename}</filename>{objects}</annotation>"


def voc_object(label: str = "good", box: tuple = (1, 2, 11, 22)) -> str:
    names = ("xmin", "ymin", "xmax", "ymax")
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in zip(names, box, strict=True))
    return f"<object><name>{label}</name><bndbox>{inner}</bndbox></object>"


def refused(folder: Path, **changes: object) -> str:
    with pytest.raises(InputError) as error:
        read_local_faces(faces(folder, **changes))
    return str(error.value)


def test_two_tables_bring_their_own_split(tmp_path: Path):
    fill(tmp_path, images__a_jpg=b"A", images__b_jpg=b"B", train_csv=HEADER + ROW)
    fill(tmp_path, test_csv=HEADER + ROW.replace("a.jpg", "b.jpg"))
    found = read_local_faces(faces(tmp_path))
    assert [(face.photo, face.split) for face in found.faces] == [("a.jpg", "train"), ("b.jpg", "test")]


def test_voc_files_are_read_and_objects_numbered(tmp_path: Path):
    text = voc(objects=voc_object() + voc_object("bad", (0, 0, 5, 5)))
    fill(tmp_path, images__a_jpg=b"A", annotations__a_xml=text)
    first, second = read_local_faces(faces(tmp_path)).faces
    assert (first.label, first.box, first.row) == ("good", (1.0, 2.0, 11.0, 22.0), 1)
    assert (second.label, second.place) == ("bad", "annotations/a.xml, object 2")


def test_pixels_counted_from_one_are_moved_and_the_last_one_stays_included(tmp_path: Path):
    fill(tmp_path, images__a_jpg=b"A", Annotations__a_xml=voc())
    assert read_local_faces(faces(tmp_path, voc_from_one=True)).faces[0].box == (0.0, 1.0, 11.0, 22.0)


def test_a_damaged_or_dangerous_xml_is_one_face_with_a_problem(tmp_path: Path):
    bomb = voc(head='<!DOCTYPE x [<!ENTITY a "b">]>')
    fill(tmp_path, images__a_jpg=b"A", labels__a_xml=bomb, labels__b_xml="<annotation>", labels__c_xml="<other/>")
    problems = [face.problem for face in read_local_faces(faces(tmp_path)).faces]
    assert "declares XML entities" in problems[0]
    assert "not readable as XML" in problems[1] and "its root is <other>" in problems[2]


def test_an_element_that_stands_twice_makes_a_problem(tmp_path: Path):
    twice = voc_object().replace("</name>", "</name><name>bad</name>")
    fill(tmp_path, images__a_jpg=b"A", labels__a_xml=voc(objects=twice))
    assert read_local_faces(faces(tmp_path)).faces[0].problem == "repeated element: <name> stands more than once"


def test_files_that_disagree_about_their_photo_are_refused(tmp_path: Path):
    fill(tmp_path, images__a_jpg=b"A", images__b_jpg=b"B", labels__a_xml=voc("b.jpg"))
    assert "labels/a.xml: is about a.jpg by its own name and about b.jpg by its <filename>" in refused(tmp_path)
    fill(tmp_path, labels__a_xml=voc("a.jpg"), labels__c_xml=voc("a.jpg"))
    assert "labels/c.xml and labels/a.xml are both about the photo a.jpg" in refused(tmp_path)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "it has none"),
        ({"images__a_jpg": b"A"}, "needs annotations in one form"),
        ({"images__a_jpg": b"A", "train_csv": HEADER + ROW}, "has train.csv alone; add the other"),
        (
            {"images__a_jpg": b"A", "annotations_csv": HEADER + ROW, "labels__a_xml": voc()},
            "it has annotations.csv, Pascal VOC (1 file)",
        ),
        ({"images__a_jpg": b"A", "annotations_csv": HEADER + ROW, "test_csv": HEADER + ROW}, "in one form"),
    ],
)
def test_a_folder_that_is_not_as_needed_is_one_line(tmp_path: Path, files: dict, said: str):
    assert said in refused(fill(tmp_path, **files))


def test_photos_are_stored_byte_for_byte_under_safe_names(tmp_path: Path):
    long = "x" * 200 + " Ä.JPG"
    source = fill(tmp_path / "mine", images__a_jpg=b"A", images__extra_jpg=b"E", annotations_csv=HEADER + ROW)
    (source / "images" / long).write_bytes(b"L")
    (source / "annotations.csv").write_text(HEADER + ROW + ROW.replace("a.jpg", long), encoding="utf-8")
    said = obtain_faces(faces(source), None, tmp_path / "raw")
    assert "CSV: 2 photos, 2 faces, 1 classes, no split" in said
    assert "1 photo named by no annotation and left out: extra.jpg" in said
    table = read_table(tmp_path / "raw/photos.csv", ("file", "original", "sha256"))
    contents = {row.original: (tmp_path / "raw/images" / row.file).read_bytes() for row in table.itertuples()}
    assert contents == {"a.jpg": b"A", long: b"L"}
    assert [face.photo for face in read_annotations(tmp_path / "raw/faces.csv")] == ["a.jpg", long]


def test_missing_photos_are_an_error_or_are_skipped_and_counted(tmp_path: Path):
    text = HEADER + ROW + ROW.replace("a.jpg", "gone.jpg")
    source = fill(tmp_path / "mine", images__a_jpg=b"A", annotations_csv=text)
    with pytest.raises(
        InputError, match=r"1 photo named by the annotations, but missing: gone\.jpg; bring them, or set"
    ):
        obtain_faces(faces(source), None, tmp_path / "raw")
    assert not (tmp_path / "raw").exists()
    assert "1 face of 1 photo missing and skipped: gone.jpg" in obtain_faces(
        faces(source, missing="skip"), None, tmp_path / "raw"
    )


def test_a_folder_within_the_output_is_refused(tmp_path: Path):
    fill(tmp_path / "raw" / "mine", images__a_jpg=b"A", annotations_csv=HEADER + ROW)
    with pytest.raises(InputError, match="lies in the folder that this stage writes"):
        obtain_faces(faces(tmp_path / "raw" / "mine"), None, tmp_path / "raw")
    assert (tmp_path / "raw" / "mine" / "annotations.csv").exists()


def test_a_file_in_another_place_is_told(tmp_path: Path):
    fill(tmp_path, images__a_jpg=b"A", annotations_csv=HEADER + ROW, notes__x_xml="<annotation/>")
    assert read_local_faces(faces(tmp_path)).ignored == ["notes/x.xml"]


def test_files_whose_filename_is_the_same_everywhere_are_about_the_photos_of_their_own_names(tmp_path: Path):
    fill(
        tmp_path, images__a_jpg=b"A", images__b_jpg=b"B", labels__a_xml=voc("image.jpg"), labels__b_xml=voc("image.jpg")
    )
    found = read_local_faces(faces(tmp_path)).faces
    assert [(face.photo, face.file, face.source) for face in found] == [
        ("a.jpg", "a.jpg", "labels/a.xml"),
        ("b.jpg", "b.jpg", "labels/b.xml"),
    ], "so that faces are grouped by their photos"
