"""Every face that the annotations of a data set name, whatever form they come in."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from stages.errors import InputError
from stages.faces.csv_reader import read_csv
from stages.faces.face import Face
from stages.faces.voc_reader import read_voc

SPLITS = ("train", "test")


def read_annotations(raw: Path, known_labels: Collection[str] | None = None) -> list[Face]:
    """Read ``train.csv`` and ``test.csv``, or ``annotations.csv``, or ``labels/*.xml`` of the folder ``raw``.

    Faces come in the order of the files and rows. A face that cannot be used has a ``problem``; with
    ``known_labels``, so has one of any other label.

    Raises:
        InputError: there is no annotation or more than one form of it, or a CSV cannot be read as a table.
    """
    faces = _read(raw)
    if not faces:
        raise InputError("labels/: the XML files hold no <object>, so there are no faces to cut out")
    if known_labels is None:
        return faces
    return [_with_known_label(face, known_labels) for face in faces]


def _read(raw: Path) -> list[Face]:
    single, split = raw / "annotations.csv", [raw / f"{name}.csv" for name in SPLITS]
    files = sorted((raw / "labels").glob("*.xml"))
    present = [path for path in split if path.exists()]
    if bool(present) + single.exists() + bool(files) != 1:
        found = [path.name for path in present] + ["annotations.csv"] * single.exists() + ["labels/"] * bool(files)
        raise InputError(
            f"{raw}: needs train.csv and test.csv, or annotations.csv, or XML files in labels/, and just one of "
            f"the three; found {', '.join(found) or 'none'}"
        )
    if len(present) == 1:
        raise InputError(
            f"{raw}: has {present[0].name} alone; add the other of train.csv and test.csv, or call "
            "it annotations.csv to have it split"
        )
    if present:
        return [face for name, path in zip(SPLITS, split, strict=True) for face in read_csv(path, name)]
    if single.exists():
        return read_csv(single, None)
    return [face for path in files for face in read_voc(path, f"labels/{path.name}")]


def _with_known_label(face: Face, known: Collection[str]) -> Face:
    if face.problem or face.label in known:
        return face
    return replace(face, problem=f"unknown label: {face.label[:80]!r} is none of {', '.join(sorted(known))}")
