"""From data/raw/masks to the crops of both sizes, split by photo and sorted by class."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from stages.config.params import Params
from stages.drawing.figures import save_figure
from stages.masks.contact_sheet import draw_contact_sheet
from stages.masks.crop import Face, PhotoFacts, crop_photos
from stages.masks.index import FOLDER, LARGE, index_of, write_photos
from stages.masks.split import assign_splits, validation_part, without_unknown_classes
from stages.masks.summary import count_faces, summary
from stages.runtime.errors import InputError
from stages.storage.annotations import read_annotations
from stages.storage.dataset import SPLITS, TRAIN, write_card
from stages.storage.filenames import safe_name
from stages.storage.files import atomic_folder, write_bytes, write_json
from stages.storage.tables import read_table, write_table

RAW, METRICS = Path("data/raw/masks"), Path("metrics/masks")


def prepare_faces(params: Params) -> str:
    """Read ``data/raw/masks``; write ``data/masks``, ``data/masks_large`` and ``metrics/masks``.

    Returns:
        A table of what came out, and a line for everything that is remarkable.

    Raises:
        InputError: a face or photo cannot be used and ``crop.invalid`` is error, or too little is left.
    """
    photos = read_table(RAW / "photos.csv", ("file", "original", "sha256"), "run `dvc repro download_faces`")
    digests = dict(zip(photos["file"], photos["sha256"], strict=True))
    faces = list(numbered(RAW / "faces.csv"))
    check_problems(faces, params.crop.invalid)
    faces = assign_splits(faces, digests, params.faces.test_size, params.faces.seed)
    with atomic_folder(FOLDER) as folder, atomic_folder(LARGE) as large:
        faces, facts = cut_all(faces, folder, large, params)
        check_problems(faces, params.crop.invalid)
        faces = dropped(without_unknown_classes(faces, params.crop.invalid), faces, folder, large)
        check_some_left(faces)
        held = validation_part(faces, digests, params.validation.share, params.validation.seed)
        write_table(folder / "index.csv", index_of(faces, held))
        write_photos(folder, facts, digests, dict(zip(photos["file"], photos["original"], strict=True)))
        parts = {split: content_of(faces, held, split, folder, large) for split in SPLITS}
        classes = tuple(sorted({face.annotation.label for face in faces if face.crop}))
        write_card(folder, params.faces.source, classes, parts, large_margin=params.crop.large_margin)
        save_figure(draw_contact_sheet(faces, folder), METRICS / "contact_sheet.png")
    counts = count_faces(faces, facts, digests)
    write_json(METRICS / "counts.json", counts)
    return summary(counts, faces, digests, params)


def numbered(path: Path) -> Iterator[Face]:
    """The annotated faces with their numbers within their photos, which count unusable ones too."""
    numbers: dict[str, int] = {}
    for annotation in read_annotations(path):
        numbers[annotation.file] = numbers.get(annotation.file, 0) + 1
        yield Face(annotation, numbers[annotation.file])


def check_problems(faces: Sequence[Face], invalid: str) -> None:
    """Refuse faces that cannot be used, where ``invalid`` is error; missing photos have a rule of their own.

    Raises:
        InputError: names file and row of the first such face and says how many there are.
    """
    bad = [face.annotation for face in faces if face.annotation.problem.partition(":")[0] not in ("", "missing photo")]
    if not bad or invalid == "skip":
        return
    photo = f" (photo {bad[0].photo[:200]!r})" if bad[0].photo else ""
    more = f"; and {len(bad) - 1} more faces" if len(bad) > 1 else ""
    raise InputError(
        f"{bad[0].place}: {bad[0].problem}{photo}{more}; correct this, or set crop.invalid: skip to go on without"
    )


def cut_all(faces: list[Face], folder: Path, large: Path, params: Params) -> tuple[list[Face], list[PhotoFacts]]:
    """Write the crops of all usable faces, and return what became of each face and what is known of each photo."""
    for place in (folder, large):
        for label in {face.annotation.label for face in faces if not face.annotation.problem}:
            for split in SPLITS:
                (place / split / safe_name(label)).mkdir(parents=True, exist_ok=True)
    places = {(face.annotation.file, face.number): place for place, face in enumerate(faces)}
    facts: list[PhotoFacts] = []
    for cut, known in crop_photos(faces, RAW / "images", params.crop, params.faces.boxes_refer_to):
        facts += [known] if known else []
        for face in cut:
            for place, content in zip((folder, large), face.images, strict=False):
                write_bytes(place / face.crop, content)
            faces[places[face.annotation.file, face.number]] = replace(face, images=())
    return faces, facts


def dropped(kept: list[Face], before: list[Face], folder: Path, large: Path) -> list[Face]:
    """Delete the crops of faces that were left out after they had been cut, and return ``kept``."""
    for face, old in zip(kept, before, strict=True):
        if old.crop and not face.crop:
            (folder / old.crop).unlink()
            (large / old.crop).unlink()
    return kept


def check_some_left(faces: Sequence[Face]) -> None:
    """Refuse data of which a side of the split has no face."""
    for split in SPLITS:
        if not any(face.crop and face.annotation.split == split for face in faces):
            problem = next((face.annotation.problem for face in faces if face.annotation.problem), "there is none")
            raise InputError(f"{RAW}: no face for {split} can be used; the first problem: {problem}")


def content_of(faces: Sequence[Face], held: set[str], split: str, folder: Path, large: Path) -> tuple[int, bytes]:
    """How many faces a side of the split has, and a hash of all that a network sees of them."""
    digest, number = hashlib.sha256(), 0
    for face in faces:
        one = face.annotation
        if face.crop and one.split == split:
            number += 1
            validation = split == TRAIN and one.file in held
            digest.update(f"{face.crop}\0{one.label}\0{one.file}\0{validation}\0".encode())
            digest.update((folder / face.crop).read_bytes() + (large / face.crop).read_bytes())
    return number, digest.digest()
