"""Weights files: what comes back, and what is refused."""

import json

import numpy as np
import pytest
from safetensors.numpy import save

from stages.errors import InputError
from stages.weights import load_weights, save_weights

ABOUT = {"classes": ["bad", "none"], "activation": "relu", "a": 1}


def some_weights(seed: int = 0) -> dict[int, dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    return {
        seed: {"0.weights": rng.normal(size=(4, 3)).astype(np.float32), "latent.10": rng.normal(size=(2, 2)).T}
        for seed in (10, 2, 0)
    }


def test_weights_come_back_as_they_were_written(tmp_path):
    path, weights = tmp_path / "models" / "plain.safetensors", some_weights()
    save_weights(path, weights, ABOUT)
    read, about = load_weights(path)
    assert about == ABOUT
    assert list(read) == [0, 2, 10]
    for seed, arrays in weights.items():
        assert set(read[seed]) == set(arrays)
        for name, array in arrays.items():
            assert (read[seed][name] == array).all()
            assert read[seed][name].dtype == array.dtype


def test_the_same_weights_are_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        save_weights(tmp_path / name, some_weights(), dict(reversed(ABOUT.items())) if name == "two" else ABOUT)
    save_weights(tmp_path / "other", some_weights(1), ABOUT)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() != (tmp_path / "other").read_bytes()


def test_a_file_cut_off_anywhere_is_refused(tmp_path):
    whole, path = tmp_path / "whole", tmp_path / "cut.safetensors"
    save_weights(whole, some_weights(), ABOUT)
    content = whole.read_bytes()
    for length in (0, 4, 8, 50, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        refused(path)


FOREIGN = {
    "no metadata": save({"seed0/w": np.zeros(2)}),
    "other metadata": save({"seed0/w": np.zeros(2)}, {"format": "pt"}),
    "no JSON": save({"seed0/w": np.zeros(2)}, {"about": "{"}),
    "other names": save({"weight": np.zeros(2)}, {"about": "{}"}),
    "no seed": save({"layer/weight": np.zeros(2)}, {"about": "{}"}),
    "garbage": b"garbage" * 99,
    "JSON": json.dumps(ABOUT).encode(),
    "pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00]\x94(K\x01K\x02e.",
    "huge header": b"\xff" * 200,
}


@pytest.mark.parametrize("name", FOREIGN)
def test_other_files_are_refused(name, tmp_path):
    path = tmp_path / "foreign.safetensors"
    path.write_bytes(FOREIGN[name])
    refused(path)


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    refused(tmp_path)
    with pytest.raises(InputError, match=r"gone: no such file; run `dvc repro`"):
        load_weights(tmp_path / "gone")


def refused(path) -> None:
    with pytest.raises(InputError, match="not a weights file of this project, or cut off") as caught:
        load_weights(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
