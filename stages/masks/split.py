"""Which faces are for training, for validation within it, and for the test: every photo on one side."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stages.masks.crop import Face
from stages.runtime.errors import InputError, counted, listed
from stages.storage.dataset import TEST, TRAIN
from stages.storage.splits import hold_out


def assign_splits(faces: Sequence[Face], digests: dict[str, str], test_size: float, seed: int) -> list[Face]:
    """Give a split to the faces of data that come without one; faces that have one keep it.

    Byte-identical photos count as one. Faces that cannot be used take no part, and get the split of their photo where
    it has one.

    Args:
        faces: of all annotations.
        digests: SHA-256 of each photo by its file.
        test_size: share (0.02 to 0.5) of every class to test on, as closely as whole photos allow.
        seed: of the split.

    Raises:
        InputError: there are fewer than two photos.
    """
    usable = [face.annotation for face in faces if not face.annotation.problem]
    if not usable or usable[0].split:
        return list(faces)
    groups = np.array([digests[one.file] for one in usable])
    try:
        held = hold_out(np.array([one.label for one in usable]), groups, test_size, seed)
    except InputError as error:
        raise InputError(f"faces.test_size: {error}") from None
    splits = dict(zip(groups, np.where(held, TEST, TRAIN), strict=True))
    return [
        replace(face, annotation=replace(face.annotation, split=str(splits.get(digests.get(face.annotation.file), ""))))
        for face in faces
    ]


def validation_part(faces: Sequence[Face], digests: dict[str, str], share: float, seed: int) -> set[str]:
    """The files of the photos whose training faces are for validation, about ``share`` of every class.

    Raises:
        InputError: there are fewer than two training photos.
    """
    cut = [face.annotation for face in faces if face.crop and face.annotation.split == TRAIN]
    groups = np.array([digests[one.file] for one in cut])
    try:
        held = hold_out(np.array([one.label for one in cut]), groups, share, seed)
    except InputError as error:
        raise InputError(f"validation.share: training photos: {error}") from None
    return {one.file for one, out in zip(cut, held, strict=True) if out}


def one_sided_classes(faces: Sequence[Face], digests: dict[str, str]) -> list[str]:
    """Classes that have several photos and are yet on one side of the split alone."""
    photos: dict[str, dict[str, set[str]]] = {}
    for face in faces:
        if face.crop:
            sides = photos.setdefault(face.annotation.label, {TRAIN: set(), TEST: set()})
            sides[face.annotation.split].add(digests[face.annotation.file])
    return sorted(
        label for label, sides in photos.items() if len(sides[TRAIN] | sides[TEST]) > 1 and not all(sides.values())
    )


def without_unknown_classes(faces: Sequence[Face], invalid: str) -> list[Face]:
    """Leave test faces out whose class has no training face: no network could know it.

    Raises:
        InputError: there are such faces and ``invalid`` is error; names the class and their rows.
    """
    known = {face.annotation.label for face in faces if face.crop and face.annotation.split == TRAIN}
    unknown = [face for face in faces if face.crop and face.annotation.label not in known]
    if unknown and invalid == "error":
        label = unknown[0].annotation.label
        places = [face.annotation.place for face in unknown if face.annotation.label == label]
        raise InputError(
            f"{listed(places, 3)}: {counted(len(places), 'test face')} of class {label!r}, which has no training "
            "face; correct the label, bring faces to train on, or set crop.invalid: skip to go on without"
        )
    left_out = set(map(id, unknown))
    return [
        face.skipped("unknown class: there is no training face of it") if id(face) in left_out else face
        for face in faces
    ]
