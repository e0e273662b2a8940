"""A folder as the download stage leaves it, with odd photos made by Pillow and OpenCV."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from stages.config.params import Params, check_params, read_mapping
from stages.sources.photos import PhotoFolder
from stages.storage.annotations import Annotation, write_annotations
from tests.helpers import PROJECT


def picture(width: int = 60, height: int = 40, seed: int = 0) -> np.ndarray:
    """A smooth random picture, uint8 RGB, of which no two parts are alike."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))


def encoded(pixels: np.ndarray, kind: str = "PNG", orientation: int | None = None, **options: object) -> bytes:
    """An RGB picture as the bytes of a file; with an ``orientation`` it lies as that one says."""
    file, exif = io.BytesIO(), Image.Exif()
    if orientation:
        exif[ExifTags.Base.Orientation] = orientation
        options["exif"] = exif
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def face(photo: str, box: tuple | None = (10, 5, 30, 25), label: str = "good", **changes: object) -> Annotation:
    values = {"photo": photo, "file": photo, "label": label, "size": None, "split": "", "source": "faces.csv", "row": 2}
    box = tuple(map(float, box)) if box else None
    return Annotation(**(values | {"box": box} | changes))


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Fill data/raw/masks below a fresh working folder with photos by name and annotations."""
    monkeypatch.chdir(tmp_path)

    def fill(photos: dict[str, bytes], faces: list[Annotation]) -> None:
        folder = tmp_path / "data/raw/masks"
        folder.mkdir(parents=True)
        stored = PhotoFolder(folder)
        for name, content in photos.items():
            stored.add(name, content)
        stored.write_index()
        write_annotations(folder / "faces.csv", faces)

    return fill


@pytest.fixture
def params() -> Callable[..., Params]:
    """The project's parameters with some of ``crop`` and ``faces`` changed."""

    def make(crop: dict | None = None, **faces: object) -> Params:
        content = read_mapping(PROJECT / "params.yaml")
        content["crop"] |= {"side": 16, "large_side": 24} | (crop or {})
        content["faces"] |= {"test_size": 0.4} | faces
        content["validation"] = {"share": 0.3, "seed": 0}
        return check_params(content, "params.yaml")

    return make
