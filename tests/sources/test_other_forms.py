"""COCO, YOLO, folders by class and other headers give the faces that CSV and Pascal VOC give, and the same crops."""

import json
from pathlib import Path

import pytest

from stages.config.params import check_params, read_mapping
from stages.masks.prepare import prepare_faces
from stages.runtime.errors import InputError
from stages.sources.faces import obtain_faces
from stages.sources.local_faces import read_local_faces
from tests.helpers import PROJECT
from tests.masks.conftest import encoded, picture

LABELS = ("bare", "scarf")
BOXES = [(4, 6, 30, 36), (20, 2, 55, 38)]
COUNT = 12
NAMES = {"voc": "Pascal VOC", "coco": "COCO", "yolo": "YOLO"}
FORMS = ("csv", "corner", "voc", "coco", "yolo")


def settings(folder: Path, **changes: object):
    content = read_mapping(PROJECT / "params.yaml")
    content["faces"] |= {"source": "local", "path": str(folder), "test_size": 0.4} | changes
    content["crop"] |= {"side": 12, "large_side": 16}
    content["validation"]["share"] = 0.3
    return check_params(content, "params.yaml")


def rows() -> list[tuple[str, str, tuple]]:
    """Photo, label and box of every face."""
    return [(f"p{i:02d}.png", LABELS[(i + j) % 2], box) for i in range(COUNT) for j, box in enumerate(BOXES)]


def fill(folder: Path, form: str) -> Path:
    """The same photos and faces in one of the forms."""
    images = folder / "images"
    images.mkdir(parents=True)
    for i in range(COUNT):
        (images / f"p{i:02d}.png").write_bytes(encoded(picture(seed=i)))
    if form == "csv":
        lines = [",".join(map(str, (name, label, *box))) for name, label, box in rows()]
        write(folder / "annotations.csv", "\n".join(["filename,label,xmin,ymin,xmax,ymax", *lines]))
    elif form == "corner":
        lines = [f"{Path(name).stem},{a},{b},{c - a},{d - b},{label}" for name, label, (a, b, c, d) in rows()]
        write(folder / "annotations.csv", "\n".join(["image_id,x,y,w,h,class", *lines]))
    elif form == "voc":
        for i in range(COUNT):
            objects = "".join(
                f"<object><name>{label}</name><bndbox><xmin>{a}</xmin><ymin>{b}</ymin><xmax>{c}</xmax><ymax>{d}</ymax>"
                "</bndbox></object>"
                for name, label, (a, b, c, d) in rows()
                if name == f"p{i:02d}.png"
            )
            write(folder / f"Annotations/p{i:02d}.xml", f"<annotation>{objects}</annotation>")
    elif form == "coco":
        write(folder / "annotations/instances_all.json", json.dumps(coco(rows())))
    else:
        write(folder / "data.yaml", "names: [bare, scarf]\n")
        for i in range(COUNT):
            lines = [yolo_line(label, box) for name, label, box in rows() if name == f"p{i:02d}.png"]
            write(folder / f"labels/p{i:02d}.txt", "\n".join(lines))
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def yolo_line(label: str, box: tuple, width: int = 60, height: int = 40) -> str:
    a, b, c, d = box
    values = ((a + c) / 2 / width, (b + d) / 2 / height, (c - a) / width, (d - b) / height)
    return " ".join([str(LABELS.index(label)), *(f"{value:.6f}" for value in values)])


def coco(faces: list[tuple[str, str, tuple]]) -> dict:
    names = sorted({name for name, _, _ in faces})
    return {
        "images": [{"id": i, "file_name": name} for i, name in enumerate(names)],
        "categories": [{"id": 7 + i, "name": label} for i, label in enumerate(LABELS)],
        "annotations": [
            {
                "id": i,
                "image_id": names.index(name),
                "category_id": 7 + LABELS.index(label),
                "bbox": [a, b, c - a, d - b],
            }
            for i, (name, label, (a, b, c, d)) in enumerate(faces)
        ],
    }


def test_all_forms_give_the_same_crops_byte_for_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    found = {}
    for form in FORMS:
        params = settings(fill(tmp_path / form / "data", form))
        monkeypatch.chdir(tmp_path / form)
        said = obtain_faces(params.faces, params.download, Path("data/raw/masks"))
        assert f"{NAMES.get(form, 'CSV')}: 12 photos, 24 faces, 2 classes, no split" in said
        prepare_faces(params)
        crops = Path("data/masks").rglob("*.png")
        found[form] = {path.relative_to("data/masks").as_posix(): path.read_bytes() for path in crops}
    assert len(found["csv"]) == 24
    for form in FORMS[1:]:
        assert found[form] == found["csv"], form


def roboflow(folder: Path, parts: tuple[str, ...]) -> None:
    for number, part in enumerate(parts):
        (folder / part).mkdir(parents=True)
        (folder / part / "a.png").write_bytes(encoded(picture(seed=number)))
        write(folder / part / "_annotations.coco.json", json.dumps(coco([("a.png", "bare", BOXES[0])])))


@pytest.mark.parametrize(
    ("parts", "splits"),
    [
        (("train", "valid", "test"), {"train": "train", "valid": "train", "test": "test"}),
        (("train", "valid"), {"train": "train", "valid": "test"}),
        (("train",), {"train": ""}),
    ],
)
def test_folders_that_a_tool_splits_into_are_kept_and_photos_of_one_name_apart(tmp_path: Path, parts, splits):
    roboflow(tmp_path, parts)
    found = read_local_faces(settings(tmp_path).faces)
    assert {face.source.split("/")[0]: face.split for face in found.faces} == splits
    assert len({face.file for face in found.faces}) == len(parts) and not any(face.problem for face in found.faces)


def test_yolo_folders_are_split_and_turned_photos_keep_their_boxes(tmp_path: Path):
    for part in ("train", "val"):
        (tmp_path / "images" / part).mkdir(parents=True)
        (tmp_path / "images" / part / "a.jpg").write_bytes(encoded(picture(40, 60), "JPEG", orientation=6))
        write(tmp_path / "labels" / part / "a.txt", yolo_line("scarf", BOXES[0]))
    write(tmp_path / "classes.txt", "bare\nscarf\n")
    shown = read_local_faces(settings(tmp_path).faces).faces
    assert [(face.label, face.box, face.split) for face in shown] == [
        ("scarf", BOXES[0], "train"),
        ("scarf", BOXES[0], "test"),
    ]
    stored = read_local_faces(settings(tmp_path, boxes_refer_to="stored").faces).faces
    assert stored[0].box == (2.67, 9, 20, 54), "shares of 40 x 60"


def test_a_folder_a_class_makes_a_face_of_each_picture(tmp_path: Path):
    for part in ("train", "test"):
        for number, label in enumerate(LABELS):
            (tmp_path / part / label).mkdir(parents=True)
            (tmp_path / part / label / "same.png").write_bytes(encoded(picture(20 + number, 30)))
            (tmp_path / part / label / "._same.png").write_bytes(b"macOS")
    for name in (".ipynb_checkpoints", "notes"):
        (tmp_path / name).mkdir()
    found = read_local_faces(settings(tmp_path).faces)
    assert found.form == "a folder for each class" and len({face.file for face in found.faces}) == 4
    assert sorted((face.split, face.label, face.box) for face in found.faces) == [
        ("test", "bare", (0, 0, 20, 30)),
        ("test", "scarf", (0, 0, 21, 30)),
        ("train", "bare", (0, 0, 20, 30)),
        ("train", "scarf", (0, 0, 21, 30)),
    ]


def test_crowds_are_left_out_and_photos_without_a_box_counted(tmp_path: Path):
    fill(tmp_path, "coco")
    path = tmp_path / "annotations/instances_all.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["annotations"][0]["iscrowd"] = 1
    content["annotations"] = [one for one in content["annotations"] if one["image_id"] != 5]
    content["annotations"][3]["bbox"] = [5, 5, 0, 10]
    write(path, json.dumps(content))
    found = read_local_faces(settings(tmp_path).faces)
    assert len(found.faces) == 21 and found.notes == ["1 photo without a box", "1 crowd (iscrowd) left out"]
    assert found.faces[2].box == (5, 5, 5, 15), "the crop stage says that it is empty"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda content: content.pop("images"), "no COCO annotations: 'images' is missing"),
        (lambda content: content["annotations"][2].update(image_id=99), "annotation 2: no image 99"),
        (lambda content: content["annotations"][2].update(bbox=[1, 2]), "annotation 2: bbox must be"),
        (lambda content: content.update(annotations=["x"]), "annotations must be a list of objects"),
        (lambda content: content["annotations"][2].pop("bbox"), "annotation 2: lacks bbox"),
        (lambda content: content["annotations"][2].update(bbox=["1", "2", "3", "4"]), "annotation 2: bbox must be"),
        (lambda content: content["annotations"][2].update(bbox=[10**400, 2, 3, 4]), "annotation 2: bbox must be"),
        (lambda content: content["images"][1].update(id=0), "images, entry 2: id 0 stands twice"),
    ],
)
def test_broken_coco_is_one_line_that_names_the_place(tmp_path: Path, change, said: str):
    fill(tmp_path, "coco")
    path = tmp_path / "annotations/instances_all.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    write(path, json.dumps(content))
    with pytest.raises(InputError, match=r"annotations/instances_all\.json.*" + said):
        read_local_faces(settings(tmp_path).faces)
    for text in ("{", "[" * 200_000):
        write(path, text)
        with pytest.raises(InputError, match="not readable as JSON"):
            read_local_faces(settings(tmp_path).faces)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0 0.5 0.5 0.1", "bad line: it has 4 values"),
        ("7 0.5 0.5 0.1 0.1", "unknown class: 7 is none of the 2 classes"),
        ("0 0.5 x 0.1 0.1", "bad number: a share is 'x', not a number"),
        ("0 50 50 10 10", "bad number: shares of the photo go from 0 to 1"),
    ],
)
def test_a_wrong_line_of_yolo_is_a_face_with_a_problem(tmp_path: Path, line: str, said: str):
    fill(tmp_path, "yolo")
    write(tmp_path / "labels/p03.txt", f"{yolo_line('bare', BOXES[0])}\n{line}\n")
    wrong = [face for face in read_local_faces(settings(tmp_path).faces).faces if face.problem]
    assert [(face.source, face.row) for face in wrong] == [("labels/p03.txt", 2)] and wrong[0].problem.startswith(said)
    (tmp_path / "data.yaml").unlink()
    with pytest.raises(InputError, match="neither data.yaml nor classes.txt"):
        read_local_faces(settings(tmp_path).faces)


def test_two_forms_in_one_folder_are_refused(tmp_path: Path):
    fill(tmp_path, "coco")
    write(tmp_path / "data.yaml", "names: [bare]")
    write(tmp_path / "labels/p00.txt", yolo_line("bare", BOXES[0]))
    with pytest.raises(InputError, match=r"it has COCO \(1 file\), YOLO \(1 file\)"):
        read_local_faces(settings(tmp_path).faces)


def test_a_photo_of_the_same_name_on_the_other_side_is_another_photo(tmp_path: Path):
    for form in ("coco", "yolo"):
        roboflow(tmp_path / form, ("train", "test"))
        if form == "yolo":
            for part in ("train", "test"):
                (tmp_path / form / part / "_annotations.coco.json").unlink()
                write(tmp_path / form / part / "labels/a.txt", yolo_line("bare", BOXES[0]))
            write(tmp_path / form / "classes.txt", "bare\nscarf\n")
        (tmp_path / form / "train/a.png").unlink()
        found = read_local_faces(settings(tmp_path / form).faces).faces
        assert [(face.split, face.file, face.problem[:13]) for face in found] == [
            ("test", "a.png", ""),
            ("train", "", "missing photo"),
        ], form


def test_a_second_copy_of_the_photos_and_cocos_captions_are_no_matter(tmp_path: Path):
    fill(tmp_path, "coco")
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup/p00.png").write_bytes(encoded(picture()))
    write(tmp_path / "annotations/captions_all.json", "{}")
    faces = read_local_faces(settings(tmp_path).faces).faces
    assert len(faces) == 24 and not any(face.problem for face in faces)


def test_an_unreadable_photo_is_a_face_with_a_problem_and_text_that_is_not_utf8_is_one_line(tmp_path: Path):
    fill(tmp_path, "yolo")
    (tmp_path / "images/p03.png").write_bytes(b"odd")
    wrong = [face for face in read_local_faces(settings(tmp_path).faces).faces if face.problem]
    assert [face.place for face in wrong] == ["labels/p03.txt, line 1", "labels/p03.txt, line 2"]
    assert all(face.problem.startswith("unreadable photo: ") for face in wrong)
    (tmp_path / "images/p02.jpg").write_bytes(b"another")
    with pytest.raises(InputError, match=r"labels/p02\.txt: belongs to images/p02\.jpg and to images/p02\.png"):
        read_local_faces(settings(tmp_path).faces)
    (tmp_path / "images/p02.jpg").unlink()
    (tmp_path / "labels/p04.txt").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"labels/p04\.txt: not UTF-8"):
        read_local_faces(settings(tmp_path).faces)


@pytest.mark.parametrize("other", ["backup", "JPEGImages"])
def test_photos_without_annotations_are_no_classes(tmp_path: Path, other: str):
    for name in ("images", other):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").write_bytes(encoded(picture()))
    with pytest.raises(InputError, match="needs annotations in one form"):
        read_local_faces(settings(tmp_path).faces)


@pytest.mark.parametrize(
    "table",
    [
        "name,x1,x2,y1,y2,classname\np00.png,4,30,6,36,bare",
        "image,class,class_name,x1,y1,x2,y2\np00.png,0,bare,4,6,30,36",
    ],
)
def test_name_is_the_photo_where_another_column_is_the_class(tmp_path: Path, table: str):
    write(fill(tmp_path, "csv") / "annotations.csv", table)
    (face,) = read_local_faces(settings(tmp_path).faces).faces
    assert (face.photo, face.label, face.box) == ("p00.png", "bare", BOXES[0])


def test_annotations_half_in_folders_of_a_split_are_refused(tmp_path: Path):
    roboflow(tmp_path, ("train", "test", "more"))
    with pytest.raises(InputError, match="some annotations are in test and train, others in no such folder"):
        read_local_faces(settings(tmp_path).faces)
