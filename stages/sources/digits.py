"""Fill data/raw/digits from the source that ``digits.source`` names, and from no other."""

import shutil
from pathlib import Path

import numpy as np

from stages.config.data import Digits, Download
from stages.runtime.errors import InputError, counted
from stages.runtime.opencv import cv2
from stages.sources.catalogue import TIBETAN_MNIST
from stages.storage.arrays import read_arrays, write_arrays
from stages.storage.files import atomic_folder

ONE, SPLIT = "digits.npz", ("train.npz", "test.npz")
KERAS = ("x_train", "y_train", "x_test", "y_test")
NEEDED = (
    "one .npz (image and label, or x_train, y_train, x_test and y_test), train.npz and test.npz, or a folder of "
    "pictures for each class"
)


def obtain_digits(settings: Digits, download: Download, target: Path) -> str:
    """Make the folder ``target`` with ``digits.npz``, or ``train.npz`` and ``test.npz``; it is replaced as a whole.

    Each holds ``image`` (N, height, width) and ``label`` (N,), as they came.

    Returns:
        A line that says what came.

    Raises:
        InputError: the source cannot be used as it is; the message says why.
    """
    if settings.source == "local" and Path(settings.path).resolve().is_relative_to(target.resolve()):
        raise InputError(f"digits.path: {settings.path} lies in the folder that this stage writes; name another")
    with atomic_folder(target) as folder:
        if settings.source == "sample":
            write_arrays(folder / ONE, _sample())
        elif settings.source == "tibetan_mnist":
            shutil.copyfile(_tibetan_mnist(download), folder / ONE)
        else:
            for name, arrays in _local(Path(settings.path)).items():
                write_arrays(folder / name, arrays)
        counts = [f"{len(read_arrays(path, ['label'])['label']):,} in {path.name}" for path in sorted(folder.iterdir())]
    return f"{settings.source}: {', '.join(counts)}"


def _sample() -> dict[str, np.ndarray]:
    """scikit-learn's 1,797 digits of 8 x 8 pixels, 0 to 16."""
    from sklearn.datasets import load_digits  # here, because only this source needs it, and it is slow to import

    bunch = load_digits()
    return {"image": bunch.images.astype(np.uint8), "label": bunch.target.astype(np.uint8)}


def _tibetan_mnist(download: Download) -> Path:
    from stages.sources.fetch import fetch  # here, because only what is downloaded needs a client of HTTP

    paths, gone = fetch([TIBETAN_MNIST], download)
    if gone:
        raise InputError(f"{TIBETAN_MNIST.name}: not to be had from {download.mirror or TIBETAN_MNIST.url}")
    return paths[TIBETAN_MNIST.digest]


def _local(path: Path) -> dict[str, dict[str, np.ndarray]]:
    """The arrays by the name of the file that they go to."""
    if path.is_file():
        return _archive(path)
    if not path.is_dir():
        raise InputError(f"digits.path: {path}: no such file or folder; needed: {NEEDED}")
    if all((path / name).is_file() for name in SPLIT):
        return {name: read_arrays(path / name, ("image", "label"), "needed: image and label") for name in SPLIT}
    archives = sorted(path.glob("*.npz"))
    if len(archives) == 1:
        return _archive(archives[0])
    folders = {part: path / part for part in ("train", "test") if (path / part).is_dir()}
    if len(folders) == 2 and not archives:
        return {f"{part}.npz": _pictures(folder) for part, folder in folders.items()}
    if archives or not any(entry.is_dir() for entry in path.iterdir()):
        found = ", ".join(archive.name for archive in archives) or "no .npz file and no folder"
        raise InputError(f"digits.path: {path} must hold {NEEDED}; it holds {found}")
    return {ONE: _pictures(path)}


def _archive(path: Path) -> dict[str, dict[str, np.ndarray]]:
    """One archive, with a split of its own (as Keras names the arrays) or without."""
    arrays = read_arrays(path, advice=f"needed: {NEEDED}")
    if set(KERAS) <= set(arrays):
        x_train, y_train, x_test, y_test = (arrays[name] for name in KERAS)
        return {"train.npz": {"image": x_train, "label": y_train}, "test.npz": {"image": x_test, "label": y_test}}
    return {ONE: read_arrays(path, ("image", "label"), f"needed: {NEEDED}")}


def _pictures(folder: Path) -> dict[str, np.ndarray]:
    """Gray pictures from a folder for each class, called 0 to 9."""
    images, labels = [], []
    for place in sorted(entry for entry in folder.iterdir() if entry.is_dir()):
        if place.name not in map(str, range(10)):
            raise InputError(f"digits.path: {place}: the folders of the classes must be called 0 to 9")
        for path in sorted(entry for entry in place.iterdir() if entry.is_file()):
            image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE) if path.stat().st_size else None
            if image is None or image.shape != (28, 28):
                found = "no readable picture" if image is None else f"{image.shape[1]} x {image.shape[0]} pixels"
                raise InputError(f"digits.path: {path}: {found}; needed: a picture of 28 x 28 pixels")
            images.append(image)
            labels.append(int(place.name))
    if not images:
        raise InputError(
            f"digits.path: {folder} holds no picture; needed: {counted(10, 'folder')} 0 to 9 with pictures"
        )
    return {"image": np.stack(images), "label": np.array(labels, np.uint8)}
