"""Weights and predictions that are cut off, of another network or none at all: named, and never judged."""

import json
import struct

import numpy as np
import pytest
import torch
from safetensors.numpy import save
from safetensors.torch import save as save_torch

from stages.digits.dataset import load_digits, save_digits
from stages.errors import InputError
from stages.params_cnn import CnnVariant
from stages.predictions import load_predictions, save_predictions
from stages.results.predict_cnn import predict as predict_cnn
from stages.results.predict_dnn import latent_features
from stages.results.predict_dnn import predict as predict_dnn
from stages.weights import load_weights, save_weights
from tests.foreign import DIGITS, PLAIN, arrays_of_a_seed
from tests.pipeline import cnn_variant
from tests.test_cnn_training import CLASSES, TEST, TRAIN
from tests.test_predictions import some_predictions

ABOUT = {"activation": "relu"}


def zeros(*shape: int, dtype: type = np.float32) -> np.ndarray:
    return np.zeros(shape, dtype)


def spoilt(value: float) -> np.ndarray:
    array = arrays_of_a_seed()["0.weights"]
    array[3, 3] = value
    return array


# What of a good file is changed, and what the user reads; None takes an array away.
FOREIGN = {
    "no biases": ({"1.biases": None}, "seed0/1.biases is missing"),
    "no last layer": ({"1.biases": None, "1.weights": None}, "seed0/1.biases is missing"),
    "one layer more": ({"2.weights": zeros(10, 10)}, "seed0/2.weights is one too many"),
    "another network": ({"conv.weight": zeros(4, 3, 3, 3)}, "seed0/conv.weight is one too many"),
    "other inputs": ({"0.weights": zeros(64, 8)}, r"seed0/0.weights is float32 \(64, 8\), not float32 \(784, 8\)"),
    "other outputs": ({"1.weights": zeros(8, 3), "1.biases": zeros(3)}, r"seed0/1.biases is float32 \(3,\)"),
    "biases for all": ({"1.biases": zeros(1)}, r"seed0/1.biases is float32 \(1,\), not float32 \(10,\)"),
    "other nodes": ({"0.weights": zeros(784, 9), "0.biases": zeros(9)}, r"seed0/0.biases is float32 \(9,\)"),
    "turned": ({"0.weights": zeros(8, 784)}, r"seed0/0.weights is float32 \(8, 784\)"),
    "64 bits": ({"0.weights": zeros(784, 8, dtype=np.float64)}, "seed0/0.weights is float64"),
    "16 bits": ({"0.weights": zeros(784, 8, dtype=np.float16)}, "seed0/0.weights is float16"),
    "whole numbers": ({"0.weights": zeros(784, 8, dtype=np.int32)}, "seed0/0.weights is int32"),
    "NaN": ({"0.weights": spoilt(np.nan)}, "seed0/0.weights holds numbers that are not finite"),
    "infinity": ({"0.weights": spoilt(np.inf)}, "seed0/0.weights holds numbers that are not finite"),
    "other latent features": ({"latent.1": zeros(7, 8)}, r"seed0/latent.1 is float32 \(7, 8\)"),
    "another latent epoch": ({"latent.5": zeros(20, 8)}, "seed0/latent.5 is one too many"),
    "no latent epoch": ({"latent.x": zeros(20, 8)}, "seed0/latent.x is one too many"),
}


def refused(path, message):
    for ask in (predict_dnn, latent_features):
        with pytest.raises(InputError, match=message) as caught:
            ask(path, PLAIN, DIGITS)
        assert str(caught.value).startswith(f"{path}: ") and "run `dvc repro`" in str(caught.value)
        assert str(caught.value).isprintable()


def test_the_right_weights_are_asked(tmp_path):
    save_weights(tmp_path / "a.safetensors", {0: arrays_of_a_seed()}, ABOUT)
    assert predict_dnn(tmp_path / "a.safetensors", PLAIN, DIGITS).logits["test"].shape == (1, 20, 10)
    assert list(latent_features(tmp_path / "a.safetensors", PLAIN, DIGITS)) == ["epoch 1", "epoch 2"]


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("seeds", [[0], [0, 1]])
def test_weights_of_another_digit_network_are_named(tmp_path, name, seeds):
    changes, message = FOREIGN[name]
    foreign = {key: array for key, array in (arrays_of_a_seed() | changes).items() if array is not None}
    weights = {seed: arrays_of_a_seed() for seed in seeds[:-1]} | {seeds[-1]: foreign}
    save_weights(tmp_path / "a.safetensors", weights, ABOUT)
    refused(tmp_path / "a.safetensors", message.replace("seed0", f"seed{seeds[-1]}"))


@pytest.mark.parametrize("about", [{}, {"activation": "swish"}, {"activation": ["relu"]}, {"activation": "tanh"}])
def test_another_activation_is_another_network(tmp_path, about):
    save_weights(tmp_path / "a.safetensors", {0: arrays_of_a_seed()}, about)
    refused(tmp_path / "a.safetensors", "another activation")


def safetensors(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    """A file whose header may be any JSON, or any bytes, and of any length by its own account."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(**changes: object) -> dict:
    one = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} | changes
    return {"__metadata__": {"about": json.dumps(ABOUT)}, "seed0/0.weights": one}


BROKEN = {
    "a header of 2^60 bytes": lambda: safetensors(b"{}", length=1 << 60),
    "a header of 99 MB": lambda: safetensors(b"{}", length=99_000_000),
    "a header of brackets": lambda: safetensors(b'{"a":' + b"[" * 100_000),
    "a header that is a list": lambda: safetensors([]),
    "what is it about? brackets": lambda: safetensors({"__metadata__": {"about": "[" * 100_000}}),
    "what is it about? a long number": lambda: safetensors({"__metadata__": {"about": "1" * 5000}}),
    "what is it about? a list": lambda: save({"seed0/0.weights": zeros(2)}, {"about": "[]"}),
    "what is it about? nothing": lambda: save({"seed0/0.weights": zeros(2)}, {"about": "null"}),
    "a shape beyond 64 bits": lambda: safetensors(tensor(shape=[1 << 40, 1 << 40]), b"1234"),
    "a shape below 0": lambda: safetensors(tensor(shape=[-1]), b"1234"),
    "data beyond the end": lambda: safetensors(tensor(data_offsets=[0, 1 << 50]), b"1234"),
    "data that overlap": lambda: safetensors(tensor() | {"seed0/1.weights": tensor()["seed0/0.weights"]}, b"1234"),
    "data that nobody names": lambda: safetensors(tensor(), b"12345678"),
    "no weights": lambda: save({}, {"about": json.dumps(ABOUT)}),
    "bfloat16": lambda: save_torch(
        {"seed0/0.weights": torch.zeros(2, dtype=torch.bfloat16)}, {"about": json.dumps(ABOUT)}
    ),
    "float8": lambda: save_torch(
        {"seed0/0.weights": torch.zeros(2, dtype=torch.float8_e4m3fn)}, {"about": json.dumps(ABOUT)}
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_weights_file_is_named(tmp_path, name):
    (tmp_path / "a.safetensors").write_bytes(BROKEN[name]())
    refused(tmp_path / "a.safetensors", "not a weights file of this project, or cut off .*; delete it and run")


def test_a_file_of_torch_save_is_called_what_it_is(tmp_path):
    torch.save({"seed0/0.weights": torch.zeros(2)}, tmp_path / "a.safetensors")
    refused(tmp_path / "a.safetensors", "it looks like a pickle or a file of torch.save, which is never loaded")


def test_weights_are_no_pickle_whatever_the_length_of_their_header(tmp_path):
    """The first bytes of a file are that length: 0x280 looks as a pickle begins."""
    path, alike = tmp_path / "a.safetensors", 0
    for more in range(0, 512, 8):
        save_weights(path, {0: arrays_of_a_seed()}, ABOUT | {"more": "x" * more})
        assert list(load_weights(path)[0]) == [0]
        alike += path.read_bytes()[:2] in (b"\x80\x02", b"\x80\x03")
    assert alike


def test_weights_cut_at_every_tenth_are_named(tmp_path):
    path = tmp_path / "a.safetensors"
    save_weights(path, {0: arrays_of_a_seed()}, ABOUT)
    whole = path.read_bytes()
    for tenth in range(10):
        path.write_bytes(whole[: len(whole) * tenth // 10])
        refused(path, "cut off")
    path.write_bytes(whole + b"more")
    refused(path, "cut off")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop(next(iter(state))), "Missing key"),
        (lambda state: state.update({"more.weight": zeros(2)}), "Unexpected key"),
        (lambda state: state.update({next(iter(state)): zeros(2, 2)}), "size mismatch"),
        (lambda state: state.update({k: v.astype(np.float64) for k, v in state.items()}), "is of float64, not float32"),
        (lambda state: state.update({k: v.astype(np.int64) for k, v in state.items()}), "is of int64, not float32"),
    ],
)
def test_weights_of_another_mask_network_are_named(tmp_path, change, message):
    from stages.cnn.kinds import build_network

    variant = CnnVariant.model_validate(cnn_variant())
    state = {name: tensor.numpy() for name, tensor in build_network(variant, TRAIN).state_dict().items()}
    faces = {"train": TRAIN, "test": TEST}
    save_weights(tmp_path / "a.safetensors", {0: state}, {"classes": CLASSES})
    predict_cnn(tmp_path / "a.safetensors", variant, faces)
    change(state)
    save_weights(tmp_path / "a.safetensors", {0: state}, {"classes": CLASSES})
    with pytest.raises(InputError, match=f"weights of another network; run `dvc repro` .*{message}") as caught:
        predict_cnn(tmp_path / "a.safetensors", variant, faces)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("about", [{}, {"classes": None}, {"classes": ["cat", "dog"]}, {"classes": 3}])
def test_weights_for_other_classes_are_named(tmp_path, about):
    save_weights(tmp_path / "a.safetensors", {0: {"weight": zeros(2)}}, about)
    with pytest.raises(InputError, match="trained on the classes .*; run `dvc repro`"):
        predict_cnn(tmp_path / "a.safetensors", CnnVariant.model_validate(cnn_variant()), {"train": TRAIN})


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("classes", np.arange(3)),
        ("seeds", np.array(["0", "5"])),
        ("seeds", np.array([0])),
        ("logits_test", np.zeros((2, 4), np.float32)),
        ("logits_test", np.zeros((2, 4, 3), int)),
        ("logits_train", np.full((2, 7, 3), np.nan, np.float32)),
        ("labels_test", np.array([0, 1, 2, 3])),
        ("labels_test", np.array([0, 1, 2, -1])),
        ("labels_test", np.zeros(5, int)),
        ("labels_train", np.zeros(7)),
        ("groups_test", np.arange(4)),
        ("groups_test", np.array(["a"])),
    ],
)
def test_predictions_of_something_else_are_named(tmp_path, part, values):
    path = tmp_path / "a.predictions.npz"
    save_predictions(path, some_predictions())
    with np.load(path) as arrays:
        np.savez(path, **(dict(arrays) | {part: values}))
    with pytest.raises(InputError, match="no predictions of this project .*; delete it and run `dvc repro`"):
        load_predictions(path)


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("x_train", np.zeros((30, 8, 8), np.uint8)),
        ("x_train", np.zeros((30, 28, 28))),
        ("x_test", np.zeros((0, 28, 28), np.uint8)),
        ("x_test", np.uint8(3)),
        ("y_train", np.zeros(29, np.uint8)),
        ("y_train", np.zeros(30, np.int64)),
        ("y_test", np.full(20, 10, np.uint8)),
    ],
)
def test_digits_of_something_else_are_named(tmp_path, part, values):
    save_digits(DIGITS, tmp_path / "digits.npz")
    assert (load_digits(tmp_path / "digits.npz").x_train == DIGITS.x_train).all()
    np.savez(tmp_path / "digits.npz", **(vars(DIGITS) | {part: values}))
    with pytest.raises(InputError, match="digits.npz: (images|labels) .*; run `dvc repro prepare_digits`"):
        load_digits(tmp_path / "digits.npz")


def test_a_finite_state_survives_the_file(tmp_path):
    state = arrays_of_a_seed() | {"0.biases": np.array([0, -0.0, 1e-45, 3e38, 1, 2, 3, 4], np.float32)}
    save_weights(tmp_path / "a.safetensors", {0: state}, ABOUT)
    read, _ = load_weights(tmp_path / "a.safetensors")
    assert all(read[0][name].tobytes() == array.tobytes() for name, array in state.items())
