"""The photos that faces were cut out of, as ``data/faces/index.csv`` lists them."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

from stages.errors import InputError
from stages.faces.boxes import Box
from stages.faces.index import USED


@dataclass(frozen=True)
class PhotoFace:
    """A face that was cut out: its class, and its box in pixels of the upright photo."""

    label: str
    box: Box

    @property
    def side(self) -> int:
        """The shorter side of the box, in pixels."""
        return min(self.box.xmax - self.box.xmin, self.box.ymax - self.box.ymin)


@dataclass(frozen=True)
class Photo:
    """A photo on one side of the split, with its faces there; on both sides, it is two of these.

    ``file`` is its safe name, ``names`` are the original ones by which annotations call it.
    """

    split: str
    file: str
    names: list[str] = field(default_factory=list)
    faces: list[PhotoFace] = field(default_factory=list)


def read_cropped(path: Path) -> list[Photo]:
    """Return the photos of which faces were cut out, training before test, each by the order of its first face.

    Raises:
        InputError: the index is missing or not as the stage ``crop_faces`` writes it.
    """
    photos: dict[tuple[str, str], Photo] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, strict=True):
                if row["crop"]:
                    photo = photos.setdefault((row["split"], row["file"]), Photo(row["split"], row["file"]))
                    photo.faces.append(PhotoFace(row["label"], Box(*(int(row[name]) for name in USED))))
                    if row["photo"] not in photo.names:
                        photo.names.append(row["photo"])
    except (OSError, ValueError, KeyError, csv.Error) as error:
        raise InputError(f"{path}: not readable as an index of faces ({error}); run `dvc repro crop_faces`") from None
    return sorted(photos.values(), key=lambda photo: photo.split != "train")
