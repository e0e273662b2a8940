"""Photos and boxes from every source, as they arrive in data/raw/faces."""

import csv
import errno
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

import pytest

from stages.errors import InputError
from stages.faces.filenames import safe_name
from stages.params_data import Download, Faces, FacesSample
from stages.sources import gather_faces as module
from stages.sources.catalogue import FaceSet, Remote, medical_masks
from stages.sources.gather_faces import gather_faces
from tests import stub_server as stub
from tests.stub_server import StubServer

PROJECT = Path(__file__).parents[1]
DATA = Path("../shared/data")
HEADER = "filename,width,height,label,xmin,ymin,xmax,ymax\n"
# All that is needed, for Python itself may lie where only root can read.
IMPORTS = """
import encodings.utf_8_sig
from stages.params_data import Download, Faces
from stages.sources.gather_faces import gather_faces
settings = dict(source="local", missing="error", test_size=0.25, seed=0, sample=dict(photos=6, seed=0))
quick = dict(mirror=None, connections=1, attempts=1, timeout=1.0)
"""
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real data are not in ../shared/data")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PIPELINE_DOWNLOADS", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def faces(source="local", path="unused", missing="error", photos=6):
    sample = FacesSample(photos=photos, seed=0)
    return Faces(source=source, path=str(path), missing=missing, test_size=0.25, seed=0, sample=sample)


def download(mirror=None):
    return Download(mirror=None if mirror is None else str(mirror), connections=4, attempts=1, timeout=5.0)


def table(*names):
    return HEADER + "".join(f'"{name}",9,9,good,1,1,8,8\n' for name in names)


def voc(name):
    return f"<annotation><filename>{name}</filename><object><name>good</name></object></annotation>"


def make(folder, **files):
    """A folder with ``files`` by path; photos are any bytes here."""
    for name, content in {"images/a.jpg": "photo a", "images/B (1).JPG": "photo b", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.encode())
    return folder


def rows(target):
    with (target / "photos.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tree(target):
    return {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}


def refused(source, message, missing="error"):
    target = source.parent / "raw"
    with pytest.raises(InputError, match=message) as caught:
        gather_faces(faces(path=source, missing=missing), download(), target)
    assert "\n" not in str(caught.value)
    assert not target.exists() and not (target.parent / ".raw.partial").exists()


# ------------------------------------------------------------------ local


@pytest.mark.parametrize("form", [("annotations.csv",), ("train.csv", "test.csv")])
def test_local_csv(tmp_path, form):
    texts = dict(zip(form, [table("a.jpg", "B (1).JPG"), table("B (1).JPG")], strict=False))
    source, target = make(tmp_path / "mine", **texts), tmp_path / "raw"
    summary = gather_faces(faces(path=source), download(), target)
    assert "2 photos" in summary
    stored = safe_name("B (1).JPG")
    expected = {name: text.encode() for name, text in texts.items()}
    expected |= {"images/a.jpg": b"photo a", f"images/{stored}": b"photo b"}
    found = tree(target)
    index = found.pop("photos.csv")
    assert found == expected
    first = f"a.jpg,a.jpg,7,{hashlib.sha256(b'photo a').hexdigest()}\n"
    second = f"{stored},B (1).JPG,7,{hashlib.sha256(b'photo b').hexdigest()}\n"
    assert index.decode() == "file,original,bytes,sha256\n" + first + second


def test_the_same_input_gives_the_same_bytes_and_replaces_what_was_there(tmp_path):
    source, target = make(tmp_path / "mine", **{"annotations.csv": table("a.jpg", "B (1).JPG")}), tmp_path / "raw"
    gather_faces(faces(path=source), download(), target)
    before = tree(target)
    (target / "images" / "old.jpg").write_bytes(b"")
    gather_faces(faces(path=source), download(), target)
    assert tree(target) == before


@pytest.mark.parametrize("folder", ["labels", "annotations"])
def test_local_voc(tmp_path, folder):
    files = {f"{folder}/a.xml": voc("a.jpg"), f"{folder}/other.xml": voc("B (1).JPG"), f"{folder}/classes.txt": "good"}
    target = tmp_path / "raw"
    gather_faces(faces(path=make(tmp_path / "mine", **files)), download(), target)
    found = tree(target)
    assert found["labels/a.jpg.xml"] == files[f"{folder}/a.xml"].encode()
    assert found[f"labels/{safe_name('B (1).JPG')}.xml"] == files[f"{folder}/other.xml"].encode()
    assert len(found) == 5


def test_voc_files_are_matched_by_their_own_name_where_the_element_is_wrong(tmp_path):
    files = {"labels/a.xml": voc("renamed.jpg"), "labels/B (1).xml": "not XML"}
    target = tmp_path / "raw"
    gather_faces(faces(path=make(tmp_path / "mine", **files)), download(), target)
    assert {"labels/a.jpg.xml", f"labels/{safe_name('B (1).JPG')}.xml"} < set(tree(target))


def test_voc_files_without_a_photo_are_missing_photos_or_left_to_cropping(tmp_path):
    files = {"labels/a.xml": voc("a.jpg"), "labels/c.xml": voc("c.jpg")}
    source = make(tmp_path / "mine", **files)
    refused(source, "1 photo .*missing in .*: c.jpg; .*faces.missing: skip")
    (source / "labels" / "c.xml").write_text("not XML", encoding="utf-8")
    gather_faces(faces(path=source), download(), tmp_path / "raw")
    assert (tmp_path / "raw" / "labels" / "c.xml").read_text(encoding="utf-8") == "not XML"


def test_a_voc_file_that_could_be_about_two_photos_is_about_neither(tmp_path):
    files = {"images/a.png": "", "labels/a.xml": voc("c.jpg"), "labels/b.xml": voc("a.png")}
    refused(make(tmp_path / "mine", **files), "1 photo .*missing in .*: c.jpg")


def test_an_xml_file_that_would_fill_the_memory_is_not_read(tmp_path):
    bomb = '<!DOCTYPE a [<!ENTITY b "xx"><!ENTITY c "&b;&b;">]><annotation><filename>&c;</filename></annotation>'
    source = make(tmp_path / "mine", **{"labels/a.xml": bomb})
    gather_faces(faces(path=source), download(), tmp_path / "raw")
    assert "labels/a.jpg.xml" in tree(tmp_path / "raw")


def test_missing_photos_are_skipped_counted_and_listed_when_asked(tmp_path):
    source = make(
        tmp_path / "mine", **{"annotations.csv": table("a.jpg", "gone, too.jpg", "gone, too.jpg ", "B (1).JPG")}
    )
    refused(source, r"1 photo .*missing in .*images: gone, too.jpg; set faces.missing: skip")
    summary = gather_faces(faces(path=source, missing="skip"), download(), tmp_path / "raw")
    assert "2 photos in" in summary and "1 photo missing and skipped: gone, too.jpg." in summary


def test_what_no_annotation_names_is_left_out_and_said(tmp_path):
    files = {"annotations.csv": table("a.jpg"), "images/.DS_Store": "", "images/sub/x.jpg": ""}
    source = make(tmp_path / "mine", **files)
    summary = gather_faces(faces(path=source), download(), tmp_path / "raw")
    assert "3 entries of images/ named by no annotation and left out: .DS_Store, B (1).JPG, sub." in summary
    assert [row["original"] for row in rows(tmp_path / "raw")] == ["a.jpg"]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + table("a.jpg"),
        table("a.jpg").replace(",", ";"),
        table("a.jpg").replace("\n", "\r\n"),
        "\n" + table("a.jpg"),
        table(" a.jpg "),
        table("a.jpg") + "\n,1,1\n",
    ],
)
def test_forms_of_csv(tmp_path, text):
    source = make(tmp_path / "mine", **{"annotations.csv": text})
    gather_faces(faces(path=source), download(), tmp_path / "raw")
    assert [row["original"] for row in rows(tmp_path / "raw")] == ["a.jpg"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "has no annotations beside images/; needed: train.csv and test.csv"),
        ({"labels/a.txt": "0 1 1 1 1"}, "has no annotations"),
        ({"train.csv": table("a.jpg")}, "has train.csv but no test.csv"),
        ({"test.csv": table("a.jpg")}, "has test.csv but no train.csv"),
        (
            {"annotations.csv": table("a.jpg"), "labels/a.xml": voc("a.jpg")},
            r"than one form \(annotations.csv, labels/\)",
        ),
        ({"annotations.csv": table("new\nline.jpg")}, r"none of the photos .*: 'new\\nline.jpg'"),
        ({"annotations/a.xml": voc("a.jpg"), "labels/a.xml": voc("a.jpg")}, "more than one form"),
        ({"labels/a.xml": voc("a.jpg"), "labels/b.xml": voc("a.jpg")}, "b.xml: another file .* the photo a.jpg too"),
        ({"annotations.csv": "name,label\na.jpg,good\n"}, "annotations.csv, row 1: the header lacks filename, xmin"),
        ({"annotations.csv": ""}, "annotations.csv: is empty"),
        ({"annotations.csv": HEADER}, "annotations.csv: holds a header but no faces"),
        ({"annotations.csv": HEADER + '"a.jpg\n'}, "annotations.csv, row 2: not readable as CSV: a quote is opened"),
        ({"annotations.csv": table("x.jpg", "images/a.jpg")}, "none of the photos .*: x.jpg, images/a.jpg"),
        ({"annotations.csv": table("../mine/images/a.jpg")}, "none of the photos"),
        ({"annotations.csv/x": ""}, "annotations.csv: a folder, not a file"),
    ],
)
def test_folders_that_cannot_be_used(tmp_path, files, message):
    refused(make(tmp_path / "mine", **files), message)


def test_bytes_that_are_no_utf8(tmp_path):
    source = make(tmp_path / "mine")
    (source / "annotations.csv").write_bytes(b"filename\ncaf\xe9.jpg\n")
    refused(source, "annotations.csv, row 2: not UTF-8")


def test_folders_that_are_not_there(tmp_path):
    refused(tmp_path / "nowhere", "faces.path: .*nowhere: no such folder")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "has no folder images/")
    with pytest.raises(InputError, match="is the folder that this stage writes"):
        gather_faces(faces(path=tmp_path), download(), tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such files")
def test_links_are_followed_and_what_is_no_file_is_named(tmp_path):
    source = make(tmp_path / "mine", **{"annotations.csv": table("a.jpg", "odd.jpg")})
    odd = source / "images" / "odd.jpg"
    odd.symlink_to(source / "images" / "a.jpg")
    gather_faces(faces(path=source), download(), tmp_path / "raw2")
    stored = tmp_path / "raw2" / "images" / "odd.jpg"
    assert stored.read_bytes() == b"photo a" and not stored.is_symlink()
    odd.unlink()
    make_odd = {
        "a link to a file that is not there": lambda: odd.symlink_to("nowhere.jpg"),
        "a link to a file that is not there ": lambda: odd.symlink_to("odd.jpg"),
        "a folder, not a file": odd.mkdir,
        "a folder, not a file ": lambda: odd.symlink_to(tmp_path),
        "no regular file": lambda: os.mkfifo(odd),
        "no regular file ": lambda: odd.symlink_to("/dev/zero"),
    }
    for reason, make_it in make_odd.items():
        make_it()
        refused(source, rf"1 photo .*missing .*: odd.jpg \({reason.strip()}\); set faces.missing: skip")
        summary = gather_faces(faces(path=source, missing="skip"), download(), tmp_path / "raw3")
        assert f"1 photo missing and skipped: odd.jpg ({reason.strip()})." in summary
        assert [row["original"] for row in rows(tmp_path / "raw3")] == ["a.jpg"]
        odd.rmdir() if odd.is_dir() and not odd.is_symlink() else odd.unlink()


def as_somebody_else(program: str, *arguments: object) -> subprocess.CompletedProcess:
    """Run Python without root's right to read everything; as the user that runs the tests where that is not root."""
    drop = "import os\nif os.getuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    command = [sys.executable, "-c", "import sys\n" + IMPORTS + drop + program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=False)


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="this system has no such permissions")
@pytest.mark.parametrize(
    ("closed", "message"),
    [
        ("images/a.jpg", r"1 photo .*missing .*: a.jpg \(may not be read\); set faces.missing: skip"),
        ("annotations.csv", r"annotations.csv: may not be read"),
        ("images", r"faces.path: .*images: Permission denied"),
        (".", r"faces.path: .*: Permission denied"),
    ],
)
def test_files_and_folders_that_may_not_be_read(tmp_path, closed, message):
    source = make(tmp_path / "mine", **{"annotations.csv": table("a.jpg", "B (1).JPG")})
    for folder in [tmp_path, *tmp_path.parents]:
        if not folder.stat().st_mode & 0o001 and folder.is_relative_to(tempfile.gettempdir()):
            folder.chmod(folder.stat().st_mode | 0o055)
    (tmp_path / "raw").mkdir(mode=0o777)
    (tmp_path / "raw").chmod(0o777)
    (source / closed).chmod(0)
    program = "gather_faces(Faces(**settings, path=sys.argv[1]), Download(**quick), sys.argv[2])"
    done = as_somebody_else(program, source, tmp_path / "raw" / "faces")
    (source / closed).chmod(0o755)
    assert re.search(f"InputError: .*{message}", done.stderr), done.stderr
    assert {path.name for path in (tmp_path / "raw").iterdir()} <= {".faces.lock"}


def test_a_photo_that_is_lost_while_it_is_read_is_named(tmp_path, monkeypatch):
    source = make(tmp_path / "mine", **{"annotations.csv": table("a.jpg")})
    read = Path.read_bytes

    def fail(path: Path) -> bytes:
        if path.name == "a.jpg":
            raise OSError(errno.EIO, "Input/output error")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", fail)
    refused(source, r"images/a\.jpg: cannot be read: Input/output error")


@pytest.mark.parametrize(("written", "lies"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_two_ways_of_writing_an_accent(tmp_path, written, lies):
    called, stored = (unicodedata.normalize(form, "Café ñ.jpg") for form in (written, lies))
    source = make(tmp_path / "mine", **{f"images/{stored}": "coffee", "annotations.csv": table("a.jpg", called)})
    if (source / "images" / called).exists():
        pytest.skip("this file system makes no difference")
    summary = gather_faces(faces(path=source), download(), tmp_path / "raw")
    assert "left out: B (1).JPG." in summary, "the photo counts as named"
    assert {row["original"] for row in rows(tmp_path / "raw")} == {"a.jpg", called}
    assert (tmp_path / "raw" / "images" / safe_name(called)).read_bytes() == b"coffee"
    make(source, **{f"images/{called}": "tea"})
    gather_faces(faces(path=source), download(), tmp_path / "raw")
    assert (tmp_path / "raw" / "images" / safe_name(called)).read_bytes() == b"tea", "the very name comes first"


def test_odd_names_are_told_in_one_line(tmp_path):
    names = ["new\nline.jpg", "bell\a.jpg", "right\u202eto left.jpg", "Photo.jpg", "photo.JPG", "x" * 250 + ".jpg"]
    source = make(tmp_path / "mine", **{"annotations.csv": table("a.jpg", *names), "images/unnamed\n.jpg": ""})
    refused(source, r"missing .*: 'new\\nline.jpg', 'bell\\x07.jpg', 'right\\u202eto left.jpg', Photo.jpg, photo.JPG")
    for name in names:
        (source / "images" / name).write_bytes(name.encode())
    summary = gather_faces(faces(path=source), download(), tmp_path / "raw")
    assert "'unnamed\\n.jpg'" in summary and summary.isprintable()
    for row in rows(tmp_path / "raw"):
        if row["original"] != "a.jpg":
            assert (tmp_path / "raw" / "images" / row["file"]).read_bytes() == row["original"].encode()
    assert len(rows(tmp_path / "raw")) == len(names) + 1


@pytest.mark.skipif(sys.platform != "linux", reason="names are text on other systems")
def test_names_that_are_no_utf8(tmp_path):
    source = make(tmp_path / "mine", **{"labels/a.xml": voc("a.jpg")})
    odd = os.fsencode(source / "images") + b"/caf\xe9.jpg"
    Path(os.fsdecode(odd)).write_bytes(b"")
    summary = gather_faces(faces(path=source), download(), tmp_path / "raw2")
    assert r"left out: B (1).JPG, 'caf\udce9.jpg'." in summary
    Path(os.fsdecode(os.fsencode(source / "labels") + b"/caf\xe9.xml")).write_text(voc("?"))
    refused(source, r"'caf\\udce9.jpg': the name of this photo is no valid UTF-8; rename it")


def test_two_photos_that_would_get_one_name(tmp_path):
    stored = safe_name("B (1).JPG")
    source = make(tmp_path / "mine", **{f"images/{stored}": "", "annotations.csv": table("B (1).JPG", stored)})
    refused(source, r"two photos of the same name")


# ------------------------------------------------------------------ sample


def test_sample(tmp_path):
    target = tmp_path / "raw"
    assert "sample: 6 photos" in gather_faces(faces("sample"), download(), target)
    originals = {row["original"] for row in rows(target)}
    assert {row["filename"] for row in csv.DictReader((target / "annotations.csv").open(encoding="utf-8"))} == originals
    for row in rows(target):
        content = (target / "images" / row["file"]).read_bytes()
        assert row["file"] == safe_name(row["original"])
        assert (int(row["bytes"]), row["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert [row["file"] for row in rows(target)] == sorted(path.name for path in (target / "images").iterdir())


# ------------------------------------------------------------------ medical_masks


@pytest.fixture
def masks(monkeypatch):
    """A small set on a stub server: two photos, and a third that the CSV names but nobody has."""
    contents = {"train.csv": table("a.jpg", "-b (1).jpg"), "test.csv": table("nowhere.jpg")}
    contents |= {"a.jpg": "A", "-b (1).jpg": "B"}
    with StubServer() as server:
        server.files = {f"/{name}": text.encode() for name, text in contents.items()}
        server.files |= {
            f"/mirror/{path}": text.encode()
            for name, text in contents.items()
            for path in [f"medical_masks/{name}" if name.endswith("csv") else f"medical_masks/images/{name}"]
        }

        def remote(name, folder):
            content = contents[name].encode()
            digest = hashlib.sha256(content).hexdigest()
            return Remote(name, f"{server.address}/{name}", folder + name, "sha256", digest, len(content))

        tables = tuple(remote(name, "medical_masks/") for name in ("train.csv", "test.csv"))
        photos = tuple(remote(name, "medical_masks/images/") for name in ("a.jpg", "-b (1).jpg"))
        monkeypatch.setattr(module, "medical_masks", lambda: FaceSet(tables, photos))
        yield server


@pytest.mark.parametrize("mirrored", [False, True])
def test_medical_masks(tmp_path, masks, mirrored):
    settings = download(f"{masks.address}/mirror" if mirrored else None)
    summary = gather_faces(faces("medical_masks", missing="skip"), settings, tmp_path / "raw")
    assert "2 photos" in summary and "1 photo missing and skipped: nowhere.jpg." in summary
    assert set(tree(tmp_path / "raw")) == {
        "photos.csv",
        "train.csv",
        "test.csv",
        "images/a.jpg",
        f"images/{safe_name('-b (1).jpg')}",
    }
    assert all(path.startswith("/mirror") == mirrored for path, _ in masks.log)


def test_what_nobody_has_is_an_error_before_any_photo_is_fetched(tmp_path, masks):
    with pytest.raises(InputError, match="1 photo .*missing from the catalogue.*: nowhere.jpg; set .*: skip"):
        gather_faces(faces("medical_masks"), download(), tmp_path / "raw")
    assert sorted(path for path, _ in masks.log) == ["/test.csv", "/train.csv"]
    assert not (tmp_path / "raw").exists()


def test_a_photo_that_the_server_lost_goes_by_the_parameter(tmp_path, masks):
    masks.otherwise["/a.jpg"] = stub.status(404)
    summary = gather_faces(faces("medical_masks", missing="skip"), download(), tmp_path / "raw")
    assert "2 photos missing and skipped: nowhere.jpg, a.jpg." in summary
    masks.files["/test.csv"] = table("nowhere.jpg").encode()
    with pytest.raises(InputError, match="missing"):
        gather_faces(faces("medical_masks"), download(), tmp_path / "raw")


def test_with_error_a_lost_photo_is_named(tmp_path, masks, monkeypatch):
    complete = module.medical_masks()
    only_train = FaceSet(complete.annotations[:1], complete.photos)
    monkeypatch.setattr(module, "medical_masks", lambda: only_train)
    masks.otherwise["/a.jpg"] = stub.status(410)
    with pytest.raises(InputError, match="1 photo .*missing where .*: a.jpg; set faces.missing: skip"):
        gather_faces(faces("medical_masks"), download(), tmp_path / "raw")


@pytest.mark.parametrize("lost", ["/train.csv", "/a.jpg"])
def test_no_parameter_skips_tables_or_failures(tmp_path, masks, lost):
    masks.otherwise[lost] = stub.status(404 if lost.endswith("csv") else 500)
    with pytest.raises(InputError, match=lost[1:]):
        gather_faces(faces("medical_masks", missing="skip"), download(), tmp_path / "raw")
    assert not (tmp_path / "raw").exists()


def test_an_interrupted_download_goes_on_where_it_was(tmp_path, masks):
    masks.script["/a.jpg"] = [stub.status(500)]
    with pytest.raises(InputError, match="kept for the next run"):
        gather_faces(faces("medical_masks", missing="skip"), download(), tmp_path / "raw")
    masks.log.clear()
    gather_faces(faces("medical_masks", missing="skip"), download(), tmp_path / "raw")
    assert [path for path, _ in masks.log] == ["/a.jpg"]


def test_the_catalogue_is_pinned():
    masks = medical_masks()
    assert len(masks.photos) == 676 and sum(photo.size for photo in masks.photos) == 138_448_185
    for remote in masks.annotations + masks.photos:
        assert len(remote.digest) == 64 and remote.size > 0
        assert remote.url.startswith("https://raw.githubusercontent.com/")


@needs_data
def test_real_photos_from_a_mirror_folder(tmp_path):
    settings = download(DATA)
    with pytest.raises(InputError, match="3 photos .*missing from the catalogue"):
        gather_faces(faces("medical_masks"), settings, tmp_path / "raw")
    summary = gather_faces(faces("medical_masks", missing="skip"), settings, tmp_path / "raw")
    assert "676 photos" in summary and "3 photos missing and skipped: " in summary
    for row in rows(tmp_path / "raw"):
        original = DATA / "medical_masks" / "images" / row["original"]
        assert (tmp_path / "raw" / "images" / row["file"]).read_bytes() == original.read_bytes()
    assert not (tmp_path / "cache").exists()
