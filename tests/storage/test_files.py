"""Files that are whole or not there, and read back as they were written."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.runtime.errors import InputError
from stages.storage.annotations import Annotation, read_annotations, write_annotations
from stages.storage.arrays import read_arrays, write_arrays
from stages.storage.curves import over_seeds, per_seed
from stages.storage.files import atomic_file, atomic_folder, read_json, write_json, write_text
from stages.storage.tables import read_table, write_table
from stages.storage.weights import load_weights, save_weights

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


class Cut(Exception):
    """Something that happens in the middle of writing."""


def test_a_file_that_is_cut_off_leaves_the_old_one_and_nothing_else(tmp_path: Path):
    path = tmp_path / "new" / "a.txt"
    write_text(path, "old")
    with pytest.raises(Cut), atomic_file(path) as partial:
        partial.write_text("half")
        raise Cut
    assert path.read_text() == "old" and os.listdir(path.parent) == ["a.txt"]


def test_a_folder_that_is_cut_off_leaves_the_old_one_and_nothing_else(tmp_path: Path):
    path = tmp_path / "data"
    with atomic_folder(path) as partial:
        (partial / "a").write_text("old")
    with pytest.raises(Cut), atomic_folder(path) as partial:
        (partial / "b").write_text("half")
        raise Cut
    assert os.listdir(path) == ["a"] and os.listdir(tmp_path) == ["data"]
    with atomic_folder(path) as partial:
        (partial / "c").write_text("new")
    assert os.listdir(path) == ["c"] and os.listdir(tmp_path) == ["data"]


def test_what_a_killed_process_left_is_overwritten(tmp_path: Path):
    (tmp_path / ".data.partial").mkdir()
    (tmp_path / ".data.partial" / "half").write_text("")
    with atomic_folder(tmp_path / "data") as partial:
        assert os.listdir(partial) == []
    assert os.listdir(tmp_path) == ["data"]


def test_json_is_plain_rounded_and_holds_no_infinity(tmp_path: Path):
    path = tmp_path / "a.json"
    write_json(path, {1: np.float32(0.123456789), "n": np.int64(3), "l": np.array([True, False]), "口": None})
    assert read_json(path) == {"1": 0.123457, "n": 3, "l": [True, False], "口": None}
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"a": float("nan")})
    assert read_json(path)["n"] == 3, "the old file stays"


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff"])
def test_a_damaged_json_is_one_line_with_advice(tmp_path: Path, content: bytes | None):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.json: not readable .*; run `dvc repro`"):
        read_json(path)


@given(texts=st.lists(TEXTS, min_size=1, max_size=6), numbers=st.lists(st.integers(-(10**6), 10**6), min_size=6))
def test_any_table_reads_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, texts: list[str], numbers: list[int]):
    path = tmp_path_factory.mktemp("table") / "t.csv"
    table = pd.DataFrame({"text": texts, "number": numbers[: len(texts)]})
    write_table(path, table)
    pd.testing.assert_frame_equal(read_table(path, ["text"]), table, check_dtype=False)


def test_texts_that_look_like_numbers_stay_texts_and_empty_numbers_are_missing(tmp_path: Path):
    path = tmp_path / "t.csv"
    write_table(path, pd.DataFrame({"label": ["01", "NA", "1e3"], "p": [0.12345678, np.nan, 1.0]}))
    table = read_table(path, ["label"])
    assert table["label"].tolist() == ["01", "NA", "1e3"]
    assert table["p"].tolist()[0] == 0.123457 and np.isnan(table["p"][1])


def test_arrays_are_the_same_bytes_twice_and_read_back(tmp_path: Path):
    arrays = {"x": np.arange(6, dtype=np.float32).reshape(2, 3), "names": np.array(["é", "口"])}
    write_arrays(tmp_path / "a.npz", arrays)
    write_arrays(tmp_path / "b.npz", arrays)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    for name, array in read_arrays(tmp_path / "a.npz").items():
        np.testing.assert_array_equal(array, arrays[name])
    with pytest.raises(InputError, match=r"a\.npz: lacks the array y \(it has x, names\); run"):
        read_arrays(tmp_path / "a.npz", ["x", "y"])


def test_no_pickle_is_loaded_and_damage_is_one_line(tmp_path: Path):
    np.savez(tmp_path / "p.npz", x=np.array([print], dtype=object))
    write_arrays(tmp_path / "a.npz", {"x": np.arange(1000)})
    (tmp_path / "cut.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:500])
    (tmp_path / "text.npz").write_text("no archive")
    np.save(tmp_path / "single.npy", np.arange(3))
    for name in ("p.npz", "cut.npz", "text.npz", "single.npy"):
        with pytest.raises(InputError, match=rf"{name}: not readable as an \.npz of plain arrays"):
            read_arrays(tmp_path / name)
    with pytest.raises(InputError, match="no such file"):
        read_arrays(tmp_path / "none.npz")


def test_weights_are_the_same_bytes_twice_and_read_back(tmp_path: Path):
    weights = {3: {"a": np.eye(2, dtype=np.float32)}, 0: {"a": np.zeros((2, 2), np.float32)}}
    about = {"classes": ["x", "y"], "shape": [28, 28], "variant": {"lr": 0.1}}
    for name in ("a", "b"):
        save_weights(tmp_path / name, weights, about)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    found, said = load_weights(tmp_path / "a")
    assert list(found) == [0, 3] and said == about
    np.testing.assert_array_equal(found[3]["a"], np.eye(2))


@pytest.mark.parametrize("content", [None, b"", b"\x00" * 64, "cut", "foreign"])
def test_a_damaged_weights_file_is_one_line(tmp_path: Path, content):
    path = tmp_path / "w.safetensors"
    save_weights(path, {0: {"a": np.ones(100)}}, {"classes": ["x"]})
    whole = path.read_bytes()
    path.unlink()
    if content == "foreign":
        from safetensors.numpy import save_file

        save_file({"a": np.ones(2)}, path)
    elif content is not None:
        path.write_bytes(whole[:-50] if content == "cut" else content)
    with pytest.raises(InputError, match=r"w\.safetensors: (no such file|not a weights file)"):
        load_weights(path)


def annotation(**changes: object) -> Annotation:
    values = {
        "photo": 'a "b",\n.jpg',
        "file": "a-1.jpg",
        "label": "Na,\tN",
        "box": (0.0, 1.5, 2.0, 3.0),
        "size": (4, 5),
    }
    values |= {"split": "train", "source": "annotations.csv", "row": 3, "problem": ""} | changes
    return Annotation(**values)


def test_annotations_read_back_as_they_were(tmp_path: Path):
    faces = [annotation(), annotation(box=None, size=None, split="", problem="box: no number"), annotation(label="01")]
    write_annotations(tmp_path / "faces.csv", faces)
    assert list(read_annotations(tmp_path / "faces.csv")) == faces
    assert annotation().place == "annotations.csv, row 3"
    assert annotation(source="a.xml").place == "a.xml, object 3"
    assert annotation(source="a.xml", row=0).place == "a.xml"


def test_a_damaged_table_of_faces_is_one_line(tmp_path: Path):
    (tmp_path / "faces.csv").write_text("photo,file\na,b\n")
    for name in ("faces.csv", "none.csv"):
        with pytest.raises(InputError, match=rf"{name}: not readable as a table of faces .*; run `dvc repro"):
            list(read_annotations(tmp_path / name))


def test_curves_are_means_over_the_seeds_with_the_deviation_of_a_sample():
    histories = {
        0: [{"epoch": 1, "train_loss": 1.0, "learning_rate": 0.1}],
        5: [{"epoch": 1, "train_loss": 3.0, "learning_rate": 0.1}],
    }
    table = per_seed(histories)
    assert table.columns.tolist() == ["seed", "epoch", "train_loss", "learning_rate"]
    mean = over_seeds(table)
    assert mean.to_dict("records") == [
        {"epoch": 1, "train_loss": 2.0, "learning_rate": pytest.approx(0.1), "train_loss_std": pytest.approx(2**0.5)}
    ]
    assert "train_loss_std" not in over_seeds(table[table["seed"] == 0])
