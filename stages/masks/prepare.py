"""From data/raw/masks to the crops of both sizes, split by photo and sorted by class."""

import hashlib
from dataclasses import replace
from pathlib import Path

from stages.config.params import Params
from stages.drawing.figures import save_figure
from stages.masks.contact_sheet import draw_contact_sheet
from stages.masks.crop import crop_photos
from stages.masks.faces import Faces, faces_in
from stages.masks.index import FOLDER, LARGE, write_index, write_photos
from stages.masks.split import assign_splits, validation_part, without_unknown_classes
from stages.masks.summary import count_faces, summary
from stages.runtime.errors import InputError
from stages.storage.annotations import read_annotations
from stages.storage.dataset import SPLITS, write_card
from stages.storage.filenames import safe_name
from stages.storage.files import atomic_folder, write_bytes, write_json
from stages.storage.tables import read_rows

RAW, METRICS = Path("data/raw/masks"), Path("metrics/masks")


def prepare_faces(params: Params) -> str:
    """Read ``data/raw/masks``; write ``data/masks``, ``data/masks_large`` and ``metrics/masks``.

    Returns:
        A table of what came out, and a line for everything that is remarkable.

    Raises:
        InputError: a face or photo cannot be used and ``crop.invalid`` is error, or too little is left.
    """
    photos = read_rows(RAW / "photos.csv", ("file", "original", "sha256"), "run `dvc repro download_faces`")
    with (
        atomic_folder(FOLDER) as folder,
        atomic_folder(LARGE) as large,
        faces_in(folder / ".faces.sqlite") as faces,
    ):
        faces.add(read_annotations(RAW / "faces.csv"), photos)
        check_problems(faces, params.crop.invalid)
        assign_splits(faces, params.faces.test_size, params.faces.seed)
        cut_all(faces, folder, large, params)
        check_problems(faces, params.crop.invalid)
        for crop in without_unknown_classes(faces, params.crop.invalid):
            (folder / crop).unlink()
            (large / crop).unlink()
        check_some_left(faces)
        validation_part(faces, params.validation.share, params.validation.seed)
        write_index(folder, faces)
        write_photos(folder, faces)
        parts = {split: content_of(faces, split, folder, large) for split in SPLITS}
        classes = tuple(sorted(label for (label,) in faces.query("SELECT DISTINCT label FROM cut")))
        write_card(folder, params.faces.source, classes, parts, large_margin=params.crop.large_margin)
        save_figure(draw_contact_sheet(faces, folder), METRICS / "contact_sheet.png")
        counts = count_faces(faces)
        write_json(METRICS / "counts.json", counts)
        return summary(counts, faces, params)


def check_problems(faces: Faces, invalid: str) -> None:
    """Refuse faces that cannot be used, where ``invalid`` is error; missing photos have a rule of their own.

    Raises:
        InputError: names file and row of the first such face and says how many there are.
    """
    bad = "kind NOT IN ('', 'missing photo')"
    face = next(faces.where(bad), None)
    if face is None or invalid == "skip":
        return
    one, ((number,),) = face.annotation, faces.query(f"SELECT COUNT(*) FROM faces WHERE {bad}")
    photo = f" (photo {one.photo[:200]!r})" if one.photo else ""
    more = f"; and {number - 1} more faces" if number > 1 else ""
    raise InputError(
        f"{one.place}: {one.problem}{photo}{more}; correct this, or set crop.invalid: skip to go on without"
    )


def cut_all(faces: Faces, folder: Path, large: Path, params: Params) -> None:
    """Write the crops of all usable faces, and note what became of each face and what is known of each photo."""
    for place in (folder, large):
        for (label,) in faces.query("SELECT DISTINCT label FROM faces WHERE kind = ''"):
            for split in SPLITS:
                (place / split / safe_name(label)).mkdir(parents=True, exist_ok=True)
    ((total,),) = faces.query("SELECT COUNT(DISTINCT file) FROM faces WHERE kind = ''")
    settings = params.crop, params.faces.boxes_refer_to
    for cut, facts in crop_photos(faces.by_photo(), RAW / "images", *settings, total):
        for face in cut:
            for place, content in zip((folder, large), face.images, strict=False):
                write_bytes(place / face.crop, content)
        faces.change(replace(face, images=()) for face in cut)
        if facts:
            faces.add_facts(facts)


def check_some_left(faces: Faces) -> None:
    """Refuse data of which a side of the split has no face."""
    for split in SPLITS:
        if not next(faces.query("SELECT COUNT(*) FROM cut WHERE split = ?", split))[0]:
            face = next(faces.where("kind != ''"), None)
            problem = face.annotation.problem if face else "there is none"
            raise InputError(f"{RAW}: no face for {split} can be used; the first problem: {problem}")


def content_of(faces: Faces, split: str, folder: Path, large: Path) -> tuple[int, bytes]:
    """How many faces a side of the split has, and a hash of all that a network sees of them."""
    digest, number = hashlib.sha256(), 0
    for face in faces.where("crop != '' AND split = ?", split):
        number += 1
        one = face.annotation
        digest.update(f"{face.crop}\0{one.label}\0{one.file}\0{faces.is_for_validation(face)}\0".encode())
        digest.update((folder / face.crop).read_bytes() + (large / face.crop).read_bytes())
    return number, digest.digest()
