"""Which faces are for training, for validation within it, and for the test: every photo on one side."""

from dataclasses import replace
from itertools import chain

import numpy as np

from stages.masks.crop import Face
from stages.masks.faces import Faces
from stages.runtime.errors import InputError, counted, listed
from stages.storage.dataset import TEST, TRAIN
from stages.storage.splits import hold_out

USABLE = "faces JOIN photos USING (file) WHERE kind = ''"


def assign_splits(faces: Faces, test_size: float, seed: int) -> None:
    """Give a split to the faces of data that come without one; faces that have one keep it.

    Byte-identical photos count as one. Faces that cannot be used take no part, and get the split of their photo where
    it has one.

    Args:
        faces: of all annotations.
        test_size: share (0.02 to 0.5) of every class to test on, as closely as whole photos allow.
        seed: of the split.

    Raises:
        InputError: there are fewer than two photos.
    """
    given = next(faces.query(f"SELECT split FROM {USABLE} ORDER BY id LIMIT 1"), None)
    if given is None or given[0]:
        return
    try:
        ids, held = _held_out(faces, USABLE, test_size, seed)
    except InputError as error:
        raise InputError(f"faces.test_size: {error}") from None
    photo = "sha256 = (SELECT sha256 FROM faces JOIN photos USING (file) WHERE id = ?)"
    sides = zip(np.where(held, TEST, TRAIN).tolist(), ids.tolist(), strict=True)
    faces.execute_all(f"UPDATE photos SET side = ? WHERE {photo}", sides)

    def placed(face: Face) -> Face:
        (side,) = next(faces.query("SELECT side FROM photos WHERE file = ?", face.annotation.file), ("",))
        return replace(face, annotation=replace(face.annotation, split=side))

    faces.change_all(placed)


def validation_part(faces: Faces, share: float, seed: int) -> None:
    """Choose the photos whose training faces are for validation, about ``share`` of every class.

    Raises:
        InputError: there are fewer than two training photos.
    """
    try:
        ids, held = _held_out(faces, f"cut WHERE split = '{TRAIN}'", share, seed)
    except InputError as error:
        raise InputError(f"validation.share: training photos: {error}") from None
    photo = "file = (SELECT file FROM faces WHERE id = ?)"
    faces.execute_all(f"UPDATE photos SET held = 1 WHERE {photo}", ((one,) for one in ids[held].tolist()))


def _held_out(faces: Faces, which: str, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The ids of the faces that a query gives, and for each whether :func:`hold_out` holds it out."""
    ranks = "DENSE_RANK() OVER (ORDER BY label), DENSE_RANK() OVER (ORDER BY sha256)"
    values = chain.from_iterable(faces.query(f"SELECT id, {ranks} FROM {which} ORDER BY id"))
    ids, labels, photos = np.fromiter(values, np.int64).reshape(-1, 3).T
    return ids, hold_out(labels, photos, share, seed)


def one_sided_classes(faces: Faces) -> list[str]:
    """Classes that have several photos and are yet on one side of the split alone."""
    several = "COUNT(DISTINCT sha256) > 1 AND COUNT(DISTINCT split) = 1"
    return sorted(label for (label,) in faces.query(f"SELECT label FROM cut GROUP BY label HAVING {several}"))


def without_unknown_classes(faces: Faces, invalid: str) -> list[str]:
    """Leave test faces out whose class has no training face: no network could know it.

    Returns:
        Their crops.

    Raises:
        InputError: there are such faces and ``invalid`` is error; names the class and their rows.
    """
    known = f"SELECT label FROM cut WHERE split = '{TRAIN}'"
    unknown = list(faces.where(f"crop != '' AND label NOT IN ({known})"))
    if unknown and invalid == "error":
        label = unknown[0].annotation.label
        places = [face.annotation.place for face in unknown if face.annotation.label == label]
        raise InputError(
            f"{listed(places, 3)}: {counted(len(places), 'test face')} of class {label!r}, which has no training "
            "face; correct the label, bring faces to train on, or set crop.invalid: skip to go on without"
        )
    faces.change(face.skipped("unknown class: there is no training face of it") for face in unknown)
    return [face.crop for face in unknown]
