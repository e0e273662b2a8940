"""Cropping against a plain script and bare decoding; near-duplicates as their number grows; DVC's own time."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.timing import OURS, race, rows_of
from stages.auditing.near_pairs import near_hashes, near_images
from stages.config.params import load_params
from stages.digits.dataset import load_dataset
from stages.dnn.distortion import distorted
from stages.masks.boxes import Box
from stages.masks.crop import Face, crop_photos, cut_out
from stages.masks.index import read_index
from stages.runtime.errors import InputError
from stages.runtime.opencv import cv2
from stages.runtime.parallel import map_threads
from stages.storage.annotations import Annotation, read_annotations
from tools.dvc import environment
from tools.params_edit import set_values

RAW = Path("data/raw/masks")
BITS, NEAR = 256, 60


def measure_crop(rounds: int) -> pd.DataFrame:
    """All faces of the workspace's photos as PNG of two sizes, in memory."""
    params = load_params()
    annotations = [one for one in read_annotations(RAW / "faces.csv") if one.file and not one.problem]
    files = sorted({one.file for one in annotations})
    index = read_index()
    boxes = index[index["skipped"] == ""][["file", "used_xmin", "used_ymin", "used_xmax", "used_ymax"]]

    def ours() -> None:
        photos, settings = faces_by_photo(annotations).items(), (params.crop, params.faces.boxes_refer_to)
        for _ in crop_photos(photos, RAW / "images", *settings, len(files)):
            pass

    def script() -> None:
        for file, *box in boxes.itertuples(index=False):
            pixels = cv2.imread(str(RAW / "images" / file))
            xmin, ymin, xmax, ymax = map(int, box)
            for side, margin in ((params.crop.side, 0.0), (params.crop.large_side, params.crop.large_margin)):
                cv2.imencode(
                    ".png", cut_out(pixels, Box(xmin, ymin, xmax, ymax), side, margin, params.crop.interpolation)
                )

    def decode(file: str) -> None:
        cv2.imdecode(np.fromfile(RAW / "images" / file, np.uint8), cv2.IMREAD_COLOR)

    competitors = {
        OURS: ours,
        "a script that decodes the photo for each face": script,
        "decoding alone, all cores": lambda: list(map_threads(decode, files)),
    }
    return rows_of("crop", f"{len(boxes):,} faces of {len(files):,} photos", race(competitors, rounds))


def faces_by_photo(annotations: Iterable[Annotation]) -> dict[str, list[Face]]:
    """The usable faces of each photo by its file, numbered within it."""
    by_file: dict[str, list[Face]] = {}
    for one in annotations:
        if not one.problem:
            members = by_file.setdefault(one.file, [])
            members.append(Face(one, len(members) + 1))
    return by_file


def measure_audit(rounds: int) -> pd.DataFrame:
    """Near-duplicates among random hashes of 256 bits, a hundredth of them copies with a few bits changed; and near
    digits and the nearest five of each, among the workspace's digits, distorted at random to make so many."""
    tables = []
    for count in (1_000, 10_000, 100_000, 1_000_000):
        rng = np.random.default_rng(0)
        bits = np.unpackbits(rng.integers(0, 256, (count, BITS // 8), np.uint8), axis=1).astype(bool)
        copies = rng.choice(count // 2, count // 100, replace=False)
        bits[copies + count // 2] = bits[copies] ^ (rng.random((len(copies), BITS)) < 0.05)
        pairs = near_hashes(bits, NEAR)
        seconds = race({OURS: lambda bits=bits: near_hashes(bits, NEAR)}, 1 if count > 50_000 else rounds)
        tables.append(rows_of("audit", f"{count:,} photos, {len(pairs):,} pairs found", seconds))
    params, dataset = load_params(), load_dataset()
    settings, distortion = params.audit.digits, params.variants["distorted"].distortion
    source = np.concatenate([dataset.train.images, dataset.test.images]).astype(np.float32)
    for count in (17_768, 177_680):
        rng = np.random.default_rng(0)
        drawn = source[rng.integers(0, len(source), count)]
        images = distorted(drawn, np.arange(count), distortion, rng).round().clip(0, 255).astype(np.uint8)

        def ours(images: np.ndarray = images) -> None:
            near_images(images, settings.max_distance, settings.neighbours)

        tables.append(rows_of("audit", f"{count:,} digits", race({OURS: ours}, 1)))
    return pd.concat(tables)


def measure_dvc(rounds: int) -> pd.DataFrame:
    """`dvc repro` of the workspace, in which everything is up to date, and of one stage. Then, in a clone of the last
    commit, each round with another learning rate of ``fixed_lr``: what a reader of the figures waits for."""
    status = run(["repro", "--dry"], Path())
    if "Running" in status:
        raise InputError("dvc: the workspace is out of date; `make repro` first")
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder)
        (one / "dvc.yaml").write_text("stages: {one: {cmd: echo, deps: [input.txt]}}\n")
        (one / "input.txt").write_text("")
        run(["init", "--no-scm", "--quiet"], one)
        run(["repro"], one)
        competitors = {
            OURS: lambda: run(["repro"], Path()),
            "dvc repro of one stage": lambda: run(["repro"], one),
            "dvc --version": lambda: run(["--version"], one),
        }
        seconds = race(competitors, rounds)
    loop = [rows_of("dvc", name, {OURS: seconds}) for name, seconds in seconds_of_loop(rounds).items()]
    return pd.concat([rows_of("dvc", "dvc repro with nothing to do", seconds), *loop])


def seconds_of_loop(rounds: int) -> dict[str, list[float]]:
    """The seconds of each step from a changed learning rate to the figures, in every round after one of warm-up."""
    steps = {
        "one changed learning rate: dvc repro": ["dvc", "repro", "--no-run-cache"],
        "then dvc metrics diff": ["dvc", "metrics", "diff"],
        "or python -m tools.compare HEAD": ["tools.compare", "HEAD"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", ".", str(clone)], check=True)
        run(["config", "--local", "cache.dir", str(Path(".dvc/cache").resolve())], clone)
        run(["checkout"], clone)
        for number in range(rounds + 1):
            set_values([("variants.fixed_lr.lr", 0.001 + 1e-5 * (number + 1))], clone / "params.yaml")
            for name, (module, *arguments) in steps.items():
                begun = time.perf_counter()
                run(arguments, clone, module)
                if number:
                    seconds[name].append(time.perf_counter() - begun)
    return seconds


def run(arguments: list[str], folder: Path, module: str = "dvc") -> str:
    """What a command of DVC, or of another module, prints."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=True).stdout
