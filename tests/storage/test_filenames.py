"""Safe file names: the names that could not be opened are the reason for the project."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.storage.filenames import MAX_BYTES, is_safe, safe_name

NAMES = st.text(max_size=300)


@given(name=NAMES)
def test_any_name_becomes_safe_and_stays_as_it_is_the_second_time(name: str):
    safe = safe_name(name)
    assert is_safe(safe) and safe_name(safe) == safe
    assert len(safe.encode()) <= MAX_BYTES and set(safe) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    assert safe[0] not in ".-" and not safe.endswith(".")


@given(first=NAMES, second=NAMES)
def test_any_two_names_stay_apart_where_case_is_ignored(first: str, second: str):
    if first != second:
        assert safe_name(first).lower() != safe_name(second).lower()


def test_long_names_that_differ_in_one_late_letter_stay_apart():
    stem = "a-photo-of-many-people-" * 9
    first, second = safe_name(f"{stem}x.jpg"), safe_name(f"{stem}y.jpg")
    assert first != second and first.endswith(".jpg") and second.endswith(".jpg")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("0001.jpg", "0001.jpg"),
        ("A.jpg", "a-"),
        ("Crème Brûlée.JPG", "creme_brulee-"),
        ("con.jpg", "con-"),
        ("nul.tar.gz", "nul_tar-"),
        ("口罩.png", "unnamed-"),
        ("", "unnamed-"),
        (".hidden", "unnamed-"),
        ("a/../b.jpg", "a_b-"),
        ("\udcff.jpg", "unnamed-"),
    ],
)
def test_names_stay_readable(name: str, safe: str):
    assert safe_name(name).startswith(safe)


@pytest.mark.parametrize("name", ["con", "CON.jpg", "com1.png", "a.", "-a", "A", "a b", "x" * 65, "lpt9"])
def test_what_a_file_system_would_not_take_is_not_safe(name: str):
    assert not is_safe(name)
