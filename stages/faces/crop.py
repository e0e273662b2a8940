"""Cutting the faces out of the photos, several photos at a time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from tqdm import tqdm

from stages.faces.boxes import Box
from stages.faces.decode import Photo, PhotoError, decode_photo
from stages.faces.face import Face
from stages.faces.filenames import safe_name
from stages.faces.photos import Located, file_size
from stages.files import write_bytes
from stages.params_data import Crop
from stages.workers import available_workers

INTERPOLATIONS = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
    "lanczos": cv2.INTER_LANCZOS4,
}
# Packing takes ten times as long as writing unpacked, and saves a quarter of so small a file.
UNPACKED = (cv2.IMWRITE_PNG_COMPRESSION, 0, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE)


@dataclass(frozen=True, slots=True)
class Cropped:
    """What became of one face.

    ``file`` is the safe name of its photo; ``crop`` the path of the crop within its folder (empty where
    the face was skipped, and then ``face.problem`` says why); ``used`` the box that was cut out, in pixels of
    the upright photo; ``clipped`` whether it had to be clipped to the photo; ``repaired`` how the width and
    height of the annotation were wrong: ``size_unknown``, ``size_differs``, ``turned`` or empty.
    """

    face: Face
    file: str
    crop: str = ""
    used: Box | None = None
    clipped: bool = False
    repaired: str = ""


class Form(NamedTuple):
    """What crops look like: their side in pixels, and the margin around the box as a share of its width and height."""

    side: int
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class _Task:
    """The faces of one photo with their places in the list of all faces and their numbers in the photo."""

    file: str
    faces: list[tuple[int, int, Face]]


def crop_all(located: Sequence[Located], images: Path, folders: Mapping[Path, Form], settings: Crop) -> list[Cropped]:
    """Cut out every usable face, write ``<folder>/<split>/<label>/<photo>_<number>.png``, say what became of each.

    ``folders`` gives the form of the crops in each folder; the names in all are the same.
    The crops are PNG, uint8 (side, side, 3). Each photo is decoded once. Memory holds one photo a worker, however many
    there are; neither bytes nor order depend on the number of workers.
    """
    results = [Cropped(each.face, each.file) for each in located]
    tasks = sorted(_tasks(located), key=lambda task: -file_size(images / task.file))  # none large left for the end
    for split, label in sorted({(f.split, f.label) for task in tasks for _, _, f in task.faces}):
        for folder in folders:
            (folder / split / safe_name(label)).mkdir(parents=True)
    cv2.setNumThreads(1)  # one thread a photo: OpenCV's own threads would only get in their way
    with ThreadPoolExecutor(available_workers()) as pool:
        finished = _in_order(pool, lambda task: _crop_photo(task, images, folders, settings), tasks)
        for places, cropped in tqdm(finished, total=len(tasks), desc="crop", unit="photo", disable=None):
            for place, each in zip(places, cropped, strict=True):
                results[place] = each
    return results


def _tasks(located: Sequence[Located]) -> list[_Task]:
    """Group the usable faces by photo. A face's number counts all faces of its photo, from 1."""
    tasks: dict[str, _Task] = {}
    numbers: dict[str, int] = {}
    for place, each in enumerate(located):
        numbers[each.file] = numbers.get(each.file, 0) + 1
        if each.usable:
            task = tasks.setdefault(each.file, _Task(each.file, []))
            task.faces.append((place, numbers[each.file], each.face))
    return list(tasks.values())


def _in_order(pool: ThreadPoolExecutor, function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    """Like ``pool.map``, but submits only a few items ahead, so that it can be stopped at once."""
    waiting: deque = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) >= 8 * available_workers():
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _crop_photo(
    task: _Task, images: Path, folders: Mapping[Path, Form], settings: Crop
) -> tuple[list[int], list[Cropped]]:
    places = [place for place, _, _ in task.faces]
    try:
        photo = decode_photo(images / task.file, settings.max_pixels)
    except PhotoError as error:
        problem = f"unreadable photo: {error}"
        return places, [Cropped(replace(face, problem=problem), task.file) for _, _, face in task.faces]
    return places, [_crop_face(photo, task.file, face, number, folders, settings) for _, number, face in task.faces]


def _crop_face(
    photo: Photo, file: str, face: Face, number: int, folders: Mapping[Path, Form], settings: Crop
) -> Cropped:
    width, height = photo.size
    box, repaired = _upright(face, width, height, photo.orientation)
    used = box.clipped(width, height)
    if used.problem():
        problem = f"box outside the photo: {tuple(box)} in a photo of {width} x {height} pixels"
        return Cropped(replace(face, problem=problem), file)
    # The photo's whole name, so that a.jpg and a.png stay apart.
    name = f"{face.split}/{safe_name(face.label)}/{file}_{number:03d}.png"
    for folder, (side, margin) in folders.items():
        pixels = _cut(photo, used, margin)
        crop = cv2.resize(pixels, (side, side), interpolation=INTERPOLATIONS[settings.interpolation])
        write_bytes(folder / name, cv2.imencode(".png", crop, UNPACKED)[1])
    return Cropped(face, file, name, used, used != box, repaired)


def _cut(photo: Photo, box: Box, margin: float) -> np.ndarray:
    """The pixels of a box within the photo and of a margin around it; beyond the photo its edge is drawn out."""
    right, down = round(margin * (box.xmax - box.xmin)), round(margin * (box.ymax - box.ymin))
    wide = Box(box.xmin - right, box.ymin - down, box.xmax + right, box.ymax + down)
    inside = wide.clipped(*photo.size)
    pixels = photo.cut(inside)
    if inside == wide:
        return pixels
    edges = (inside.ymin - wide.ymin, wide.ymax - inside.ymax, inside.xmin - wide.xmin, wide.xmax - inside.xmax)
    return cv2.copyMakeBorder(pixels, *edges, cv2.BORDER_REPLICATE)


def _upright(face: Face, width: int, height: int, orientation: int) -> tuple[Box, str]:
    """The box in the upright photo, and what was wrong with the annotation's width and height.

    Boxes refer to the photo as viewers show it. Some tools ignore the EXIF orientation: width and height that
    are swapped give them away, and the box is turned with the photo.
    """
    if face.size is None or face.size == (width, height):
        return face.box, ""
    if face.size == (height, width) and orientation in (5, 6, 7, 8):
        return face.box.turned(orientation, *face.size), "turned"
    return face.box, "size_unknown" if 0 in face.size else "size_differs"
