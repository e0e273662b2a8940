"""A person's own photos and boxes: what lies in the folder, and in which form."""

from dataclasses import dataclass, field
from pathlib import Path

from stages.config.data import Faces
from stages.runtime.errors import InputError
from stages.sources.faces_csv import read_csv_file
from stages.sources.faces_voc import read_voc
from stages.sources.photos import PhotoNames
from stages.storage.annotations import Annotation

PHOTOS = ("images", "JPEGImages")
XML = ("annotations", "Annotations", "labels")
FORMS = "train.csv and test.csv, or annotations.csv, or Pascal VOC .xml files in annotations/, Annotations/ or labels/"


@dataclass
class LocalFaces:
    """What a folder holds.

    Attributes:
        form: of the annotations, in words.
        faces: as annotated.
        photos: that there are, by their names.
        ignored: annotation files that are not read, under their own names.
    """

    form: str
    faces: list[Annotation]
    photos: dict[str, Path]
    ignored: list[str] = field(default_factory=list)


def read_local_faces(settings: Faces) -> LocalFaces:
    """Read the folder ``faces.path`` by looking at what lies there.

    Raises:
        InputError: something is missing, ambiguous or unreadable; names it.
    """
    folder = Path(settings.path)
    if not folder.is_dir():
        raise InputError(f"faces.path: {folder}: no such folder; it must hold images/ with {FORMS} beside it")
    photos = {path.name: path for name in PHOTOS for path in sorted(_below(folder, name)) if path.is_file()}
    if not photos:
        raise InputError(f"faces.path: {folder} has no photos in images/; put them there")
    names = PhotoNames(photos)
    tables = [name for name in ("train.csv", "test.csv", "annotations.csv") if (folder / name).is_file()]
    xml = {
        path.relative_to(folder).as_posix(): path
        for name in XML
        for path in sorted((folder / name).rglob("*"))
        if (folder / name).is_dir() and path.suffix.lower() == ".xml" and path.is_file()
    }
    forms = [*(["CSV"] if tables else []), *(["Pascal VOC"] if xml else [])]
    if len(forms) != 1 or ("annotations.csv" in tables and len(tables) > 1):
        found = ", ".join([*tables, *(f"{len(xml)} .xml files" for _ in forms if xml)][:4]) or "none"
        raise InputError(f"faces.path: {folder} needs annotations in one form: {FORMS}; it has {found}")
    if len(tables) == 1 and tables[0] != "annotations.csv":
        raise InputError(
            f"faces.path: {folder} has {tables[0]} alone; add the other of train.csv and test.csv, or call it "
            "annotations.csv to have it split"
        )
    if tables:
        splits = {"train.csv": "train", "test.csv": "test", "annotations.csv": ""}
        faces = [face for name in tables for face in read_csv_file(folder / name, name, splits[name], names)]
    else:
        faces = read_voc(xml, names, settings.voc_from_one)
    stray = [path for path in folder.rglob("*.xml") if path.relative_to(folder).as_posix() not in xml]
    return LocalFaces(forms[0], faces, photos, [path.relative_to(folder).as_posix() for path in sorted(stray)])


def _below(folder: Path, name: str) -> list[Path]:
    """The entries of one of its folders, whose name must be spelled just so."""
    return list((folder / name).iterdir()) if name in {path.name for path in folder.iterdir() if path.is_dir()} else []
