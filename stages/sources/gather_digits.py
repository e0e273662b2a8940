"""Fill data/raw/digits from the source that ``digits.source`` names, and from no other."""

import shutil
from pathlib import Path

import numpy as np

from stages.arrays import read_arrays
from stages.errors import InputError
from stages.files import atomic_folder
from stages.params_data import Digits, Download
from stages.sources.alone import alone
from stages.sources.catalogue import TIBETAN_MNIST

ONE = ("digits.npz",)
SPLIT = ("train.npz", "test.npz")
# What to do about an archive that cannot be read.
_ADVICE = "save the arrays image and label by numpy.savez"


def gather_digits(digits: Digits, download: Download, target: str | Path) -> str:
    """Make the folder ``target`` with ``digits.npz``, or with ``train.npz`` and ``test.npz``.

    Each holds ``image`` (N, height, width) and ``label`` (N,): uint8 (1797, 8, 8) from 0 to 16 for ``sample``, as they
    came for the others. The folder is replaced as a whole once everything is there.

    Returns:
        A paragraph that says what came.

    Raises:
        InputError: the source cannot be used as it is; the message says why.
    """
    gather = {"sample": _gather_sample, "tibetan_mnist": _gather_tibetan_mnist, "local": _gather_local}[digits.source]
    target = Path(target)
    if digits.source == "local" and Path(digits.path).resolve().is_relative_to(target.resolve()):
        raise InputError(f"digits.path: {digits.path} lies in the folder that this stage writes; name another")
    with alone(target), atomic_folder(target) as folder:
        what = gather(digits, download, folder)
    return f"digits from source {digits.source}: {what} in {target}."


def _gather_sample(digits: Digits, download: Download, folder: Path) -> str:
    from sklearn.datasets import load_digits  # Here, because only this source needs it, and it is slow to import.

    bunch = load_digits()
    np.savez(folder / ONE[0], image=bunch.images.astype(np.uint8), label=bunch.target.astype(np.uint8))
    return f"{len(bunch.target)} images of 8 x 8 pixels (shipped with scikit-learn)"


def _gather_tibetan_mnist(digits: Digits, download: Download, folder: Path) -> str:
    from stages.sources.fetch import fetch  # Here, because only what is downloaded needs a client of HTTP.

    fetched = fetch([TIBETAN_MNIST], download)
    if fetched.gone:
        raise InputError(f"{TIBETAN_MNIST.name}: not to be had from {download.mirror or TIBETAN_MNIST.url}")
    shutil.copyfile(fetched.paths[TIBETAN_MNIST.digest], folder / ONE[0])
    return f"{_count_images(folder / ONE[0])} images"


def _gather_local(digits: Digits, download: Download, folder: Path) -> str:
    parts = []
    for name, path in _local_files(Path(digits.path)).items():
        parts.append(f"{_count_images(path)} images of {path}")
        shutil.copyfile(path, folder / name)
    return " and ".join(parts)


def _local_files(path: Path) -> dict[str, Path]:
    """The files to copy, by the name they get."""
    if path.is_file():
        return {ONE[0]: path}
    if not path.is_dir():
        raise InputError(
            f"digits.path: {path}: no such file or folder; needed: one .npz, or a folder with train.npz and test.npz"
        )
    there = [name for name in SPLIT if (path / name).is_file()]
    if len(there) == len(SPLIT):
        return {name: path / name for name in SPLIT}
    archives = sorted(path.glob("*.npz"))
    if there or len(archives) != 1:
        found = ", ".join(archive.name for archive in archives) or "no .npz file"
        raise InputError(f"digits.path: {path} must hold train.npz and test.npz, or one .npz; it holds {found}")
    return {ONE[0]: archives[0]}


def _count_images(path: Path) -> int:
    """How many images an archive holds.

    Raises:
        InputError: it is no .npz, or lacks ``image`` (N, height, width) or ``label`` (N,).
    """
    image, label = read_arrays(path, ("image", "label"), _ADVICE).values()
    if image.ndim != 3 or label.shape != image.shape[:1] or not len(label):
        raise InputError(
            f"{path}: image has shape {image.shape} and label {label.shape}; needed: (N, height, width) and (N,)"
        )
    return len(label)
