"""How many faces and photos came out per split and class, what was skipped, and what else a reader should know."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stages.config.params import Params
from stages.config.variants import PlainVariant
from stages.masks.faces import Faces
from stages.masks.split import one_sided_classes
from stages.runtime.errors import counted, listed
from stages.storage.dataset import SPLITS, TEST, TRAIN

NOTES = {
    "size_unknown": "have no true width and height of their photo",
    "size_differs": "have a width and height that are not their photo's: are their boxes right?",
    "size_other_way": "have the width and height that their photo has before (or after) it is turned by its EXIF "
    "orientation: do their boxes refer to it that way too? See faces.boxes_refer_to",
    "turned": "have boxes on the stored photo, turned with it",
    "rounded": "have boxes with fractions of pixels, widened to the pixels that they cover",
    "clipped": "have boxes that were clipped to their photo",
}


def count_faces(faces: Faces) -> dict[str, Any]:
    """Return the content of counts.json: faces and photos by split and class, and what is remarkable."""

    def number(sql: str) -> int:
        return next(faces.query(f"SELECT COUNT(*) FROM {sql}"))[0]

    by_class = "SELECT split, label, COUNT(*), COUNT(DISTINCT file) FROM cut GROUP BY split, label"
    counts = {(split, label): of for split, label, *of in faces.query(by_class)}
    labels = sorted({label for _, label in counts})
    totals = {
        split: of for split, *of in faces.query("SELECT split, COUNT(*), COUNT(DISTINCT file) FROM cut GROUP BY split")
    }
    notes = Counter(name for face in faces.where("crop != ''") for name in face.notes)
    return {
        what: {split: {label: counts.get((split, label), (0, 0))[place] for label in labels} for split in SPLITS}
        for place, what in enumerate(("faces", "photos"))
    } | {
        "total": {split: dict(zip(("faces", "photos"), totals[split], strict=True)) for split in SPLITS},
        "skipped": dict(sorted(faces.query("SELECT kind, COUNT(*) FROM faces WHERE crop = '' GROUP BY kind"))),
        "notes": {name: notes[name] for name in NOTES},
        "turned_photos": number("photos WHERE orientation > 1"),
        "repeated": number("cut") - number("(SELECT DISTINCT file, box FROM cut)"),
        "missing_photos": number("(SELECT DISTINCT photo FROM faces WHERE kind = 'missing photo')"),
        "shared_photos": number("(SELECT 1 FROM cut GROUP BY sha256 HAVING COUNT(DISTINCT split) > 1)"),
    }


def summary(counts: Mapping[str, Any], faces: Faces, params: Params) -> str:
    """The counts as a small table, and a line for everything that a reader should know besides."""
    of, total = counts["faces"], counts["total"]
    rows = [(label, of[TRAIN][label], of[TEST][label]) for label in of[TRAIN]]
    rows += [(f"all {what}", total[TRAIN][what], total[TEST][what]) for what in ("faces", "photos")]
    wide = max(len(name) for name, _, _ in rows)
    table = [
        f"{'':{wide}}  {TRAIN:>7}  {TEST:>7}",
        *(f"{n:{wide}}  {train:>7,}  {test:>7,}" for n, train, test in rows),
    ]
    return "\n".join([*table, *_remarks(counts), *_about_classes(counts, faces, params)])


def _remarks(counts: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"skipped, {reason}: {counted(number, 'face')}" for reason, number in counts["skipped"].items())
    yield from (f"{counted(number, 'face')} {NOTES[name]}" for name, number in counts["notes"].items() if number)
    if counts["turned_photos"]:
        yield f"{counted(counts['turned_photos'], 'photo')} turned as their EXIF orientation says"
    if counts["repeated"]:
        yield f"{counted(counts['repeated'], 'face')} with the box of another face of the photo: do rows stand twice?"
    if counts["shared_photos"]:
        yield f"{counted(counts['shared_photos'], 'photo')} on both sides of the split: test scores flatter"


def _about_classes(counts: Mapping[str, Any], faces: Faces, params: Params) -> Iterator[str]:
    of = counts["faces"]
    for alike in look_alikes(of[TRAIN]):
        yield f"labels that look alike: {', '.join(map(repr, alike))}; are they one class?"
    for label in of[TRAIN]:
        if not of[TEST][label]:
            yield f"class {label!r} has no test face: its recall is undefined and left out"
        elif of[TRAIN][label] + of[TEST][label] == 1:
            yield f"class {label!r} appears once"
    if one_sided := one_sided_classes(faces):
        yield f"classes with several photos that are on one side of the split alone: {listed(one_sided)}"
    for name, variant in params.variants_of("masks").items():
        weights = variant.class_weights if isinstance(variant, PlainVariant) else None
        if isinstance(weights, dict) and set(weights) != set(of[TRAIN]):
            fits = not set(weights).isdisjoint(of[TRAIN])
            what = "it will not train" if fits else "weights by frequency are taken instead (balanced)"
            yield (
                f"variants.{name}.class_weights names {', '.join(weights)}; the classes are {', '.join(of[TRAIN])}: "
                f"{what}; give a weight for each, or class_weights: balanced"
            )


def look_alikes(labels: Iterable[str]) -> list[list[str]]:
    """Labels that differ in case, accents' encoding or spaces alone, in groups of two and more."""
    groups: dict[str, list[str]] = {}
    for label in labels:
        groups.setdefault("".join(unicodedata.normalize("NFKC", label).casefold().split()), []).append(label)
    return [alike for alike in groups.values() if len(alike) > 1]
