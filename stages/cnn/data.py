"""The crops, or the digits, as tensors: the whole set in memory, since 4,000 faces of 48 x 48 are 110 MB."""

import csv
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from stages.digits.dataset import CLASSES, load_digits, without
from stages.errors import InputError
from stages.faces.decode import PhotoError, decode_photo
from stages.faces.digest import crop_digest
from stages.params_cnn import CnnVariant
from stages.params_data import Crop
from stages.params_residual import FacesResidualVariant, ResidualVariant
from stages.workers import available_workers

FOLDER, LARGE = Path("data/faces"), Path("data/faces_large")
LARGEST = 512 * 512  # pixels of a crop: no parameter allows more


@dataclass(frozen=True)
class Faces:
    """One split of the faces, or of other pictures with labels.

    Attributes:
        images: float32 (N, channels, size, size) between 0 and 1, RGB or gray, in channels-last memory order.
        labels: int64 (N,), indices into ``classes``.
        classes: the names in alphabetical order, of train and test together.
        photos: the original name of the photo that each face is from (N); its own number where it has none.
        margin: how much of the surroundings the pictures show on each side, in sides of the box.
    """

    images: torch.Tensor
    labels: torch.Tensor
    classes: tuple[str, ...]
    photos: tuple[str, ...]
    margin: float = 0.0


def load_faces(folder: Path = FOLDER, left_out: Collection[str] = (), margin: float = 0.0) -> tuple[Faces, Faces]:
    """Return the training and the test faces, in the order of the index.

    Faces of the photos ``left_out`` (original names) are not among those for training. ``margin`` is the crops'.

    Raises:
        InputError: the index or a crop is missing or unreadable, a crop is not the one that the index names or has
            another size than the first, or a split holds no face.
    """
    rows = [row for row in _index(folder / "index.csv") if row["crop"]]
    classes = tuple(sorted({row["label"] for row in rows}))
    rows = [row for row in rows if row["split"] != "train" or row["photo"] not in left_out]
    with ThreadPoolExecutor(available_workers()) as pool:
        images = list(pool.map(lambda row: _read_crop(folder / row["crop"], row.get("sha256")), rows))
    for row, image in zip(rows, images, strict=True):
        if image.shape != images[0].shape:
            raise InputError(f"{folder / row['crop']}: another size than {rows[0]['crop']}; run `dvc repro crop_faces`")
    return tuple(replace(_split(name, rows, images, classes), margin=margin) for name in ("train", "test"))


def load_variant_data(
    family: str, variant: CnnVariant | ResidualVariant, crop: Crop, left_out: Collection[str] = ()
) -> tuple[Faces, Faces]:
    """Return the training and the test pictures that a variant of ``cnn`` or ``cnn_digits`` works on.

    ``crop`` says how the faces were cut out. Training pictures that :mod:`stages.leaks` names ``left_out`` are not
    among them.

    Raises:
        InputError: they are missing or unreadable.
    """
    if family == "cnn_digits":
        return load_digit_images(left_out=left_out)
    if isinstance(variant, FacesResidualVariant) and variant.crops == "large":
        return load_faces(LARGE, left_out, crop.large_margin)
    return load_faces(FOLDER, left_out)


def load_digit_images(path: Path | None = None, left_out: Collection[str] = ()) -> tuple[Faces, Faces]:
    """Return the training and the test digits of ``data/digits.npz`` as gray pictures, each a group of its own."""
    digits = without(load_digits(path) if path else load_digits(), left_out)
    splits = ((digits.x_train, digits.y_train), (digits.x_test, digits.y_test))
    return tuple(
        Faces(
            torch.from_numpy(images)[:, None].to(torch.float32).div(255).contiguous(memory_format=torch.channels_last),
            torch.from_numpy(labels.astype(np.int64)),
            CLASSES,
            tuple(map(str, range(len(labels)))),
        )
        for images, labels in splits
    )


def _index(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:  # as written
            reader = csv.DictReader(file)
            rows = list(reader)
            if not {"crop", "split", "label", "photo"} <= set(reader.fieldnames or ()):
                raise ValueError("columns are missing")
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{path}: not readable as an index of faces ({error}); run `dvc repro crop_faces`") from None
    return rows


def _read_crop(path: Path, digest: str | None) -> np.ndarray:
    try:
        pixels = np.ascontiguousarray(decode_photo(path, LARGEST).pixels[..., ::-1])
    except PhotoError as error:
        raise InputError(f"{path}: {error}; run `dvc repro crop_faces`") from None
    # DVC watches the index alone, on behalf of all crops.
    if crop_digest(path.read_bytes()) != digest:
        raise InputError(f"{path}: not the crop that index.csv names; run `dvc repro crop_faces`")
    return pixels


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
