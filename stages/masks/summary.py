"""How many faces and photos came out per split and class, what was skipped, and what else a reader should know."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from stages.config.params import Params
from stages.config.variants import PlainVariant
from stages.masks.crop import Face, PhotoFacts
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


def count_faces(faces: Sequence[Face], facts: Sequence[PhotoFacts], digests: Mapping[str, str]) -> dict[str, Any]:
    """Return the content of counts.json: faces and photos by split and class, and what is remarkable.

    Args:
        faces: what became of each.
        facts: of the decoded photos.
        digests: SHA-256 of each photo by its file.
    """
    cut = [face for face in faces if face.crop]
    labels = sorted({face.annotation.label for face in cut})
    sides = {split: [face for face in cut if face.annotation.split == split] for split in SPLITS}
    counts = {split: Counter(face.annotation.label for face in side) for split, side in sides.items()}
    photos = {
        split: Counter(label for label, _ in {(face.annotation.label, face.annotation.file) for face in side})
        for split, side in sides.items()
    }
    contents = [{digests[face.annotation.file] for face in side} for side in sides.values()]
    return {
        "faces": {split: {label: counts[split][label] for label in labels} for split in SPLITS},
        "photos": {split: {label: photos[split][label] for label in labels} for split in SPLITS},
        "total": {
            split: {"faces": len(side), "photos": len({face.annotation.file for face in side})}
            for split, side in sides.items()
        },
        "skipped": dict(sorted(Counter(_kind(face) for face in faces if not face.crop).items())),
        "notes": {name: sum(name in face.notes for face in cut) for name in NOTES},
        "turned_photos": sum(each.orientation > 1 for each in facts),
        "repeated": len(cut) - len({(face.annotation.file, face.box) for face in cut}),
        "missing_photos": len({face.annotation.photo for face in faces if _kind(face) == "missing photo"}),
        "shared_photos": len(contents[0] & contents[1]),
    }


def summary(counts: Mapping[str, Any], faces: Sequence[Face], digests: Mapping[str, str], params: Params) -> str:
    """The counts as a small table, and a line for everything that a reader should know besides."""
    of, total = counts["faces"], counts["total"]
    rows = [(label, of[TRAIN][label], of[TEST][label]) for label in of[TRAIN]]
    rows += [(f"all {what}", total[TRAIN][what], total[TEST][what]) for what in ("faces", "photos")]
    wide = max(len(name) for name, _, _ in rows)
    table = [
        f"{'':{wide}}  {TRAIN:>7}  {TEST:>7}",
        *(f"{n:{wide}}  {train:>7,}  {test:>7,}" for n, train, test in rows),
    ]
    return "\n".join([*table, *_remarks(counts), *_about_classes(counts, faces, digests, params)])


def _remarks(counts: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"skipped, {reason}: {counted(number, 'face')}" for reason, number in counts["skipped"].items())
    yield from (f"{counted(number, 'face')} {NOTES[name]}" for name, number in counts["notes"].items() if number)
    if counts["turned_photos"]:
        yield f"{counted(counts['turned_photos'], 'photo')} turned as their EXIF orientation says"
    if counts["repeated"]:
        yield f"{counted(counts['repeated'], 'face')} with the box of another face of the photo: do rows stand twice?"
    if counts["shared_photos"]:
        yield f"{counted(counts['shared_photos'], 'photo')} on both sides of the split: test scores flatter"


def _about_classes(
    counts: Mapping[str, Any], faces: Sequence[Face], digests: Mapping[str, str], params: Params
) -> Iterator[str]:
    of = counts["faces"]
    for alike in look_alikes(of[TRAIN]):
        yield f"labels that look alike: {', '.join(map(repr, alike))}; are they one class?"
    for label in of[TRAIN]:
        if not of[TEST][label]:
            yield f"class {label!r} has no test face: its recall is undefined and left out"
        elif of[TRAIN][label] + of[TEST][label] == 1:
            yield f"class {label!r} appears once"
    if one_sided := one_sided_classes(faces, digests):
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


def _kind(face: Face) -> str:
    """The kind of a problem: ``bad number: xmin is empty`` is ``bad number``."""
    return face.annotation.problem.split(":", 1)[0]
