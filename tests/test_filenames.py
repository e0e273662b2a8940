"""Safe file names: every claim of the docstring, on any text and on the real names."""

import csv
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stages.faces.filenames import safe_name

MANIFEST = Path("stages/sources/medical_masks.csv")
MASKS = Path("../shared/data/medical_masks")

DEVICES = ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))]
# Plain texts seldom look like file names: these do, and are bad in every way that counts.
WILD = st.builds(
    lambda parts, extension: "".join(parts) + extension,
    st.lists(
        st.sampled_from([*"aBé -._(/\\口\0\nßİ\udcff", "e\u0301", *DEVICES, "CON", "x" * 40]),
        max_size=8,
    ),
    st.sampled_from(["", ".jpg", ".JPG", ".jpeg", ".", ". ", ".tar.gz", "." + "y" * 30]),
)
NAMES = st.one_of(st.text(), WILD)
SAFE = st.from_regex(r"[a-z0-9_][a-z0-9._-]{0,63}", fullmatch=True).filter(
    lambda name: not name.endswith(".") and name.split(".")[0] not in DEVICES
)


@given(NAMES)
@example("")
@example(".")
@example("..")
@example(".jpg")
@example("con.x y.jpg")
@example("com0")
@example("a" * 300 + ".jpg")
@example("a" * 60 + "." + "b" * 60)
@example("ﷺ" * 100)
def test_every_file_system_takes_the_name(name):
    safe = safe_name(name)
    assert re.fullmatch(r"[a-z0-9._-]+", safe)
    assert len(safe.encode()) <= 64
    assert safe[0] not in "-." and safe[-1] != "."
    assert safe.split(".")[0] not in DEVICES


@given(NAMES)
def test_twice_is_once(name):
    assert safe_name(safe_name(name)) == safe_name(name)


@given(SAFE)
@example("a")
@example("x" * 64)
@example("a.b.c-d_e")
@example("console.jpg")
def test_a_safe_name_stays(name):
    assert safe_name(name) == name


@given(NAMES, NAMES)
@example("a.jpg", "A.jpg")
@example("é.jpg", "e\u0301.jpg")
@example("a b", "a_b")
@example("a b", "a  b")
@example("", " ")
@example("\udcff", "\udcfe")
@example("\U0001f600", "\ud83d\ude00")
def test_different_names_stay_apart_even_where_case_is_ignored(first, second):
    same = safe_name(first).casefold() == safe_name(second).casefold()
    # Applying it twice changes nothing, so the result for a name is its own result too: the one pair that must meet.
    assert same == (first == second or first == safe_name(second) or second == safe_name(first))


@given(WILD)
def test_variants_of_a_name_stay_apart(name):
    variants = {name, name.upper(), name.lower(), name + " ", name + ".", "-" + name, f" {name}"}
    variants |= {unicodedata.normalize(form, name) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    results = {safe_name(variant) for variant in variants}
    assert len(results) == len(variants)


@pytest.mark.parametrize("device", DEVICES)
def test_windows_devices_are_renamed(device):
    for name in (device, device.upper(), f"{device}.jpg", f"{device}.tar.gz"):
        assert safe_name(name).startswith(f"{device}")
        assert safe_name(name).split(".")[0] != device


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("IMG_0042.JPG", r"img_0042-[0-9a-f]{12}\.jpg"),
        ("-1x-1 (2).jpg", r"1x-1_2-[0-9a-f]{12}\.jpg"),
        ("Marché du café.jpeg", r"marche_du_cafe-[0-9a-f]{12}\.jpeg"),
        ("口罩.jpg", r"unnamed-[0-9a-f]{12}\.jpg"),
        (".jpg", r"unnamed-[0-9a-f]{12}\.jpg"),
        ("../../etc/passwd", r"etc_passwd-[0-9a-f]{12}"),
        ("a.jpg?w=1&exif=.jpg", r"a_jpg_w_1_exif-[0-9a-f]{12}\.jpg"),
        ("Straße .png", r"strasse-[0-9a-f]{12}\.png"),
        ("a.jpg.", r"a-[0-9a-f]{12}\.jpg"),
        ("X" * 200 + ".jpeg", r"x{46}-[0-9a-f]{12}\.jpeg"),
        ("no extension. Really", r"no_extension_really-[0-9a-f]{12}"),
    ],
)
def test_a_changed_name_stays_readable_and_keeps_its_extension(name, expected):
    assert re.fullmatch(expected, safe_name(name))


def test_a_name_that_looks_hashed_meets_no_other():
    hashed = safe_name("IMG_0042.JPG")
    lookalike = hashed[:-5] + ("0" if hashed[-5] != "0" else "1") + ".jpg"
    assert safe_name(lookalike) == lookalike != hashed
    assert safe_name(hashed.upper()) != hashed


def test_names_of_the_catalogue_stay_apart():
    with MANIFEST.open(encoding="utf-8", newline="") as file:
        names = [row["filename"] for row in csv.DictReader(file)]
    assert len({safe_name(name) for name in names}) == len(names) == 676
    assert all(Path(safe_name(name)).suffix == Path(name).suffix.lower() for name in names)


@pytest.mark.skipif(not MASKS.is_dir(), reason="the real data are not in ../shared/data")
def test_real_names(tmp_path):
    names = [path.name for path in (MASKS / "images").iterdir()]
    for name in names:
        (tmp_path / safe_name(name)).write_text(name, encoding="utf-8")
    assert len(list(tmp_path.iterdir())) == len(names)
