"""The lists that the audit hands on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.errors import InputError
from stages.leaks import leaked_path, left_out_path, read_names, write_names

NAMES = st.text(st.characters(codec="utf-8"), min_size=1)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("lists") / "faces_audit" / "left_out.csv"


@given(names=st.sets(NAMES))
def test_any_names_come_back(names, path):
    write_names(path, "photo", sorted(names))
    assert read_names(path) == names


def test_no_names_are_a_header_alone(path):
    write_names(path, "photo", [])
    assert path.read_bytes() == b'"photo"\n'
    assert read_names(path) == frozenset()


@pytest.mark.parametrize("content", [b"", b"photo,other\n", b"photo\na,b\n", b'photo\n"cut off', b"photo\n\xe9\n"])
def test_what_is_no_list_is_named_in_one_line(content, path):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"left_out\.csv: not readable .*run `dvc repro audit_faces`$") as caught:
        read_names(path)
    assert "\n" not in str(caught.value)


def test_a_missing_list_is_named(tmp_path):
    with pytest.raises(InputError, match="run `dvc repro audit_digits`"):
        read_names(tmp_path / "digits_audit" / "leaked.csv")


def test_each_family_has_lists_of_its_own():
    paths = {str(of(family)) for family in ("dnn", "cnn") for of in (left_out_path, leaked_path)}
    assert paths == {f"data/{data}_audit/{name}.csv" for data in ("digits", "faces") for name in ("left_out", "leaked")}
