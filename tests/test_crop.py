"""Cropping: from raw photos and boxes to the ImageFolder layout, its index, its counts and its contact sheet."""

import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from ruamel.yaml import YAML

from stages.errors import InputError
from stages.faces import contact_sheet
from stages.faces.annotations import read_annotations
from stages.faces.boxes import Box
from stages.faces.contact_sheet import draw_contact_sheet
from stages.faces.counts import count_faces, summary
from stages.faces.crop import INTERPOLATIONS, Cropped, Form, crop_all
from stages.faces.decode import Photo
from stages.faces.face import Face
from stages.faces.filenames import safe_name
from stages.faces.index import COLUMNS, write_index
from stages.faces.photos import locate, read_photos
from stages.params import load_params
from stages.params_data import Crop
from tests.photos.base import exif as orientation_tag
from tests.photos.base import stored, upright

PROJECT = Path(__file__).parents[1]
REAL = PROJECT.parent / "shared" / "data" / "medical_masks"
HEADER = "filename,width,height,label,xmin,ymin,xmax,ymax"
SETTINGS = Crop(side=28, large_side=48, large_margin=0.25, interpolation="cubic", invalid="error", max_pixels=10**6)


def photo(seed: int = 0, width: int = 60, height: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def make_raw(raw: Path, photos: dict[str, bytes], **tables: list[str]) -> Path:
    """Write a folder as the stage download_faces does; tables are rows by the name of their CSV."""
    (raw / "images").mkdir(parents=True)
    rows = []
    for name, content in photos.items():
        (raw / "images" / safe_name(name)).write_bytes(content)
        rows.append((safe_name(name), name, len(content), hashlib.sha256(content).hexdigest()))
    with (raw / "photos.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("file", "original", "bytes", "sha256"), *sorted(rows)])
    for name, lines in tables.items():
        (raw / f"{name}.csv").write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return raw


def crop_folder(raw: Path, out: Path, settings: Crop = SETTINGS) -> list[Cropped]:
    out.mkdir()
    located = locate(read_annotations(raw), read_photos(raw), "skip")
    return crop_all(located, raw / "images", {out: Form(settings.side)}, settings)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("size", [8, 28, 100])
def test_a_crop_is_the_box_resized(tmp_path, interpolation, size):
    rows = ["a.png,60,40,good,5,3,45,33", "a.png,60,40,bad,0,0,60,40"]
    raw = make_raw(tmp_path / "raw", {"a.png": png(photo())}, train=rows[:1], test=rows[1:])
    settings = SETTINGS.model_copy(update={"side": size, "interpolation": interpolation, "max_pixels": 2400})
    results = crop_folder(raw, tmp_path / "out", settings)
    assert [each.crop for each in results] == ["train/good/a.png_001.png", "test/bad/a.png_002.png"]
    crop = cv2.imread(str(tmp_path / "out" / results[0].crop), cv2.IMREAD_UNCHANGED)
    flag = {"nearest": 0, "linear": 1, "cubic": 2, "area": 3, "lanczos": 4}[interpolation]
    assert crop.shape == (size, size, 3) and crop.dtype == np.uint8
    assert np.array_equal(crop, cv2.resize(photo()[3:33, 5:45], (size, size), interpolation=flag))


def test_folders_of_several_forms_hold_the_same_faces(tmp_path):
    rows = ["a.png,60,40,good,15,13,35,33", "a.png,60,40,bad,50,30,99,99"]
    raw = make_raw(tmp_path / "raw", {"a.png": png(photo())}, train=rows, test=rows[:1])
    located = locate(read_annotations(raw), read_photos(raw), "skip")
    folders = {tmp_path / "a": Form(28), tmp_path / "b": Form(48, 0.25)}
    results = crop_all(located, raw / "images", folders, SETTINGS)
    assert set(contents(tmp_path / "a")) == set(contents(tmp_path / "b")) == {each.crop for each in results}
    pixels = {tmp_path / "a": photo()[13:33, 15:35], tmp_path / "b": photo()[8:38, 10:40]}
    for folder, form in folders.items():
        crop = cv2.imread(str(folder / results[0].crop), cv2.IMREAD_UNCHANGED)
        side = (form.side, form.side)
        assert np.array_equal(crop, cv2.resize(pixels[folder], side, interpolation=cv2.INTER_CUBIC))


def test_where_surroundings_lie_beyond_the_photo_its_edge_is_drawn_out(tmp_path):
    rows = ["a.png,60,40,good,2,20,22,60"]  # a box that is clipped to 20 x 20 at the left and the lower edge
    raw = make_raw(tmp_path / "raw", {"a.png": png(photo())}, train=rows, test=rows)
    (tmp_path / "out").mkdir()
    located = locate(read_annotations(raw), read_photos(raw), "skip")
    result = crop_all(located, raw / "images", {tmp_path / "out": Form(30, 0.25)}, SETTINGS)[0]
    crop = cv2.imread(str(tmp_path / "out" / result.crop))
    rows, columns = np.clip(np.arange(15, 45), 0, 39), np.clip(np.arange(-3, 27), 0, 59)
    assert np.array_equal(crop, photo()[np.ix_(rows, columns)])


def test_a_box_of_the_crops_size_is_copied_unchanged(tmp_path):
    rows = ["a.png,60,40,x,7,9,35,37"]
    raw = make_raw(tmp_path / "raw", {"a.png": png(photo())}, train=rows, test=rows)
    results = crop_folder(raw, tmp_path / "out")
    assert np.array_equal(cv2.imread(str(tmp_path / "out" / results[0].crop)), photo()[9:37, 7:35])


def test_boxes_are_clipped_to_the_photo_and_those_outside_are_skipped(tmp_path):
    rows = ["-5,-6,30,20", "50,30,61,41", "0,0,60,40", "60,0,70,10", "-9,5,0,20", "100,100,120,120", "59,39,60,40"]
    lines = [f"a.png,60,40,x,{row}" for row in rows]
    raw = make_raw(tmp_path / "raw", {"a.png": png(photo())}, train=lines, test=lines[:1])
    results = crop_folder(raw, tmp_path / "out")[:7]
    assert [each.used for each in results] == [
        (0, 0, 30, 20), (50, 30, 60, 40), (0, 0, 60, 40), None, None, None, (59, 39, 60, 40),
    ]  # fmt: skip
    assert [each.clipped for each in results] == [True, True, False, False, False, False, False]
    assert results[3].face.problem == "box outside the photo: (60, 0, 70, 10) in a photo of 60 x 40 pixels"
    assert results[2].face.box == (0, 0, 60, 40), "the box as read stays"


@given(st.tuples(*[st.integers(-30, 90)] * 4), st.integers(1, 60), st.integers(1, 60))
def test_a_clipped_box_holds_just_the_pixels_that_both_have(corners, width, height):
    box = Box(*corners)
    pixels = {(x, y) for x in range(box.xmin, box.xmax) for y in range(box.ymin, box.ymax)}
    inside = {(x, y) for x, y in pixels if 0 <= x < width and 0 <= y < height}
    used = box.clipped(width, height)
    assert inside == {(x, y) for x in range(used.xmin, used.xmax) for y in range(used.ymin, used.ymax)}
    assert bool(inside) == (not used.problem())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_boxes_made_on_the_unturned_photo_are_turned_with_it(tmp_path, kind, orientation):
    pixels = np.full((40, 60, 3), 255, np.uint8)
    pixels[4:16, 10:40] = (200, 30, 90)
    exif = Image.Exif()
    exif[274] = orientation
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    Image.fromarray(pixels).save(tmp_path / "a", kind, exif=exif, **options)
    line = "a.png,60,40,x,10,4,40,16"
    raw = make_raw(tmp_path / "raw", {"a.png": (tmp_path / "a").read_bytes()}, train=[line], test=[line])
    result = crop_folder(raw, tmp_path / "out")[0]
    crop = cv2.imread(str(tmp_path / "out" / result.crop))
    assert result.repaired == ("turned" if orientation >= 5 else "")
    if orientation in (1, 5, 6, 7, 8):  # 2 to 4 keep the sides, so that nothing tells which photo was meant
        assert np.abs(crop.astype(int) - [90, 30, 200]).max() <= (4 if kind == "JPEG" else 0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_made_on_the_photo_as_viewers_show_it_stay(tmp_path, orientation):
    pixels = np.full((40, 60, 3), 255, np.uint8)
    pixels[4:16, 10:40] = (200, 30, 90)
    turned = upright(pixels, orientation)
    rows, columns = np.nonzero(turned[..., 1] == 30)
    height, width = turned.shape[:2]
    line = f"a.png,{width},{height},x,{columns.min()},{rows.min()},{columns.max() + 1},{rows.max() + 1}"
    content = stored(pixels, "WEBP", lossless=True, exif=orientation_tag(orientation))
    result = crop_folder(make_raw(tmp_path / "raw", {"a.png": content}, train=[line], test=[line]), tmp_path / "out")[0]
    assert result.repaired == ""
    assert np.unique(cv2.imread(str(tmp_path / "out" / result.crop)).reshape(-1, 3), axis=0).tolist() == [[90, 30, 200]]


def test_width_and_height_that_disagree_are_counted(tmp_path):
    rows = [f"a.png,{size},x,5,5,20,20" for size in ("60,40", "0,0", ",", "40,60", "30,20")]
    raw = make_raw(tmp_path / "raw", {"a.png": png(photo())}, train=rows, test=rows[:1])
    results = crop_folder(raw, tmp_path / "out")
    assert [each.repaired for each in results] == ["", *["size_unknown"] * 2, *["size_differs"] * 2, ""]
    assert len({(tmp_path / "out" / each.crop).read_bytes() for each in results}) == 1


def test_names_never_collide(tmp_path):
    names = ["a.png", "a.jpg", "A.png", "a.png_001.png", "a", "ä.png", "a\u0308.png", "-a.png"]
    names += ["x" * 180 + "1.jpg", "x" * 180 + "2.jpg"]
    labels = ["good", "Good", "None", "../x", "con", "口罩"]
    rows = [f"{name},60,40,{label},{k},0,30,30" for k in range(2) for name in names for label in labels]
    raw = make_raw(tmp_path / "raw", {name: png(photo(i)) for i, name in enumerate(names)}, train=rows, test=rows[:3])
    results = crop_folder(raw, tmp_path / "out")
    crops = [each.crop for each in results]
    assert len({crop.lower() for crop in crops}) == len(rows) + 3
    assert set(crops) == set(contents(tmp_path / "out"))
    for each in results:
        wanted = photo(names.index(each.face.photo))[0:30, each.face.box.xmin : 30]
        crop = cv2.imread(str(tmp_path / "out" / each.crop))
        assert np.array_equal(crop, cv2.resize(wanted, (28, 28), interpolation=cv2.INTER_CUBIC))


def test_faces_are_numbered_within_their_photo_in_the_order_of_the_rows(tmp_path):
    rows = ["a.png,60,40,x,0,0,9,9", "b.png,60,40,x,0,0,9,9", "a.png,60,40,x,9,9,9,9", "a.png,60,40,x,0,0,8,8"]
    raw = make_raw(tmp_path / "raw", {n: png(photo()) for n in ("a.png", "b.png")}, train=rows, test=rows[:1])
    names = [Path(each.crop).name for each in crop_folder(raw, tmp_path / "out")]
    assert names == ["a.png_001.png", "b.png_001.png", "", "a.png_003.png", "a.png_004.png"]


def test_order_and_bytes_do_not_depend_on_the_number_of_workers(tmp_path, monkeypatch):
    photos = {f"{i}.png": png(photo(i, 40 + 20 * i, 50)) for i in range(30)}
    rows = [f"{name},0,0,{label},{k},3,33,40" for k in (1, 2) for name in reversed(photos) for label in "ab"]
    photos["bad.png"] = b"no photo"
    raw = make_raw(tmp_path / "raw", photos, train=rows, test=[*rows[:4], "bad.png,0,0,a,0,0,9,9"])
    seen = []
    for workers in ("1", "2", "7"):
        monkeypatch.setenv("WORKERS", workers)
        results = crop_folder(raw, tmp_path / workers)
        write_index(tmp_path / workers, results)
        seen.append((results, contents(tmp_path / workers), draw_contact_sheet(results, tmp_path / workers)))
    assert seen[0] == seen[1] == seen[2]
    assert [(each.face.photo, each.face.row) for each in seen[0][0]][:2] == [("29.png", 2), ("29.png", 3)]


def test_each_photo_is_decoded_once(tmp_path, monkeypatch):
    decoded, decode = [], lambda path, _: decoded.append(path.name) or Photo(photo(), 1)
    monkeypatch.setattr("stages.faces.crop.decode_photo", decode)
    rows = [f"{name},60,40,x,{k},0,30,30" for k in range(5) for name in ("a.png", "b.png")]
    raw = make_raw(tmp_path / "raw", {"a.png": b"x", "b.png": b"x"}, train=rows, test=rows)
    crop_folder(raw, tmp_path / "out")
    assert sorted(decoded) == ["a.png", "b.png"]


def test_the_largest_photos_come_first_so_that_no_worker_is_left_with_one_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKERS", "1")
    decoded, decode = [], lambda path, _: decoded.append(path.name) or Photo(photo(), 1)
    monkeypatch.setattr("stages.faces.crop.decode_photo", decode)
    names = {"a.png": 5, "b.png": 900, "c.png": 50}
    rows = [f"{name},60,40,x,0,0,30,30" for name in names]
    raw = make_raw(tmp_path / "raw", {name: b"x" * size for name, size in names.items()}, train=rows, test=rows)
    results = crop_folder(raw, tmp_path / "out")
    assert decoded == ["b.png", "c.png", "a.png"]
    assert [each.file for each in results] == [*names, *names]


def test_missing_photos_are_an_error_that_lists_them_or_are_skipped():
    faces = [Face(n, "x", Box(0, 0, 5, 5), "train.csv", 2, "train") for n in ("a.png", "gone.png", "B.png", " a.png ")]
    photos = {"a.png": "0"}
    with pytest.raises(InputError, match=r"2 photos .* \(gone.png, B.png\); .*faces.missing: skip"):
        locate(faces, photos, "error")
    odd = [Face(name, "x", Box(0, 0, 5, 5), "train.csv", 2, "train") for name in ("new\nline.png", "\u202egnp.a")]
    with pytest.raises(InputError, match=r"\('new\\nline.png', '\\u202egnp.a'\)"):
        locate(odd, photos, "error")
    located = locate(faces, photos, "skip")
    assert [each.usable for each in located] == [True, False, False, True]
    assert located[3].file == "a.png", "spaces around a name are passed over where the name has none"


def test_photos_csv_must_be_there_and_have_its_columns(tmp_path):
    with pytest.raises(InputError, match="photos.csv: .*dvc repro download_faces"):
        read_photos(tmp_path)
    (tmp_path / "photos.csv").write_text("file,sha256\na,b\n")
    with pytest.raises(InputError, match="its header is not file,original,bytes,sha256"):
        read_photos(tmp_path)


def test_counts_and_their_table(tmp_path):
    photos = {"a.png": png(photo()), "b.png": png(photo()), "c.png": png(photo(1)), "cut.png": png(photo())[:-30]}
    train = ["a.png,60,40,bad,-1,0,9,9", "a.png,0,0,good,0,0,9,9", "a.png,60,40,good,50,0,90,9"]
    train += [f"{name},60,40,good,0,0,9,9" for name in ("c.png", "cut.png")]
    test = [f"{name},60,40,good,0,0,9,9" for name in ("b.png", "gone.png")]
    test += ["b.png,60,40,good,x,0,9,9", "b.png,60,40,good,70,0,90,9"]
    raw = make_raw(tmp_path / "raw", photos, train=train, test=test)
    results = crop_folder(raw, tmp_path / "out")
    counts = count_faces(results, read_photos(raw))
    assert counts == {
        "faces": {"train": {"bad": 1, "good": 3}, "test": {"bad": 0, "good": 1}},
        "photos": {"train": {"bad": 1, "good": 2}, "test": {"bad": 0, "good": 1}},
        "total": {"train": {"faces": 4, "photos": 2}, "test": {"faces": 1, "photos": 1}},
        "skipped": {"bad number": 1, "box outside the photo": 1, "missing photo": 1, "unreadable photo": 1},
        "repaired": {"size_unknown": 1, "size_differs": 0, "turned": 0},
        "clipped": 2,
        "repeated": 1,  # the first two rows, once the first is clipped
        "missing_photos": 1,
        "shared_photos": 1,  # a.png and b.png have the same bytes
    }
    lines = summary(counts, results).splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["train", "test"], ["bad", "1", "0"], ["good", "3", "1"], ["all", "faces", "4", "1"],
    ]  # fmt: skip
    assert "skipped, unreadable photo: 1 faces" in lines
    assert "photos that are missing: gone.png" in lines


def test_the_contact_sheet_shows_every_class(tmp_path):
    rows = [f"a.png,60,40,{'long ' * 20 if k == 0 else k},0,0,{9 + k},9" for k in range(45)]
    raw = make_raw(tmp_path / "raw", {"a.png": png(photo())}, train=rows, test=rows[:1])
    large = SETTINGS.model_copy(update={"side": 100, "interpolation": "area"})
    results = crop_folder(raw, tmp_path / "out", large)
    sheet = cv2.imdecode(np.frombuffer(draw_contact_sheet(results[:3], tmp_path / "out"), np.uint8), 1)
    many = cv2.imdecode(np.frombuffer(draw_contact_sheet(results, tmp_path / "out"), np.uint8), 1)
    a_class = 2 * (contact_sheet.TILE + contact_sheet.GAP) + contact_sheet.MARGIN
    assert many.shape[1] == sheet.shape[1]
    assert many.shape[0] - sheet.shape[0] == (contact_sheet.MAX_LABELS - 3) * a_class
    left = contact_sheet.MARGIN + contact_sheet.TEXT_WIDTH
    crop = cv2.imread(str(tmp_path / "out" / results[1].crop))  # the label "1" comes first
    tile = cv2.resize(crop, (contact_sheet.TILE,) * 2, interpolation=cv2.INTER_AREA)
    top = contact_sheet.HEADER + contact_sheet.MARGIN // 2
    assert np.array_equal(sheet[top : top + contact_sheet.TILE, left : left + contact_sheet.TILE], tile)


@pytest.fixture
def workplace(tmp_path):
    """A folder to run the door in; returns a function that does so with changed parameters."""

    def run(**changes) -> subprocess.CompletedProcess:
        yaml = YAML()
        params = yaml.load((PROJECT / "params.yaml").read_text(encoding="utf-8"))
        params["faces"]["source"] = changes.pop("source", "local")
        params["faces"]["missing"] = changes.pop("missing", "error")
        params["crop"].update(changes)
        with (tmp_path / "params.yaml").open("w", encoding="utf-8") as file:
            yaml.dump(params, file)
        command = [sys.executable, "-m", "stages.crop_faces"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={"PYTHONPATH": str(PROJECT)})

    return run


def test_the_door_end_to_end(tmp_path, workplace):
    photos = {f"Photo ({i}).jpg": png(photo(i)) for i in range(12)}
    rows = [f"{name},60,40,{'None' if i % 3 else 'ok'},1,2,{20 + i},30" for i, name in enumerate(photos)]
    raw = make_raw(tmp_path / "data/raw/faces", photos, annotations=[*rows, f"{rows[0][:-3]},x"])
    refused = workplace()
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: annotations.csv, row 14: bad number: ymax is 'x', not a whole number")
    assert refused.stderr.count("\n") == 1
    assert not (tmp_path / "data/faces").exists()
    first = workplace(invalid="skip")
    assert first.returncode == 0, first.stderr
    before = contents(tmp_path / "data/faces") | contents(tmp_path / "metrics")
    assert workplace(invalid="skip").returncode == 0
    assert contents(tmp_path / "data/faces") | contents(tmp_path / "metrics") == before
    with (tmp_path / "data/faces/index.csv").open(encoding="utf-8", newline="") as file:
        index = list(csv.DictReader(file))
    assert tuple(index[0]) == COLUMNS
    assert len(index) == 13
    assert b"\r" not in before["index.csv"]
    assert {row["split"] for row in index} == {"train", "test"}
    assert {row["crop"] for row in index if row["crop"]} | {"index.csv"} == set(contents(tmp_path / "data/faces"))
    for row in index:
        expected = hashlib.sha256(before[row["crop"]]).hexdigest()[:16] if row["crop"] else ""
        assert row["sha256"] == expected
    assert index[12]["skipped"].startswith("bad number: ") and index[12]["crop"] == "" and index[12]["xmin"] == ""
    counts = json.loads((tmp_path / "metrics/faces/counts.json").read_text(encoding="utf-8"))
    assert sum(counts["faces"]["train"].values()) + sum(counts["faces"]["test"].values()) == 12
    assert counts["skipped"] == {"bad number": 1}
    assert list(counts["faces"]["train"]) == ["None", "ok"]
    assert contents(raw)["annotations.csv"].endswith(b",x\n"), "raw data is never edited"


def test_the_door_refuses_unreadable_photos_and_unknown_labels(tmp_path, workplace):
    photos = {"a.png": png(photo()), "b.png": b"<html>404</html>"}
    rows = ["a.png,60,40,good,1,2,20,30", "b.png,60,40,good,1,2,20,30"]
    make_raw(tmp_path / "data/raw/faces", photos, train=rows, test=rows[:1])
    unreadable = workplace(source="medical_masks").stderr
    assert unreadable.startswith("error: train.csv, row 3: unreadable photo: no readable JPEG")
    assert "'b.png'" in unreadable
    assert not list((tmp_path / "data").glob("*faces*")), "nothing half-written is left"
    (tmp_path / "data/raw/faces/test.csv").write_text(f"{HEADER}\n{rows[0].replace('good', 'fine')}\n")
    unknown = workplace(source="medical_masks").stderr
    assert unknown.startswith("error: test.csv, row 2: unknown label: 'fine' is none of bad, good, none")


def test_the_door_refuses_data_of_which_nothing_is_left(tmp_path, workplace):
    row = ["a.png,60,40,good,1,2,20,30"]
    make_raw(tmp_path / "data/raw/faces", {}, train=row, test=row)
    result = workplace(missing="skip")
    assert result.stderr.startswith("error: data/raw/faces: none of the 2 faces can be used; first: missing photo")


@pytest.mark.skipif(not REAL.exists(), reason="the real photos lie beside the project only where it is developed")
def test_the_real_test_photos(tmp_path):
    photos = {path.name: path.read_bytes() for path in (REAL / "images").iterdir()}
    lines = (REAL / "test.csv").read_text(encoding="utf-8").splitlines()[1:]
    wanted = {line.split(",")[0] for line in lines}
    raw = make_raw(tmp_path / "raw", {k: v for k, v in photos.items() if k in wanted}, train=lines[:1], test=lines)
    results = crop_folder(raw, tmp_path / "out", load_params(PROJECT / "params.yaml").crop)[1:]
    counts = count_faces(results, read_photos(raw))
    assert counts["faces"]["test"] == {"bad": 87, "good": 265, "none": 21}
    assert (counts["total"]["test"]["photos"], counts["missing_photos"], counts["clipped"]) == (65, 1, 0)


def test_a_voc_file_of_another_photos_name_means_the_photo_that_it_lies_beside() -> None:
    face = Face("from_elsewhere.jpg", "good", Box(0, 0, 9, 9), "labels/street.jpg.xml", 1, None)
    (found,) = locate([face], {"street.jpg": "0"}, "error")
    assert found.file == "street.jpg"
    assert found.usable
