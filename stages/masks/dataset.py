"""data/masks: the faces as every network reads them."""

from pathlib import Path

import numpy as np

from stages.masks.images import read_crop
from stages.masks.index import ADVICE, FOLDER, LARGE, read_index
from stages.runtime.errors import InputError
from stages.runtime.torchvision_shim import torchvision
from stages.storage.dataset import TEST, TRAIN, Dataset, Form, Samples, read_card


def load_dataset(crops: str = "small", folder: Path = FOLDER, large: Path = LARGE) -> Dataset:
    """Read the small or the large crops; a face's group is its photo's file, its name the path of its crop.

    Raises:
        InputError: crops are missing or damaged.
    """
    index = read_index(folder).set_index("crop")
    index = index[index["skipped"] == ""]
    classes = tuple(sorted(set(index.loc[index["split"] == TRAIN, "label"])))
    place = large if crops == "large" else folder
    train, test = (_samples(place, split, index, classes) for split in (TRAIN, TEST))
    held = index.loc[train.names, "validation"].to_numpy(bool)
    margin = read_card(folder)["large_margin"] if crops == "large" else 0.0
    return Dataset(train, test, held, Form(train.images.shape[1:], classes, margin))


def _samples(place: Path, split: str, index, classes: tuple[str, ...]) -> Samples:
    try:
        pictures = torchvision.datasets.ImageFolder(place / split, loader=read_crop, allow_empty=True)
    except FileNotFoundError as error:
        raise InputError(f"{place / split}: {error}; {ADVICE}") from None
    names = np.array([Path(path).relative_to(place).as_posix() for path, _ in pictures.samples])
    if set(names) != set(index.index[index["split"] == split]) or not len(names):
        raise InputError(f"{place / split}: the crops are not those that index.csv names, or none; {ADVICE}")
    rows = index.loc[names]
    labels = np.array([classes.index(label) for label in rows["label"]])
    return Samples(np.stack([image for image, _ in pictures]), labels, rows["file"].to_numpy(str), names)
