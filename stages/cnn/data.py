"""The crops as tensors: the whole set in memory, since 4,000 faces of 28 x 28 are 9 MB."""

import csv
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from stages.errors import InputError
from stages.workers import available_workers

FOLDER = Path("data/faces")


@dataclass(frozen=True)
class Faces:
    """One split.

    Attributes:
        images: float32 (N, 3, size, size) between 0 and 1, RGB, in channels-last memory order.
        labels: int64 (N,), indices into ``classes``.
        classes: the names in alphabetical order, of train and test together.
        photos: the original name of the photo that each face is from (N).
    """

    images: torch.Tensor
    labels: torch.Tensor
    classes: tuple[str, ...]
    photos: tuple[str, ...]


def load_faces(folder: Path = FOLDER, left_out: Collection[str] = ()) -> tuple[Faces, Faces]:
    """Return the training and the test faces, in the order of the index.

    Faces of the photos ``left_out`` (original names) are not among those for training.

    Raises:
        InputError: the index or a crop is missing or unreadable, or a split holds no face.
    """
    rows = [row for row in _index(folder / "index.csv") if row["crop"]]
    classes = tuple(sorted({row["label"] for row in rows}))
    rows = [row for row in rows if row["split"] != "train" or row["photo"] not in left_out]
    with ThreadPoolExecutor(available_workers()) as pool:
        images = list(pool.map(lambda row: _read_crop(folder / row["crop"]), rows))
    return tuple(_split(name, rows, images, classes) for name in ("train", "test"))


def _index(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:  # as written
            return list(csv.DictReader(file))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; run `dvc repro crop_faces`") from None


def _read_crop(path: Path) -> np.ndarray:
    content = np.fromfile(path, np.uint8) if path.is_file() else np.empty(0, np.uint8)
    image = cv2.imdecode(content, cv2.IMREAD_COLOR) if content.size else None
    if image is None:
        raise InputError(f"{path}: missing or no picture; run `dvc repro crop_faces`")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _split(name: str, rows: list[dict[str, str]], images: list[np.ndarray], classes: tuple[str, ...]) -> Faces:
    chosen = [i for i, row in enumerate(rows) if row["split"] == name]
    if not chosen:
        raise InputError(f"{FOLDER}/index.csv: no face of split {name!r}; check the annotations and faces.test_size")
    stacked = torch.from_numpy(np.stack([images[i] for i in chosen])).permute(0, 3, 1, 2)
    return Faces(
        stacked.to(torch.float32).div(255).contiguous(memory_format=torch.channels_last),
        torch.tensor([classes.index(rows[i]["label"]) for i in chosen]),
        classes,
        tuple(rows[i]["photo"] for i in chosen),
    )
