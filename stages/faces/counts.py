"""How many faces and photos came out per split and class, and what was skipped, clipped or repaired."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stages.faces.crop import Cropped
from stages.faces.photos import listed
from stages.faces.problems import MISSING, kind
from stages.faces.split import TEST, TRAIN

REPAIRS = {
    "size_unknown": "rows without a true width and height: those of the photo were taken",
    "size_differs": "rows whose width and height are not those of the photo: are their boxes right?",
    "turned": "boxes made on the unturned photo: turned with it (EXIF orientation)",
}


def count_faces(results: Sequence[Cropped], digests: Mapping[str, str]) -> dict[str, Any]:
    """Count; ``digests`` gives the SHA-256 of each photo by its safe name.

    Returns a mapping for JSON: ``faces`` and ``photos`` by split and label, ``total`` faces and photos by
    split, ``skipped`` faces by kind of problem, ``repaired`` by kind, ``clipped`` boxes, ``repeated`` boxes (those of
    another face of the same photo), ``missing_photos``, and ``shared_photos`` (the same bytes on both sides of the
    split).
    """
    cut = [each for each in results if each.crop]
    labels = sorted({each.face.label for each in cut})
    sides = {split: [each for each in cut if each.face.split == split] for split in (TRAIN, TEST)}
    faces = {split: Counter(each.face.label for each in side) for split, side in sides.items()}
    photos = {split: Counter(label for label, _ in {(e.face.label, e.file) for e in sides[split]}) for split in sides}
    contents = [{digests[each.file] for each in side} for side in sides.values()]
    return {
        "faces": {split: {label: faces[split][label] for label in labels} for split in sides},
        "photos": {split: {label: photos[split][label] for label in labels} for split in sides},
        "total": {s: {"faces": len(side), "photos": len({e.file for e in side})} for s, side in sides.items()},
        "skipped": dict(sorted(Counter(kind(each.face.problem) for each in results if not each.crop).items())),
        "repaired": {name: sum(each.repaired == name for each in cut) for name in REPAIRS},
        "clipped": sum(each.clipped for each in cut),
        "repeated": len(cut) - len({(each.file, each.used) for each in cut}),
        "missing_photos": len(missing_photos(results)),
        "shared_photos": len(contents[0] & contents[1]),
    }


def missing_photos(results: Sequence[Cropped]) -> list[str]:
    """The original names of the photos that were skipped because they are not there, in order."""
    return sorted({each.face.photo for each in results if kind(each.face.problem) == MISSING})


def summary(counts: Mapping[str, Any], results: Sequence[Cropped]) -> str:
    """The counts as a small table, and a line for everything that a reader should know besides."""
    faces, total = counts["faces"], counts["total"]
    lines = [(label, faces[TRAIN][label], faces[TEST][label]) for label in faces[TRAIN]]
    lines += [(f"all {what}", total[TRAIN][what], total[TEST][what]) for what in ("faces", "photos")]
    wide = max(len(name) for name, _, _ in lines)
    text = [f"{'':{wide}}  {TRAIN:>7}  {TEST:>7}"]
    text += [f"{name:{wide}}  {train:>7,}  {test:>7,}" for name, train, test in lines]
    text += [f"skipped, {reason}: {number:,} faces" for reason, number in counts["skipped"].items()]
    if missing := missing_photos(results):
        text.append(f"photos that are missing: {listed(missing)}")
    text += [f"{number:,} {REPAIRS[name]}" for name, number in counts["repaired"].items() if number]
    if counts["clipped"]:
        text.append(f"{counts['clipped']:,} boxes clipped to their photo")
    if counts["repeated"]:
        text.append(f"{counts['repeated']:,} faces have the box of another face of their photo: do rows stand twice?")
    for alike in look_alikes(faces[TRAIN]):
        text.append(f"labels that look alike: {', '.join(map(repr, alike))}; are they one class?")
    if counts["shared_photos"]:
        text.append(f"{counts['shared_photos']:,} photos are on both sides of the split: test scores flatter")
    return "\n".join(text)


def look_alikes(labels: Iterable[str]) -> list[list[str]]:
    """Labels that differ in case, accents' encoding or spaces alone, in groups of two and more."""
    groups: dict[str, list[str]] = {}
    for label in labels:
        groups.setdefault("".join(unicodedata.normalize("NFKC", label).casefold().split()), []).append(label)
    return [alike for alike in groups.values() if len(alike) > 1]
