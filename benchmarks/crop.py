"""The stage crop_faces against the usual script and against decoding alone.

Both write every face in two sizes. The usual script goes down the rows of the annotations, decodes the photo of each,
and does one thing after the other; OpenCV may use all processors within it. Decoding alone reads and decodes every
photo once, several at a time, and keeps nothing: by OpenCV, which is the quickest way to get at pixels, and by Pillow,
which is what this project decodes with.
"""

import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from PIL import Image

from benchmarks.photos import crop, make_workplace
from benchmarks.row import OURS, Row, rows_of
from benchmarks.timing import race
from stages import crop_faces
from stages.faces.annotations import read_annotations
from stages.faces.photos import Located, locate, read_photos
from stages.params import Params
from stages.workers import available_workers

SCRIPT, OPENCV, PILLOW = "usual script", "decoding alone, OpenCV, all cores", "decoding alone, Pillow, all cores"
AIMS = {SCRIPT: 1 / 3, OPENCV: 1.15}


def measure(tiny: bool = False) -> list[Row]:
    """Crop all photos in two sizes."""
    with TemporaryDirectory() as name:
        folder, threads = Path(name), cv2.getNumThreads()
        params, photos = make_workplace(folder, tiny)
        seconds = race(competitors(params, folder), 1 if tiny else 5)
        cv2.setNumThreads(threads)
        sizes = f"{params.crop.side} and {params.crop.large_side} pixels"
        return rows_of("crop", f"faces of {photos} as crops of {sizes}", seconds, AIMS)


def competitors(params: Params, folder: Path) -> dict[str, Callable[[], object]]:
    """Return what to time, by name; every call writes into a folder of its own.

    Nothing is deleted in between: file systems are slow to make files where many have just been deleted.
    """
    raw, number, cores = folder / crop_faces.RAW, count(), cv2.getNumThreads()
    located = [each for each in locate(read_annotations(raw), read_photos(raw), "skip") if each.usable]
    files = sorted((raw / "images").iterdir())

    def ours() -> None:
        with redirect_stdout(io.StringIO()):
            crop(folder, folder / f"out{next(number)}")

    def script() -> None:
        cv2.setNumThreads(cores)
        usual_script(located, raw / "images", folder / f"out{next(number)}", params)

    return {
        OURS: ours,
        SCRIPT: script,
        OPENCV: lambda: decode_all(files, decode_by_opencv),
        PILLOW: lambda: decode_all(files, lambda data: np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))),
    }


def usual_script(located: Sequence[Located], images: Path, out: Path, params: Params) -> None:
    """Crop as a loop over the rows."""
    for i, (face, file) in enumerate((each.face, each.file) for each in located):
        photo = cv2.imread(str(images / file))
        for size, margin in ((params.crop.side, 0), (params.crop.large_side, params.crop.large_margin)):
            right, down = int(margin * (face.box.xmax - face.box.xmin)), int(margin * (face.box.ymax - face.box.ymin))
            rows = slice(max(face.box.ymin - down, 0), face.box.ymax + down)
            columns = slice(max(face.box.xmin - right, 0), face.box.xmax + right)
            target = out / str(size) / str(face.split) / face.label / f"{i}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(target), cv2.resize(photo[rows, columns], (size, size), interpolation=cv2.INTER_CUBIC))


def decode_all(files: Sequence[Path], decode: Callable[[bytes], object]) -> None:
    """Read and decode every file, one a processor at a time."""
    cv2.setNumThreads(1)
    with ThreadPoolExecutor(available_workers()) as pool:
        for _ in pool.map(lambda path: decode(path.read_bytes()) is None, files):
            pass


def decode_by_opencv(data: bytes) -> np.ndarray:
    """A photo as OpenCV has it: uint8 (height, width, 3), blue first."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
