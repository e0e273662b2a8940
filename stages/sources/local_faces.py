"""A person's own photos and boxes: what lies in the folder, and in which form."""

from dataclasses import dataclass, field
from pathlib import Path

from stages.config.data import Faces
from stages.runtime.errors import InputError, counted
from stages.sources.faces_coco import coco_files, read_coco
from stages.sources.faces_csv import read_csv_file
from stages.sources.faces_folders import class_folders, read_folders
from stages.sources.faces_voc import read_voc
from stages.sources.faces_yolo import read_yolo, yolo_files
from stages.sources.own_folders import PHOTOS, OwnPhotos
from stages.sources.photos import PhotoNames
from stages.storage.annotations import Annotation

XML = ("annotations", "Annotations", "labels")
FORMS = (
    "train.csv and test.csv, annotations.csv, Pascal VOC .xml files in annotations/, Annotations/ or labels/, COCO's "
    ".json files, YOLO's .txt files in labels/ with data.yaml or classes.txt, or a folder of pictures for each class"
)


@dataclass
class LocalFaces:
    """What a folder holds.

    Attributes:
        form: of the annotations, in words.
        faces: as annotated.
        photos: that there are, by their names.
        ignored: annotation files that are not read, under their own names.
        notes: what was odd, a line each.
    """

    form: str
    faces: list[Annotation]
    photos: dict[str, Path]
    ignored: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_local_faces(settings: Faces) -> LocalFaces:
    """Read the folder ``faces.path`` by looking at what lies there.

    Raises:
        InputError: something is missing, ambiguous or unreadable; names it.
    """
    folder = Path(settings.path)
    if not folder.is_dir():
        raise InputError(f"faces.path: {folder}: no such folder; it must hold images/ with {FORMS} beside it")
    tables = [name for name in ("train.csv", "test.csv", "annotations.csv") if (folder / name).is_file()]
    xml = {
        path.relative_to(folder).as_posix(): path
        for name in XML
        for path in sorted((folder / name).rglob("*"))
        if (folder / name).is_dir() and path.suffix.lower() == ".xml" and path.is_file()
    }
    found = {"CSV": tables, "Pascal VOC": xml, "COCO": coco_files(folder), "YOLO": yolo_files(folder)}
    forms = [form for form, files in found.items() if files]
    folders = {} if forms else class_folders(folder)
    if len(forms) + bool(folders) != 1 or ("annotations.csv" in tables and len(tables) > 1):
        counts = [*tables, *(f"{form} ({counted(len(found[form]), 'file')})" for form in forms if form != "CSV")]
        raise InputError(
            f"faces.path: {folder} needs annotations in one form: {FORMS}; it has {', '.join(counts) or 'none'}"
        )
    if forms in (["CSV"], ["Pascal VOC"]):
        return _beside_images(folder, tables, xml, settings)
    photos, stored = OwnPhotos(folder), settings.boxes_refer_to == "stored"
    if folders:
        form, (faces, notes) = "a folder for each class", read_folders(folder, folders, photos, stored)
    elif forms == ["COCO"]:
        form, (faces, notes) = "COCO", read_coco(folder, found["COCO"], photos)
    else:
        form, (faces, notes) = "YOLO", read_yolo(folder, found["YOLO"], photos, stored)
    if not faces:
        raise InputError(f"faces.path: {folder}: the {form} annotations have no box")
    return LocalFaces(form, faces, photos.paths, [], notes)


def _beside_images(folder: Path, tables: list[str], xml: dict[str, Path], settings: Faces) -> LocalFaces:
    """CSV and Pascal VOC: the photos are in images/."""
    photos = {path.name: path for name in PHOTOS for path in sorted(_below(folder, name)) if path.is_file()}
    if not photos:
        raise InputError(f"faces.path: {folder} has no photos in images/; put them there")
    names = PhotoNames(photos)
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
    stray = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.xml"))
    return LocalFaces("CSV" if tables else "Pascal VOC", faces, photos, [name for name in stray if name not in xml])


def _below(folder: Path, name: str) -> list[Path]:
    """The entries of one of its folders, whose name must be spelled just so."""
    return list((folder / name).iterdir()) if name in {path.name for path in folder.iterdir() if path.is_dir()} else []
