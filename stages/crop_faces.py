"""Door: cut the annotated faces out of the photos, split and sort them by class, count and show them."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from stages import door
from stages.errors import InputError
from stages.faces.annotations import read_annotations
from stages.faces.contact_sheet import draw_contact_sheet
from stages.faces.counts import count_faces, summary
from stages.faces.crop import Form, crop_all
from stages.faces.index import write_index
from stages.faces.photos import Located, locate, read_photos
from stages.faces.problems import check_problems
from stages.faces.split import assign_splits
from stages.files import atomic_folder, write_bytes, write_json
from stages.params import Params, load_params

RAW = Path("data/raw/faces")
FACES, LARGE = Path("data/faces"), Path("data/faces_large")
METRICS = Path("metrics/faces")
# The classes of the sources that the project knows; one's own photos may have any.
MASK_LABELS = frozenset({"bad", "none", "good"})


def main(_: argparse.Namespace) -> None:
    """Read ``data/raw/faces``; write ``data/faces``, ``data/faces_large`` and ``metrics/faces``."""
    params = load_params()
    digests = read_photos(RAW)
    located = _located(params, digests)
    with atomic_folder(FACES) as folder, atomic_folder(LARGE) as large:
        folders = {folder: Form(params.crop.side), large: Form(params.crop.large_side, params.crop.large_margin)}
        results = crop_all(located, RAW / "images", folders, params.crop)
        check_problems([each.face for each in results], params.crop.invalid)
        if not any(each.crop for each in results):
            raise InputError(f"{RAW}: none of the {len(results)} faces can be used; first: {results[0].face.problem}")
        for each in folders:
            write_index(each, results)
        sheet = draw_contact_sheet(results, folder)
    counts = count_faces(results, digests)
    write_json(METRICS / "counts.json", counts)
    write_bytes(METRICS / "contact_sheet.png", sheet)
    print(summary(counts, results))


def _located(params: Params, digests: Mapping[str, str]) -> list[Located]:
    """Every annotated face with its photo and its side of the split."""
    faces = read_annotations(RAW, None if params.faces.source == "local" else MASK_LABELS)
    check_problems(faces, params.crop.invalid)
    located = locate(faces, digests, params.faces.missing)
    return assign_splits(located, digests, params.faces.test_size, params.faces.seed)


if __name__ == "__main__":
    door.run(main, argparse.ArgumentParser(description=__doc__))
