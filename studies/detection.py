"""What it costs to find the faces by a detector instead of by the annotated boxes, measured on the test photos.

Usage: python -m studies.detection     (in a workspace that has run on the real data: make real; make repro)

The framing, a shift and a scale from the detector's boxes to the annotators', is fitted on the training photos.
"""

import argparse
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import recall_score
from tqdm import tqdm

from stages.auditing.masks_audit import overlaps
from stages.config.params import load_params
from stages.masks.boxes import Box
from stages.masks.index import read_index
from stages.masks.photos import decode_photo
from stages.runtime import command
from stages.storage.tables import write_table
from tools.prediction.faces import Face, Framing, crops, detect_faces
from tools.prediction.predictor import Predictor

PHOTOS, TABLE = Path("data/raw/masks/images"), Path("docs/results/detection.csv")
HIT = 0.4  # overlap (IoU) from which a detected box is the annotated face
LARGE = 32  # pixels of the shorter side from which a face counts as one that can be found
USED = ["used_xmin", "used_ymin", "used_xmax", "used_ymax"]


def main(_: argparse.Namespace) -> None:
    """Fit the framing, measure without and with it, and write the table."""
    index = read_index()
    index = index[index["skipped"] == ""]
    framing = fit_framing(index[index["split"] == "train"])
    print(f"framing, medians over the training photos: {framing}")
    test = index[index["split"] == "test"]
    rows = [measure(test, Framing(), "detector's box"), measure(test, framing, "framed as annotators do")]
    table = pd.DataFrame([row for each in rows for row in each]).drop_duplicates()
    write_table(TABLE, table)
    print(table.to_string(index=False, float_format="{:.3f}".format))
    print(f"written: {TABLE}")


def matched(index: pd.DataFrame, framing: Framing) -> tuple[list[tuple[str, Box, Box | None, str]], int]:
    """Every annotated face with the detected one that overlaps it most: (file, annotated, detected or None, label).

    Returns:
        The faces, and how many were detected that nobody annotated.
    """
    faces, others, most = [], 0, load_params().crop.max_pixels
    for file, rows in tqdm(index.groupby("file", sort=True), desc="detect", unit="photo", disable=None):
        annotated = [Box(*map(int, values)) for values in rows[USED].to_numpy()]
        detected = [face.box for face in detect_faces(decode_photo(PHOTOS / file, most).pixels, framing)]
        shared = overlaps(np.array(annotated, float), np.array(detected, float).reshape(-1, 4))
        pairs = {i: j for i, j in zip(*linear_sum_assignment(-shared), strict=True) if shared[i, j] >= HIT}
        others += len(detected) - len(pairs)
        for i, label in enumerate(rows["label"]):
            faces.append((file, annotated[i], detected[pairs[i]] if i in pairs else None, label))
    return faces, others


def fit_framing(index: pd.DataFrame) -> Framing:
    """The medians of shift and scale over the faces that were found."""
    found, _ = matched(index, Framing())
    pairs = np.array([[*annotated, *detected] for _, annotated, detected, _ in found if detected], float)
    ours, theirs = pairs[:, :4], pairs[:, 4:]
    sides = theirs[:, 2:] - theirs[:, :2]
    shift = np.median((ours[:, :2] + ours[:, 2:] - theirs[:, :2] - theirs[:, 2:]) / 2 / sides, axis=0)
    scale = np.median((ours[:, 2:] - ours[:, :2]) / sides, axis=0)
    return Framing(*np.round([*shift, *scale], 3).tolist())


def measure(index: pd.DataFrame, framing: Framing, name: str) -> list[dict[str, object]]:
    """Recall of the detection, and accuracy on the faces that were found: by annotated and by detected boxes."""
    faces, others = matched(index, framing)
    found = [face for face in faces if face[2]]
    large = [face for face in faces if min(face[1].xmax - face[1].xmin, face[1].ymax - face[1].ymin) >= LARGE]
    about = {
        "faces": len(faces),
        "found": len(found) / len(faces),
        f"found of at least {LARGE} pixels": sum(face[2] is not None for face in large) / len(large),
        "boxes that nobody annotated": others,
    }
    predictor = Predictor.load("masks")
    truth = [face[3] for face in found]
    cut: dict[str, list[np.ndarray]] = {"annotated box": [], name: []}
    for file, faces_of_photo in groupby(found, key=itemgetter(0)):
        pixels = decode_photo(PHOTOS / file, predictor.crop.max_pixels).pixels
        _, *boxes, _ = zip(*faces_of_photo, strict=True)
        for images, of_one_kind in zip(cut.values(), boxes, strict=True):
            images.append(crops(pixels, list(map(Face, of_one_kind)), predictor.form, predictor.crop.interpolation))
    rows = []
    for which, images in cut.items():
        for point in predictor.points:
            best = predictor.probabilities(np.concatenate(images), point).argmax(axis=1)
            guesses = [predictor.form.classes[i] for i in best]
            recalls = recall_score(truth, guesses, labels=predictor.form.classes, average=None)
            row = {"boxes": which, "detection": name, "point": point, **about}
            row["accuracy"] = float(np.mean(np.array(truth) == np.array(guesses)))
            rows.append(
                row
                | {f"recall {label}": float(one) for label, one in zip(predictor.form.classes, recalls, strict=True)}
            )
    return rows


if __name__ == "__main__":
    command.run(
        main, argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    )
