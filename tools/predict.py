"""Ask a trained network about new pictures.

Usage: python -m tools.predict masks photo.jpg folder …      (a study's best variant)
       python -m tools.predict step_lr --faces whole face.png (a variant by its name)
       python -m tools.predict digits digit.png
       python -m tools.predict models/export/masks.onnx photo.jpg      (needs no torch)
       ls *.jpg | python -m tools.predict masks -

Masks: finds the faces, cuts them out as the stage crop_faces does, and says how each wears its mask. Digits: pictures
of one digit each, dark on light or light on dark, of any size.
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from stages.masks.boxes import Box, covering
from stages.masks.photos import PhotoError, decode_photo
from stages.runtime import command
from stages.runtime.errors import InputError, counted
from stages.sources.faces_csv import read_csv_file
from stages.sources.own_folders import KINDS
from stages.sources.photos import PhotoNames
from stages.storage.filenames import safe_name
from stages.storage.files import atomic_file, write_json
from tools.prediction.asking import Found, ask, find_faces
from tools.prediction.predictor import POINTS, Predictor

LONGEST_NAME = 48  # in the table; the files have all of it


def main(arguments: argparse.Namespace) -> None:
    """Ask about every picture; say what cannot be read, and go on.

    Raises:
        InputError: nothing to ask about, or some pictures could not be read: they are named above.
    """
    load = Predictor.load_onnx if arguments.variant.endswith(".onnx") else Predictor.load
    predictor = load(arguments.variant)
    predictor.checked_point(arguments.point)
    files = list(_files(arguments.pictures))
    if not files:
        raise InputError("no picture to ask about: name files or folders")
    boxes = _boxes_of(arguments.boxes, files) if arguments.boxes else None
    found, failed = [], 0
    with tqdm(files, desc="predict", unit="picture", disable=None) as bar:
        for file in bar:
            try:
                said, pixels = predict_file(predictor, file, arguments.faces, boxes, arguments.point)
            except (InputError, PhotoError) as error:
                bar.write(f"error: {file}: {error}", file=sys.stderr)
                failed += 1
                continue
            found += said
            if arguments.draw:
                _draw(arguments.draw, file, pixels, said)
    print_table(found, predictor.form.classes)
    if arguments.csv:
        _write_csv(arguments.csv, found, predictor.form.classes)
    if arguments.json:
        write_json(arguments.json, [_as_dict(one) for one in found])
    if failed:
        raise InputError(f"{counted(failed, 'picture')} of {len(files)} could not be used; they are named above")


def predict_file(
    predictor: Predictor, file: Path, how: str = "detect", boxes: dict[str, list[Box]] | None = None,
    point: str | None = None,
) -> tuple[list[Found], np.ndarray]:  # fmt: skip
    """Ask about one picture.

    Args:
        predictor: of the variant.
        file: the picture.
        how: ``detect`` or ``whole``: where faces are, if no ``boxes`` say so.
        boxes: of the faces, by the name of the picture.
        point: of the two operating points, if there are two.

    Returns:
        A row a face or digit, and the picture's pixels: uint8 (height, width, 3), blue green red, upright.

    Raises:
        PhotoError: the picture cannot be decoded.
        InputError: it shows no digit, or the detector cannot be had.
    """
    pixels = decode_photo(file, predictor.crop.max_pixels).pixels
    faces = find_faces(pixels, predictor.study, how, None if boxes is None else boxes.get(file.name, []))
    return ask(predictor, pixels, faces, str(file), point), pixels


def print_table(found: list[Found], classes: Iterable[str]) -> None:
    """Print a row a face or digit, and how many there are of each class."""
    names = [one.file if len(one.file) <= LONGEST_NAME else f"…{one.file[1 - LONGEST_NAME :]}" for one in found]
    width = max(map(len, names), default=0)
    for file, one in zip(names, found, strict=True):
        chances = "  ".join(f"{name} {chance:.3f}" for name, chance in one.probabilities.items())
        print(f"{file:{width}}  {one.label:>8}  {chances}  box {','.join(map(str, one.box))}  score {one.score:.2f}")
    counts = {name: sum(one.label == name for one in found) for name in classes}
    print(f"{len(found)} found: {', '.join(f'{count} {name}' for name, count in counts.items() if count) or 'none'}")


def _files(names: list[str]) -> Iterator[Path]:
    lines = (line.rstrip("\n") for line in sys.stdin) if names == ["-"] else names
    for name in lines:
        path = Path(name)
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix.lower() in KINDS)
        elif name:
            yield path


def _boxes_of(table: Path, files: list[Path]) -> dict[str, list[Box]]:
    """The boxes of a CSV as ``faces.source: local`` reads it, by the name of the photo; a label is not needed."""
    boxes: dict[str, list[Box]] = {}
    for face in read_csv_file(table, table.name, "", PhotoNames({file.name: file for file in files})):
        if face.box is None:
            raise InputError(f"{table}, row {face.row}: {face.problem}")
        boxes.setdefault(face.photo, []).append(covering(face.box))
    return boxes


def _draw(folder: Path, file: Path, pixels: np.ndarray, said: list[Found]) -> None:
    from tools.prediction.drawing import drawn

    picture = drawn(pixels, said)
    with atomic_file(folder / f"{safe_name(file.stem)}.png") as partial:
        picture.save(partial, "PNG")


def _as_dict(one: Found) -> dict[str, object]:
    return {"file": one.file, "box": list(one.box), "score": one.score, "label": one.label} | {
        "probabilities": one.probabilities
    }


def _write_csv(path: Path, found: list[Found], classes: tuple[str, ...]) -> None:
    with atomic_file(path) as partial, open(partial, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(
            ["filename", "label", "xmin", "ymin", "xmax", "ymax", "score", *(f"p_{name}" for name in classes)]
        )
        for one in found:
            chances = [f"{chance:.6f}" for chance in one.probabilities.values()]
            table.writerow([one.file, one.label, *one.box, f"{one.score:.4f}", *chances])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variant", help="name of a variant, or of a study: its best one; or an exported .onnx file")
    parser.add_argument("pictures", nargs="+", help="files and folders, or - for a list on standard input")
    parser.add_argument("--faces", choices=("detect", "whole"), default="detect", help="whole: a picture is a face")
    parser.add_argument(
        "--boxes", type=Path, help="CSV with the boxes of the faces: filename,label,xmin,ymin,xmax,ymax"
    )
    parser.add_argument("--point", choices=POINTS, help="operating point, where the variant has two")
    parser.add_argument("--csv", type=Path, help="write the table here too")
    parser.add_argument("--json", type=Path, help="write it as JSON")
    parser.add_argument("--draw", type=Path, metavar="FOLDER", help="write each photo with boxes and labels")
    command.run(main, parser)
