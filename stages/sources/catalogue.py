"""The data sets that can be downloaded: addresses and hashes, all pinned."""

import csv
from dataclasses import dataclass
from pathlib import Path

_COURSE = (
    "https://raw.githubusercontent.com/matchawu/DL_HW1_CNN-and-Mask-Recognition/"
    "13ff0b894a3a7add71a6c95d4e0135e5c4a7d6d5"
)
_MANIFEST = Path(__file__).with_name("medical_masks.csv")


@dataclass(frozen=True)
class Remote:
    """One file that can be downloaded, and how to know that it has arrived whole.

    Attributes:
        name: what people call it.
        url: its public address.
        mirror_path: where it lies below ``download.mirror``.
        digest: hexadecimal; the SHA-256 of the bytes or, with ``git_blob``, the SHA-1 by which Git names them.
    """

    name: str
    url: str
    mirror_path: str
    digest: str
    git_blob: bool = False


# Handwritten Tibetan digits of the Minzu University of China, https://github.com/bat67/TibetanMNIST, CC BY-NC-SA 4.0.
# Its authors publish no SHA-256; the Git blob id of the file at this commit is a fact that anyone can look up.
TIBETAN_MNIST = Remote(
    name="TibetanMNIST.npz",
    url="https://raw.githubusercontent.com/bat67/TibetanMNIST/"
    "71789520fb9ea2b6c66aec40d3087b9d819158ad/Datasets/TibetanMNIST.npz",
    mirror_path="tibetan_mnist/TibetanMNIST.npz",
    digest="554c2a4336abc43646fcce4f16014d065909047e",
    git_blob=True,
)
# The Medical Masks Dataset of the Eden Social Welfare Foundation, Taiwan, with a course's split into two tables.
MASK_TABLES = tuple(
    Remote(name, f"{_COURSE}/{name}", f"medical_masks/{name}", digest)
    for name, digest in (
        ("train.csv", "da13d5ca9001f50c80768579f113d949a476db6e041e20bbc826ce2538037297"),
        ("test.csv", "e5e414baf269357c1328a13dd5af031b1e570b6218d51e64393c761a5329ef18"),
    )
)
# The face detector of `tools.predict`: S. Yu's YuNet, Apache 2.0.
YUNET = Remote(
    name="yunet_n_dynamic.onnx",
    url="https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/"
    "0047ac24afb1a50a0c6105001c89d1b5b805dbf1/onnx/yunet_n_dynamic.onnx",
    mirror_path="yunet/yunet_n_dynamic.onnx",
    digest="104ee26c71d5c270ce79a6b3dced91c91013260d29a6bf18f9296c5b8c4c2b12",
)
MASK_LABELS = ("bad", "good", "none")


def mask_photos() -> tuple[Remote, ...]:
    """676 of the 679 photos that the two tables name; three can be had nowhere."""
    with _MANIFEST.open(encoding="utf-8", newline="") as file:
        return tuple(
            Remote(row["filename"], row["url"], f"medical_masks/images/{row['filename']}", row["sha256"])
            for row in csv.DictReader(file)
        )
