"""Stage: look for what the data hide: duplicates within and across the split, labels that disagree, odd sizes."""

import argparse
from pathlib import Path

from stages import door
from stages.files import read_json, write_json
from stages.history import write_table
from stages.leaks import leaked_path, left_out_path, write_names
from stages.params import Params, load_params
from stages.results.pictures import save_figure

RAW, FACES = Path("data/raw/faces"), Path("data/faces")


def main(arguments: argparse.Namespace) -> None:
    """Audit the data named on the command line."""
    {"faces": _audit_faces, "digits": _audit_digits}[arguments.data](load_params())


# Each audit loads its own libraries: digits need none that read or hash photos.


def _audit_faces(params: Params) -> None:
    from stages.auditing import face_audit
    from stages.auditing.face_pictures import draw_duplicates, draw_sizes
    from stages.auditing.photo_hashes import hash_photos
    from stages.auditing.photos import read_cropped
    from stages.faces.photos import read_photos

    settings, folder, images = params.audit.faces, Path("metrics/faces"), RAW / "images"
    photos, digests = read_cropped(FACES / "index.csv"), read_photos(RAW)
    known = read_json(folder / "counts.json", "run `dvc repro crop_faces`")
    hashes = hash_photos(images, [photo.file for photo in photos], params.crop.max_pixels)
    audit = face_audit.audit_faces(photos, hashes, digests, settings.duplicates, settings.max_distance)
    write_json(folder / "audit.json", face_audit.count_audit(audit, known, params.crop.side))
    write_table(folder / "duplicates.csv", face_audit.pair_table(audit))
    write_table(folder / "label_conflicts.csv", audit.conflicts)
    save_figure(draw_sizes(photos, params.crop.side), folder / "audit.png")
    save_figure(draw_duplicates(audit, images, params.crop.max_pixels), folder / "duplicates.png")
    print(face_audit.summary(audit))
    # Once the tables are there to look at, and before a list that training would go by.
    if settings.duplicates == "stop":
        face_audit.refuse_leaks(audit)
    write_names(left_out_path("cnn"), "photo", [name for i in audit.left_out for name in photos[i].names])
    write_names(leaked_path("cnn"), "photo", [name for i in audit.leaked for name in photos[i].names])


def _audit_digits(params: Params) -> None:
    from stages.auditing import digit_audit
    from stages.auditing.digit_pictures import draw_audit
    from stages.digits.dataset import load_digits

    settings, folder = params.audit.digits, Path("metrics/digits")
    audit = digit_audit.audit_digits(load_digits(), settings)
    counts = digit_audit.count_audit(audit)
    write_json(folder / "audit.json", counts)
    write_table(folder / "duplicates.csv", digit_audit.pair_table(audit))
    write_table(folder / "suspicious_labels.csv", digit_audit.suspect_table(audit))
    save_figure(draw_audit(audit), folder / "audit.png")
    print(digit_audit.summary(counts))
    if settings.duplicates == "stop":
        digit_audit.refuse_leaks(audit)
    write_names(left_out_path("dnn"), "digit", map(audit.number, audit.left_out))
    write_names(leaked_path("dnn"), "digit", map(audit.number, audit.leaked))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", choices=("faces", "digits"))
    door.run(main, parser)
