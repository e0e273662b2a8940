"""From photos and boxes to crops: what is cut out, where it goes, and what is said about the rest."""

import gc
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from stages.auditing.masks_audit import audit
from stages.masks import prepare as prepare_module
from stages.masks.boxes import Box
from stages.masks.crop import cut_out
from stages.masks.dataset import load_dataset
from stages.masks.images import read_crop
from stages.masks.index import read_index
from stages.masks.prepare import prepare_faces
from stages.runtime.errors import InputError
from stages.sources.faces import obtain_faces
from stages.storage.annotations import write_annotations
from stages.storage.dataset import read_card
from stages.storage.files import read_json
from tests.masks.conftest import encoded, face, picture

LABELS = ("bad", "good", "none")


def usual(count: int = 12, **changes: object) -> tuple[dict[str, bytes], list]:
    """So many photos with two faces each, the classes in turn."""
    photos = {f"p{i:02d}.png": encoded(picture(seed=i)) for i in range(count)}
    faces = [
        face(name, box, LABELS[(i + j) % 3], row=2 * i + j + 2, **changes)
        for i, name in enumerate(photos)
        for j, box in enumerate([(2, 3, 22, 33), (30, 5, 55, 30)])
    ]
    return photos, faces


def test_crops_are_what_opencv_cuts_and_resizes(raw, params):
    photos, faces = usual()
    raw(photos, faces)
    prepare_faces(params())
    index = read_index()
    assert len(index) == len(faces) and (index["skipped"] == "").all()
    for row, one in zip(index.itertuples(), faces, strict=True):
        pixels = np.ascontiguousarray(picture(seed=int(one.photo[1:3]))[..., ::-1])  # OpenCV's order: blue first
        xmin, ymin, xmax, ymax = map(int, one.box)
        expected = cv2.resize(pixels[ymin:ymax, xmin:xmax], (16, 16), interpolation=cv2.INTER_CUBIC)
        np.testing.assert_array_equal(read_crop(Path("data/masks") / row.crop), expected[..., ::-1])
        assert row.crop.startswith(f"{row.split}/{one.label}/{one.photo}_00")
        assert read_crop(Path("data/masks_large") / row.crop).shape == (24, 24, 3)


def test_a_large_crop_shows_the_surroundings_and_draws_the_edge_out():
    pixels = picture(40, 40)
    box = Box(0, 10, 20, 30)
    expected = cv2.copyMakeBorder(pixels[5:35, 0:25], 0, 0, 5, 0, cv2.BORDER_REPLICATE)
    np.testing.assert_array_equal(cut_out(pixels, box, 30, 0.25, "cubic"), expected)


@pytest.mark.parametrize("name", ["nearest", "linear", "cubic", "area", "lanczos"])
def test_every_interpolation_is_opencvs_of_that_name(name: str):
    flags = {"lanczos": cv2.INTER_LANCZOS4, "cubic": cv2.INTER_CUBIC, "area": cv2.INTER_AREA}
    flags |= {"nearest": cv2.INTER_NEAREST, "linear": cv2.INTER_LINEAR}
    expected = cv2.resize(picture(), (16, 16), interpolation=flags[name])
    np.testing.assert_array_equal(cut_out(picture(), Box(0, 0, 60, 40), 16, 0, name), expected)


def test_bytes_do_not_depend_on_the_workers(raw, params, monkeypatch: pytest.MonkeyPatch):
    raw(*usual())
    folders = [Path("data/masks"), Path("data/masks_large"), Path("metrics/masks")]

    def outputs() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}

    monkeypatch.setenv("WORKERS", "1")
    prepare_faces(params())
    first = outputs()
    monkeypatch.setenv("WORKERS", "3")
    prepare_faces(params())
    assert outputs() == first


def test_photos_are_on_one_side_and_byte_identical_ones_count_as_one(raw, params):
    photos, faces = usual()
    photos["copy.png"] = photos["p03.png"]
    raw(photos, [*faces, face("copy.png")])
    said = prepare_faces(params())
    sides = read_index().groupby("file")["split"].agg(set)
    assert all(len(side) == 1 for side in sides) and sides["copy.png"] == sides["p03.png"]
    assert "on both sides" not in said
    data = load_dataset()
    assert set(data.train.groups[data.validation]).isdisjoint(data.train.groups[~data.validation])
    assert 0 < data.validation.sum() < len(data.train)


def test_a_split_that_the_data_bring_is_kept_and_shared_photos_are_told(raw, params):
    photos, faces = usual()
    split = [
        face(one.photo, one.box, one.label, split="test" if i % 3 == 0 else "train") for i, one in enumerate(faces)
    ]
    raw(photos, split)
    said = prepare_faces(params())
    assert read_index()["split"].tolist() == [one.split for one in split]
    assert "photos on both sides of the split: test scores flatter" in said


def test_boxes_on_the_stored_photo_are_turned_with_it(raw, params):
    photos, faces = usual()
    stored = np.zeros((40, 60, 3), np.uint8)
    stored[0:10, 40:60] = 255
    photos["lying.png"] = encoded(stored, orientation=6)
    raw(photos, [*faces, face("lying.png", (40, 0, 60, 10))])
    said = prepare_faces(params(boxes_refer_to="stored"))
    row = read_index().iloc[-1]
    assert (read_crop(Path("data/masks") / row["crop"]) == 255).all()
    assert [row[f"used_{name}"] for name in ("xmin", "ymin", "xmax", "ymax")] == [30, 40, 40, 60]
    assert "1 face have boxes on the stored photo, turned with it" in said
    assert "1 photo turned as their EXIF orientation says" in said


def test_a_box_that_would_fit_the_other_way_is_told(raw, params):
    photos, faces = usual()
    photos["lying.png"] = encoded(picture(60, 40), orientation=6)
    raw(photos, [*faces, face("lying.png", (45, 5, 58, 30))])
    with pytest.raises(InputError, match=r"with faces\.boxes_refer_to: stored it would fit \(EXIF orientation 6\)"):
        prepare_faces(params())


def test_fractions_are_widened_or_refused(raw, params):
    photos, faces = usual()
    raw(photos, [*faces, face("p00.png", (2.4, 3.6, 20.1, 30.0), row=99)])
    assert "1 face have boxes with fractions of pixels" in prepare_faces(params())
    row = read_index().iloc[-1]
    assert [row[f"used_{name}"] for name in ("xmin", "ymin", "xmax", "ymax")] == [2, 3, 21, 30]
    with pytest.raises(InputError, match=r"faces\.csv, row 99: fractions: the box"):
        prepare_faces(params({"fractions": "error"}))


@pytest.mark.parametrize(
    ("extra", "said", "kind"),
    [
        (face("p00.png", (5, 5, 5, 9)), "row 99: empty box: xmin and xmax are both 5", "empty box"),
        (face("p00.png", (9, 5, 5, 9)), "row 99: inverted box: xmin 9 is larger than xmax 5", "inverted box"),
        (face("p00.png", (70, 5, 80, 9)), "row 99: box outside the photo: (70, 5, 80, 9)", "box outside the photo"),
        (face("p00.png", None, problem="bad number: xmin is 'x'"), "row 99: bad number: xmin is 'x'", "bad number"),
        (face("odd.png"), "row 99: unreadable photo: cut off, damaged, or none of JPEG", "unreadable photo"),
    ],
)
def test_a_face_that_cannot_be_used_is_an_error_or_is_skipped_and_counted(raw, params, extra, said: str, kind: str):
    photos, faces = usual()
    raw(photos | {"odd.png": b"odd"}, [*faces, replace(extra, row=99)])
    with pytest.raises(InputError) as error:
        prepare_faces(params())
    assert said in str(error.value) and "crop.invalid: skip" in str(error.value)
    assert not Path("data/masks").exists() and not Path("metrics/masks/counts.json").exists()
    assert f"skipped, {kind}: 1 face" in prepare_faces(params({"invalid": "skip"}))
    assert read_index().iloc[-1]["skipped"].startswith(kind) and len(load_dataset().train) > 0


def test_a_test_face_of_a_class_that_training_never_saw_is_an_error_or_is_left_out(raw, params):
    photos, faces = usual(24)
    faces = [replace(one, split="test" if int(one.photo[1:3]) % 4 == 1 else "train") for one in faces]
    raw(photos, [*faces, face("p01.png", label="scarf", split="test", row=77)])
    with pytest.raises(
        InputError, match=r"faces\.csv, row 77: 1 test face of class 'scarf', which has no training face"
    ):
        prepare_faces(params())
    said = prepare_faces(params({"invalid": "skip"}))
    assert "skipped, unknown class: 1 face" in said
    assert read_card(Path("data/masks"))["classes"] == list(LABELS)
    assert not list(Path("data/masks/test").rglob("scarf*/*.png"))


def test_a_class_without_test_faces_and_labels_that_look_alike_are_told(raw, params):
    photos, faces = usual()
    raw(photos, [*faces, face("p00.png", label="Good"), face("p00.png", (1, 1, 9, 9), label="once")])
    said = prepare_faces(params())
    assert "class 'once' has no test face: its recall is undefined" in said
    assert "labels that look alike: 'Good', 'good'; are they one class?" in said
    weights = said[said.index("variants.weighted.class_weights names") :]
    assert "it will not train" in weights


def test_weights_for_other_classes_are_told_before_training(raw, params):
    photos, faces = usual()
    raw(photos, [face(one.photo, one.box, {"none": "scarf"}.get(one.label, one.label)) for one in faces])
    said = prepare_faces(params())
    assert "variants.weighted.class_weights names" in said and "it will not train" in said
    faces = [face(one.photo, one.box, f"class {one.label}") for one in faces]
    write_annotations(Path("data/raw/masks/faces.csv"), faces)
    assert "weights by frequency are taken instead (balanced)" in prepare_faces(params())


def test_the_counts_are_those_of_the_faces(raw, params):
    photos, faces = usual()
    photos["wide.png"] = encoded(picture())
    raw(photos, [*faces, face("wide.png", (-5, -5, 70, 50), size=(1, 2)), face("wide.png", (0, 0, 60, 40))])
    prepare_faces(params())
    counts = read_json("metrics/masks/counts.json")
    total = sum(counts["faces"][split][label] for split in ("train", "test") for label in LABELS)
    assert total == len(faces) + 2 == sum(counts["total"][split]["faces"] for split in ("train", "test"))
    assert counts["notes"]["clipped"] == 1 and counts["notes"]["size_differs"] == 1 and counts["repeated"] == 1
    assert Path("metrics/masks/contact_sheet.png").stat().st_size > 1000


def test_the_card_changes_with_any_pixel_that_a_network_sees(raw, params):
    raw(*usual())
    prepare_faces(params())
    first = read_card(Path("data/masks"))
    prepare_faces(params({"large_margin": 0.3}))
    second = read_card(Path("data/masks"))
    assert first["train"] != second["train"] and first["test"] != second["test"]


def test_the_dataset_refuses_crops_that_the_index_does_not_name(raw, params):
    raw(*usual())
    prepare_faces(params())
    dataset, large = load_dataset(), load_dataset("large")
    assert dataset.train.images.shape[1:] == (16, 16, 3) and large.train.images.shape[1:] == (24, 24, 3)
    assert (dataset.form.margin, large.form.margin) == (0.0, 0.25)
    assert dataset.train.names.tolist() == large.train.names.tolist()
    index = read_index().set_index("crop")
    assert [dataset.form.classes[i] for i in dataset.train.labels] == index.loc[dataset.train.names, "label"].tolist()
    (Path("data/masks") / dataset.train.names[0]).unlink()
    with pytest.raises(InputError, match=r"the crops are not those that index\.csv names"):
        load_dataset()


@pytest.mark.slow
def test_the_real_photos_give_the_faces_that_are_known(shared_data: Path, params, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = params({"side": 28}, source="medical_masks", missing="skip")
    download = settings.download.model_copy(update={"mirror": str(shared_data)})
    obtain_faces(settings.faces, download, tmp_path / "data/raw/masks")
    said = prepare_faces(settings)
    counts = read_json("metrics/masks/counts.json")
    assert counts["faces"]["train"] == {"bad": 578, "good": 2832, "none": 104}
    assert counts["faces"]["test"] == {"bad": 87, "good": 265, "none": 21}
    assert counts["missing_photos"] == 3 and counts["shared_photos"] == 0 and counts["notes"]["size_unknown"] == 3
    assert "3 faces have no true width and height" in said
    found = audit(settings).counts()
    assert found["duplicate_pairs"]["identical"] == {"train": 5, "test": 0, "across": 0}
    assert found["duplicate_pairs"]["near"]["across"] == 1 and found["leaked_test_faces"]["all"] == 10


def test_what_is_held_in_memory_does_not_grow_with_the_number_of_faces(raw, params, monkeypatch: pytest.MonkeyPatch):
    held, content = [], encoded(picture(20, 20))

    def stop(*_, **__):
        gc.collect()
        held.append(len(gc.get_objects()))
        raise InterruptedError

    monkeypatch.setattr(prepare_module, "write_card", stop)  # the last but the pictures
    for count in (30, 30, 230):  # the first run fills what is kept for good
        shutil.rmtree("data", ignore_errors=True)
        photos = {f"p{i:05d}.png": content + bytes([i]) for i in range(count)}
        faces = [face(name, (1, 1, 9, 9), LABELS[i % 3], row=i + 2) for i, name in enumerate(photos)]
        raw(photos, faces)
        del faces
        with pytest.raises(InterruptedError):
            prepare_faces(params())
    assert held[2] - held[1] < 100
