"""A copy of the project that runs in a minute and downloads what it works on, from a mirror made for it."""

import csv
import hashlib
import io
from pathlib import Path

import numpy as np

from ci.reproduce_check import copy_without_results, project_files
from stages.csv_writer import write_rows
from stages.params_edit import set_values
from stages.sources.catalogue import TIBETAN_MNIST, FaceSet, Remote, medical_masks
from stages.sources.draw import ANNOTATIONS, draw_sample

PHOTOS, TEST_PHOTOS, DIGITS = 12, 5, 400
CATALOGUE, MANIFEST = Path("stages/sources/catalogue.py"), Path("stages/sources/medical_masks.csv")

DNN = {"hidden": [128], "activation": "relu", "init": "random", "lr": 0.1, "batch_size": 20, "epochs": 60}
CNN = {
    **{"channels": 8, "kernel": 3, "stride": 1, "pool": 4, "optimizer": "adam", "lr": 0.001},
    **{"batch_size": 16, "epochs": 30},
}
RESIDUAL = {
    **{"network": "residual", "widths": [8, 16], "stride": 2, "dropout": 0.1, "images": 1500, "batch_size": 16},
    **{"lr": 0.01, "weight_decay": 0.01, "warmup": 0.2, "ema": 0.9, "label_smoothing": 0.05, "sampling_power": 0.5},
    **{"loss": "balanced_softmax", "augmentation": {"flip": 0.5, "cutout": 0.5}, "calibrate": False},
    **{"side": 28, "view": 1.0, "test_views": [1.0], "members": 1},
}


def make_small_project(folder: Path, mirror: Path, address: str) -> None:
    """Copy the project without results, with few photos and digits and short trainings.

    Args:
        folder: of the copy, a DVC project without Git and with a cache of its own.
        mirror: where the files that it downloads are put.
        address: under which they are served.

    Raises:
        InputError: this folder is no Git repository.
    """
    folder.mkdir(parents=True)
    copy_without_results(project_files(), folder, folder / ".dvc" / "cache")
    # A folder in its own cache setting would tie the copy to its place.
    (folder / ".dvc" / "config.local").write_text("[core]\n    no_scm = true\n", encoding="utf-8")
    (folder / "models").mkdir(exist_ok=True)
    masks = medical_masks()
    _pin(folder, masks, _make_photos(mirror, masks), _make_digits(mirror))
    settings = [
        (("seeds",), [0, 1]),
        (("download", "mirror"), address),
        (("digits", "source"), "tibetan_mnist"),
        (("faces", "source"), "medical_masks"),
        (("faces", "missing"), "error"),
        (("dnn", "variants"), {"plain": DNN}),
        (("cnn", "variants"), {"plain": CNN, "best": RESIDUAL | {"crops": "large", "flip_test": True, "members": 2}}),
        (("cnn_digits", "variants"), {"residual": RESIDUAL | {"flip_test": False}}),
    ]
    set_values(settings, folder / "params.yaml")


def _make_digits(mirror: Path) -> bytes:
    """Put an archive of the form of TibetanMNIST, with other digits, into the mirror; return it."""
    rng = np.random.default_rng(0)
    labels = np.arange(DIGITS, dtype=np.uint8) % 10
    classes = rng.integers(0, 256, (10, 28, 28))
    images = np.clip(classes[labels] + rng.normal(0, 60, (DIGITS, 28, 28)), 0, 255).astype(np.uint8)
    path = mirror / TIBETAN_MNIST.mirror_path
    path.parent.mkdir(parents=True)
    np.savez(path, image=images, label=labels)
    return path.read_bytes()


def _make_photos(mirror: Path, masks: FaceSet) -> dict[str, bytes]:
    """Put drawn photos and two tables of their boxes into the mirror; return all by name."""
    *photos, (name, table) = draw_sample(PHOTOS, seed=0)
    assert name == ANNOTATIONS
    test = {name for name, _ in photos[:TEST_PHOTOS]}
    header, *rows = csv.reader(io.StringIO(table.decode("utf-8")))
    train_csv, test_csv = (
        _table([header, *(row for row in rows if (row[0] in test) == of_test)]) for of_test in (False, True)
    )
    files = dict(photos) | {"train.csv": train_csv, "test.csv": test_csv}
    folder = mirror / Path(masks.annotations[0].mirror_path).parent
    for name, content in files.items():
        path = folder / name if name.endswith(".csv") else folder / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return files


def _table(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    write_rows(text, rows)
    return text.getvalue().encode("utf-8")


def _pin(folder: Path, masks: FaceSet, files: dict[str, bytes], digits: bytes) -> None:
    """Write the hashes and sizes of these files into the copy's catalogue."""
    code = (folder / CATALOGUE).read_text(encoding="utf-8")
    blob = hashlib.sha1(b"blob %d\0" % len(digits) + digits).hexdigest()
    code = _replace(code, TIBETAN_MNIST.digest, blob)
    for remote in masks.annotations:
        code = _replace(code, _pinned(remote), f'"{_sha256(files[remote.name])}", {len(files[remote.name])}')
    (folder / CATALOGUE).write_text(code, encoding="utf-8")
    rows = [[name, "", _sha256(content), str(len(content))] for name, content in files.items() if name[-4:] != ".csv"]
    (folder / MANIFEST).write_bytes(_table([["filename", "url", "sha256", "bytes"], *rows]))


def _pinned(remote: Remote) -> str:
    return f'"{remote.digest}", {remote.size}'


def _replace(code: str, old: str, new: str) -> str:
    assert old in code, f"{CATALOGUE}: {old} is not written as expected"
    return code.replace(old, new)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
