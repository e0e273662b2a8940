"""Time and memory of the stages on ten and a hundred times as many photos, and on ten times as many digits.

The photos are drawn, all different, of 64 x 48 pixels with one face each; the digits are random images. Every stage
is a process of its own, started as DVC starts it, and measured once: wall-clock seconds, and the most memory that it,
or the largest of its children, had at a time. DVC's own time is that of ``dvc add`` on the folder of crops.
The audit of the digits compares all pairs and is not run on the larger number.
"""

import csv
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from benchmarks.photos import PARAMS, write_params
from benchmarks.results import LeftOut
from benchmarks.row import OURS, Row
from stages.leaks import leaked_path, left_out_path, write_names
from stages.params_edit import Setting

PHOTOS, DIGITS = (1_000, 10_000, 100_000), (17_768, 177_680)  # of digits, the share of the study is to test on
# Linux counts what a process had before it became another program: the peak of a large one's child is that of the large
# one. So a small one starts what is measured, waits for it, and prints the peak.
LAUNCH = """
import resource, subprocess, sys
status = subprocess.call([sys.executable, *sys.argv[1:]], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""
CROP, AUDIT = "crop_faces", "audit_digits"
PHOTO_STAGES = {
    "download_faces": ("-m", "stages.download", "faces"),
    CROP: ("-m", "stages.crop_faces"),
    "audit_faces": ("-m", "stages.audit", "faces"),
    "DVC: add of the crops": ("-m", "dvc", "add", "--quiet", "data/faces"),
}
DIGIT_STAGES = {
    "download_digits": ("-m", "stages.download", "digits"),
    "prepare_digits": ("-m", "stages.prepare_digits"),
    AUDIT: ("-m", "stages.audit", "digits"),
    "train_dnn, 5 epochs": ("-m", "stages.train_dnn", "random_init"),
    "evaluate_dnn": ("-m", "stages.evaluate", "dnn", "random_init"),
}
# One seed and a short training.
SHORT: list[Setting] = [(("seeds",), [0]), (("dnn", "variants", "random_init", "epochs"), 5)]
MEMORY_AIM = 1.15  # of cropping, whatever the number of photos, against the smallest number


def measure(tiny: bool = False) -> list[Row]:
    """Run every stage on every number of samples.

    Raises:
        LeftOut: the system does not tell what a process has taken.
    """
    if not hasattr(os, "wait4"):
        raise LeftOut("this system does not tell how much memory a process has taken")
    rows: list[Row] = []
    for number in (20, 40) if tiny else PHOTOS:
        with TemporaryDirectory() as folder:
            write_photos(Path(folder), number)
            run(Path(folder), ("-m", "dvc", "init", "--no-scm", "--quiet"))
            rows += run_all(Path(folder), PHOTO_STAGES, f"{number:,} photos")
    rows += compare_memory([row for row in rows if row.what.startswith(CROP) and row.unit == "MiB"])
    for number in (200,) if tiny else DIGITS:
        with TemporaryDirectory() as folder:
            write_digits(Path(folder), number)
            stages = {name: command for name, command in DIGIT_STAGES.items() if name != AUDIT or number <= DIGITS[0]}
            rows += run_all(Path(folder), stages, f"{number:,} digits")
    return rows


def compare_memory(rows: list[Row]) -> list[Row]:
    """Return a row for each of ``rows`` but the first, comparing it with that."""
    first, *others = rows
    return [
        Row("growth", row.what, first.what, "MiB", *[first.median] * 3, 1, row.median / first.median, MEMORY_AIM)
        for row in others
    ]


def write_photos(folder: Path, number: int) -> None:
    """Write photos and boxes of one's own, and parameters that name them."""
    rng = np.random.default_rng(0)
    (folder / "mine/images").mkdir(parents=True)
    with (folder / "mine/annotations.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("filename", "label", "xmin", "ymin", "xmax", "ymax"))
        for i in range(number):
            pixels = cv2.resize(rng.integers(0, 256, (6, 8, 3), np.uint8), (64, 48), interpolation=cv2.INTER_CUBIC)
            (folder / f"mine/images/{i:06d}.jpg").write_bytes(cv2.imencode(".jpg", pixels)[1])
            writer.writerow((f"{i:06d}.jpg", ("good", "bad")[i % 5 == 0], 4, 4, 44, 44))
    write_params(folder, [(("faces", "source"), "local"), (("faces", "path"), "mine"), *SHORT])


def write_digits(folder: Path, number: int) -> None:
    """Write digits of one's own, and parameters that name them."""
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (number, 28, 28), np.uint8), rng.integers(0, 10, number, np.uint8)
    np.savez(folder / "mine.npz", image=images, label=labels)
    for path in (left_out_path("dnn"), leaked_path("dnn")):
        write_names(folder / path, "digit", [])  # as the audit does that finds nothing
    write_params(folder, [(("digits", "source"), "local"), (("digits", "path"), "mine.npz"), *SHORT])


def run_all(folder: Path, stages: dict[str, tuple[str, ...]], samples: str) -> list[Row]:
    """Run stages in order; return two rows each, of time and of memory."""
    rows = []
    for name, command in stages.items():
        seconds, mebibytes = run(folder, command)
        for what, unit, value in (("", "s", seconds), (": memory", "MiB", mebibytes)):
            rows.append(Row("growth", f"{name}, {samples}{what}", OURS, unit, value, value, value, 1))
    return rows


def run(folder: Path, command: tuple[str, ...]) -> tuple[float, float]:
    """Run Python with these arguments; return wall-clock seconds and MiB.

    Raises:
        RuntimeError: it failed; the message is what it wrote to standard error.
    """
    environment = os.environ | {"PYTHONPATH": str(PARAMS.parent)}
    start = time.perf_counter()
    launched = [sys.executable, "-c", LAUNCH, *command]
    done = subprocess.run(launched, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return seconds, int(done.stdout) / (2**20 if sys.platform == "darwin" else 2**10)
