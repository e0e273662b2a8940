"""Fill data/raw/masks from the source that ``faces.source`` names, and from no other."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from stages.config.data import Download, Faces
from stages.runtime.errors import InputError, counted, listed
from stages.sources.catalogue import MASK_LABELS, MASK_TABLES, mask_photos
from stages.sources.faces_csv import read_csv
from stages.sources.photos import PhotoFolder, PhotoNames
from stages.storage.annotations import Annotation, write_annotations
from stages.storage.filenames import safe_name
from stages.storage.files import atomic_folder

# The form of the annotations in words, the faces, and what was odd, a line each.
Obtained = tuple[str, list[Annotation], list[str]]


def obtain_faces(settings: Faces, download: Download, target: Path) -> str:
    """Make the folder ``target`` with ``images/``, ``photos.csv`` and ``faces.csv``; it is replaced as a whole.

    Returns:
        A paragraph that says what came, and what is missing.

    Raises:
        InputError: the source cannot be used as it is; the message says why.
    """
    obtain = {"sample": _sample, "medical_masks": _medical_masks, "local": _local}[settings.source]
    if settings.source == "local" and Path(settings.path).resolve().is_relative_to(target.resolve()):
        raise InputError(f"faces.path: {settings.path} lies in the folder that this stage writes; name another")
    with atomic_folder(target) as folder:
        photos = PhotoFolder(folder)
        form, faces, notes = obtain(settings, download, photos)
        notes += _missing(faces, settings.missing)
        photos.write_index()
        write_annotations(folder / "faces.csv", faces)
    labels = {face.label for face in faces if not face.problem}
    splits = "its own split" if any(face.split for face in faces) else "no split"
    head = f"{form}: {counted(len(photos), 'photo')}, {counted(len(faces), 'face')}"
    return "\n".join([f"{head}, {len(labels)} classes, {splits}", *notes])


def _sample(settings: Faces, download: Download, photos: PhotoFolder) -> Obtained:
    from stages.sources.sample.draw import draw_sample  # here, because only this source needs the drawing library

    *drawn, (table, content) = draw_sample(settings.sample.photos, settings.sample.seed)
    for name, photo in drawn:
        photos.add(name, photo)
    return settings.source, read_csv(content, table, "", PhotoNames(name for name, _ in drawn)), []


def _medical_masks(settings: Faces, download: Download, photos: PhotoFolder) -> Obtained:
    from stages.sources.fetch import fetch  # here, because only what is downloaded needs a client of HTTP

    tables, gone = fetch(MASK_TABLES, download)
    if gone:
        raise InputError(f"{gone[0].name}: not there; see to download.mirror: {download.mirror}")
    remotes = mask_photos()
    paths, _ = fetch(remotes, download)
    there = {remote.name: paths[remote.digest] for remote in remotes if remote.digest in paths}
    for name, path in there.items():
        photos.add(name, path.read_bytes())
    names, faces = PhotoNames(there), []
    for table in MASK_TABLES:
        faces += read_csv(tables[table.digest].read_bytes(), table.name, table.name.removesuffix(".csv"), names)
    return settings.source, [face if face.problem else _with_known_label(face) for face in faces], []


def _with_known_label(face: Annotation) -> Annotation:
    if face.label in MASK_LABELS:
        return face
    return replace(face, problem=f"unknown label: {face.label[:80]!r} is none of {', '.join(MASK_LABELS)}")


def _local(settings: Faces, download: Download, photos: PhotoFolder) -> Obtained:
    if "://" not in settings.path:
        return _from_folder(settings, photos)
    import fsspec  # here, because only addresses need it

    with TemporaryDirectory(dir=photos.folder) as copy:
        try:
            files, path = fsspec.url_to_fs(settings.path)
            files.get(f"{path}/", f"{copy}/", recursive=True)
        except Exception as error:  # each storage service has its own kinds
            raise InputError(f"faces.path: {settings.path}: cannot be read: {type(error).__name__}: {error}") from None
        try:
            return _from_folder(settings.model_copy(update={"path": copy}), photos)
        except InputError as error:
            raise InputError(*str(error).replace(copy, settings.path).splitlines()) from None


def _from_folder(settings: Faces, photos: PhotoFolder) -> Obtained:
    from stages.sources.local_faces import read_local_faces  # here, with its readers of XML

    found = read_local_faces(settings)
    files = {face.file for face in found.faces}
    unnamed = []
    for name, path in found.photos.items():
        try:
            if safe_name(name) in files:
                photos.add(name, path.read_bytes())
            else:
                unnamed.append(name)
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    if not len(photos):
        raise InputError(f"faces.path: none of the photos that the annotations name is in {settings.path}")
    notes = [*found.notes]
    counts = Counter(face.label for face in found.faces if not face.problem)
    if once := sorted(label for label, count in counts.items() if count == 1):
        notes.append(f"{len(once)} of the classes with one face alone: {listed(once)}")
    if unnamed:
        notes.append(f"{counted(len(unnamed), 'photo')} named by no annotation and left out: {listed(unnamed)}")
    if found.ignored:
        notes.append(f"{counted(len(found.ignored), 'file')} ignored: {listed(found.ignored)}")
    return found.form, found.faces, notes


def _missing(faces: Iterable[Annotation], rule: str) -> list[str]:
    """Refuse photos that are not there, or say which are missing."""
    missing = [face.photo for face in faces if face.problem.startswith("missing photo")]
    if not missing:
        return []
    names = list(dict.fromkeys(missing))
    without = f"{counted(len(missing), 'face')} of {counted(len(names), 'photo')}"
    if rule == "error":
        raise InputError(
            f"{counted(len(names), 'photo')} named by the annotations, but missing: {listed(names)}; bring them, or "
            "set faces.missing: skip to go on without"
        )
    return [f"{without} missing and skipped: {listed(names, 100)}"]
