"""A user's own photos and boxes: finding the annotations in the folder, and matching them with the photos."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stages.errors import InputError
from stages.faces.face import name_problem
from stages.faces.filenames import safe_name
from stages.faces.voc_xml import VocError, read_root
from stages.sources.local_entries import by_form, composed, problem_of
from stages.sources.named_photos import named_in_csv
from stages.sources.wording import listed, shown

_CSV_FORMS = (("train.csv", "test.csv"), ("annotations.csv",))
_XML_FOLDERS = ("labels", "annotations")
_FORMS = "train.csv and test.csv, or annotations.csv, or Pascal VOC .xml files in labels/ or annotations/"


@dataclass
class LocalFaces:
    """What a folder holds: photos and annotation files by the names they get, and what doesn't fit.

    Photos go by the names that annotations call them. ``missing`` names those that are not there, or says behind the
    name what lies in their place; ``unnamed`` are entries of ``images/`` that no annotation names.
    """

    photos: dict[str, Path] = field(default_factory=dict)
    annotations: dict[str, bytes] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)


def read_local_faces(folder: Path) -> LocalFaces:
    """Find photos and annotations below ``folder``.

    A photo is a file directly in ``images/`` that an annotation names; links to files are followed, and a name may
    write its accents otherwise (NFC, NFD) where one file alone can be meant. An XML file
    belongs to the photo that its ``filename`` element names, else to the only one of its own name (``a.xml``:
    ``a.jpg``); it becomes ``labels/<safe name of the photo>.xml``.

    Raises:
        InputError: something is missing, ambiguous or unreadable.
    """
    try:
        return _read(folder)
    except OSError as error:
        raise InputError(f"faces.path: {shown(error.filename or folder)}: {error.strerror}") from None


def _read(folder: Path) -> LocalFaces:
    if not folder.is_dir():
        raise InputError(f"faces.path: {folder}: no such folder; it must hold images/ with {_FORMS} beside it")
    if not (folder / "images").is_dir():
        raise InputError(f"faces.path: {folder} has no folder images/; put the photos there")
    entries = {path.name: path for path in (folder / "images").iterdir()}
    form = _annotation_form(folder)
    found = LocalFaces()
    read: Callable = _read_xml if isinstance(form, Path) else _read_csv
    forms, used = by_form(entries), set()
    for name in read(folder, form, entries, found):
        if name_problem(name):
            continue  # Cropping names its row, with everything else that can be wrong with one.
        # Spaces at the ends belong to some real names, and come from careless annotations more often.
        name = name if name in entries else name.strip()
        entry = name if name in entries else forms.get(composed(name))
        used.add(entry)
        problem = problem_of(entries[entry]) if entry else ""
        if entry and not problem:
            found.photos[name] = entries[entry]
        else:
            found.missing.append(f"{shown(name)} ({problem})" if problem else name)
    found.missing = list(dict.fromkeys(found.missing))
    found.unnamed = sorted(set(entries) - used)
    if not found.photos:
        raise InputError(
            f"faces.path: none of the photos that the annotations name lies directly in {folder / 'images'}: "
            f"{listed(found.missing) or 'they name no file'}"
        )
    return found


def _annotation_form(folder: Path) -> tuple[str, ...] | Path:
    """The CSV files, or the folder of XML files, that are there."""
    forms: list[tuple[str, ...] | Path] = []
    for names in _CSV_FORMS:
        there = [name for name in names if (folder / name).exists()]
        if there and len(there) < len(names):
            absent = next(name for name in names if name not in there)
            raise InputError(
                f"faces.path: {folder} has {there[0]} but no {absent}; to be split by seed, one file with "
                "all faces must be called annotations.csv"
            )
        forms += [names] if there else []
    forms += [folder / name for name in _XML_FOLDERS if _xml_files(folder / name)]
    if not forms:
        raise InputError(f"faces.path: {folder} has no annotations beside images/; needed: {_FORMS}")
    if len(forms) > 1:
        names = [form.name + "/" if isinstance(form, Path) else " + ".join(form) for form in forms]
        raise InputError(f"faces.path: {folder} has annotations in more than one form ({', '.join(names)}); keep one")
    return forms[0]


def _xml_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() == ".xml" and path.is_file())


def _read_csv(folder: Path, form: tuple[str, ...], entries: dict[str, Path], found: LocalFaces) -> list[str]:
    names: dict[str, None] = {}
    for file in form:
        found.annotations[file] = _regular_file(folder / file).read_bytes()
        names |= dict.fromkeys(named_in_csv(found.annotations[file], str(folder / file)))
    return list(names)


def _read_xml(folder: Path, form: Path, entries: dict[str, Path], found: LocalFaces) -> list[str]:
    stems = Counter(Path(name).stem for name in entries)
    unique = {Path(name).stem: name for name in entries if stems[Path(name).stem] == 1}
    names: list[str] = []
    for path in _xml_files(form):
        content = path.read_bytes()
        named = _named_in_xml(content)
        name = named if named in entries else unique.get(path.stem, named)
        file = f"{safe_name(name)}.xml" if name else safe_name(path.name)
        if f"labels/{file}" in found.annotations:
            raise InputError(f"{shown(path)}: another file is about the photo {shown(name or path.stem)} too; keep one")
        found.annotations[f"labels/{file}"] = content
        if name:
            names.append(name)
    return names


def _named_in_xml(content: bytes) -> str:
    """The photo that an XML file says it is about; empty where it says none or cannot be read (cropping says so)."""
    try:
        return read_root(content).findtext("filename", "").strip()
    except VocError:
        return ""


def _regular_file(path: Path) -> Path:
    if problem := problem_of(path):
        raise InputError(f"{path}: {problem}")
    return path
