"""Fill data/raw/faces from the source that ``faces.source`` names, and from no other."""

from pathlib import Path

from stages.errors import InputError
from stages.files import atomic_folder, write_bytes
from stages.params_data import Download, Faces
from stages.sources.alone import alone
from stages.sources.catalogue import medical_masks
from stages.sources.local_faces import read_local_faces
from stages.sources.named_photos import check_missing, missing_notice, named_in_csv
from stages.sources.photos import PhotoFolder
from stages.sources.wording import count, listed, shown

ANNOTATIONS = "annotations.csv"


def gather_faces(faces: Faces, download: Download, target: str | Path) -> str:
    """Make the folder ``target`` with ``images/``, ``photos.csv`` and the annotations as they were obtained.

    The folder is replaced as a whole once everything is there.

    Returns:
        A paragraph that says what came, and what is missing.

    Raises:
        InputError: the source cannot be used as it is; the message says why.
    """
    gather = {"sample": _gather_sample, "medical_masks": _gather_medical_masks, "local": _gather_local}[faces.source]
    target = Path(target)
    if faces.source == "local" and Path(faces.path).resolve() == target.resolve():
        raise InputError(f"faces.path: {faces.path} is the folder that this stage writes; name another")
    with alone(target), atomic_folder(target) as folder:
        photos = PhotoFolder(folder)
        notice = gather(faces, download, photos)
        photos.write_index()
    return f"faces from source {faces.source}: {len(photos)} photos in {target}.{notice}"


def _gather_sample(faces: Faces, download: Download, photos: PhotoFolder) -> str:
    from stages.sources.draw import draw_sample  # Here, because only this source needs the drawing library.

    for name, content in draw_sample(faces.sample.photos, faces.sample.seed):
        if name == ANNOTATIONS:
            write_bytes(photos.folder / name, content)
        else:
            photos.add(name, content)
    return f" Drawn from seed {faces.sample.seed}."


def _gather_medical_masks(faces: Faces, download: Download, photos: PhotoFolder) -> str:
    from stages.sources.fetch import fetch  # Here, because only what is downloaded needs a client of HTTP.

    masks = medical_masks()
    tables = fetch(masks.annotations, download)
    check_missing([table.name for table in tables.gone], "error", "from the download")
    named: dict[str, None] = {}
    for table in masks.annotations:
        content = tables.paths[table.digest].read_bytes()
        write_bytes(photos.folder / table.name, content)
        named |= dict.fromkeys(named_in_csv(content, table.name))
    known = {photo.name for photo in masks.photos}
    missing = [name for name in named if name not in known]
    check_missing(missing, faces.missing, "from the catalogue (they can be had nowhere)")
    fetched = fetch(masks.photos, download)
    missing += [photo.name for photo in fetched.gone]
    check_missing(missing, faces.missing, "where they should be downloaded from")
    for photo in masks.photos:
        if photo.digest in fetched.paths:
            photos.add(photo.name, fetched.paths[photo.digest].read_bytes())
    return missing_notice(missing)


def _gather_local(faces: Faces, download: Download, photos: PhotoFolder) -> str:
    found = read_local_faces(Path(faces.path))
    check_missing(found.missing, faces.missing, f"in {Path(faces.path) / 'images'}")
    for name, path in sorted(found.photos.items()):
        photos.add(name, _content(path))
    for name, content in found.annotations.items():
        write_bytes(photos.folder / name, content)
    notice = missing_notice(found.missing)
    if found.unnamed:
        notice += f" {count(found.unnamed, 'entry')} of images/ named by no annotation and left out: "
        notice += f"{listed(found.unnamed)}."
    return notice


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:  # lost, or its disk failed, since it was found
        raise InputError(f"{shown(path)}: cannot be read: {error.strerror}") from None
