"""The data sets that can be downloaded: addresses, sizes and hashes, all pinned."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_COURSE = (
    "https://raw.githubusercontent.com/matchawu/DL_HW1_CNN-and-Mask-Recognition/"
    "13ff0b894a3a7add71a6c95d4e0135e5c4a7d6d5"
)
_MANIFEST = Path(__file__).with_name("medical_masks.csv")


@dataclass(frozen=True)
class Remote:
    """One file that can be downloaded, and how to know that it has arrived whole.

    ``mirror_path`` is where it lies below ``download.mirror``; ``digest`` is in lower-case hexadecimal: of the bytes
    for ``sha256``, of ``blob <size>\\0`` and the bytes for ``git-blob`` (SHA-1, as Git names files). ``size`` is in
    bytes, None where it isn't known; ``hint`` says what to do when the file differs.
    """

    name: str
    url: str
    mirror_path: str
    algorithm: Literal["sha256", "git-blob"]
    digest: str
    size: int | None = None
    hint: str = ""


@dataclass(frozen=True)
class FaceSet:
    """A set of photos and the CSV files that say where the faces are."""

    annotations: tuple[Remote, ...]
    photos: tuple[Remote, ...]


def medical_masks() -> FaceSet:
    """The Medical Masks Dataset of the Eden Social Welfare Foundation, Taiwan, with a course's split into CSV files.

    676 of the 679 photos that the CSV files name: three can be had nowhere.
    """
    annotations = tuple(
        Remote(name, f"{_COURSE}/{name}", f"medical_masks/{name}", "sha256", digest, size)
        for name, digest, size in (
            ("train.csv", "da13d5ca9001f50c80768579f113d949a476db6e041e20bbc826ce2538037297", 240730),
            ("test.csv", "e5e414baf269357c1328a13dd5af031b1e570b6218d51e64393c761a5329ef18", 24925),
        )
    )
    with _MANIFEST.open(encoding="utf-8", newline="") as file:
        photos = tuple(
            Remote(
                row["filename"],
                row["url"],
                f"medical_masks/images/{row['filename']}",
                "sha256",
                row["sha256"],
                int(row["bytes"]),
            )
            for row in csv.DictReader(file)
        )
    return FaceSet(annotations, photos)


# Handwritten Tibetan digits of the Minzu University of China, https://github.com/bat67/TibetanMNIST, CC BY-NC-SA 4.0.
TIBETAN_MNIST = Remote(
    name="TibetanMNIST.npz",
    url="https://raw.githubusercontent.com/bat67/TibetanMNIST/"
    "71789520fb9ea2b6c66aec40d3087b9d819158ad/Datasets/TibetanMNIST.npz",
    mirror_path="tibetan_mnist/TibetanMNIST.npz",
    algorithm="git-blob",
    digest="554c2a4336abc43646fcce4f16014d065909047e",
    hint="this is not the authors' file; to use another of the same form, set digits.source: local and digits.path",
)
