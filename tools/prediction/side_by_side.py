"""One picture asked of several variants, and what they say side by side as HTML."""

import base64
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from stages.config.params import load_params
from stages.config.variants import Variant
from stages.drawing.figures import COLOURS
from stages.masks.photos import decode_photo
from stages.runtime.errors import InputError
from tools.prediction.asking import Found, ask, find_faces, seen
from tools.prediction.drawing import drawn
from tools.prediction.faces import whole_face
from tools.prediction.predictor import Predictor
from tools.templates import render

LARGEST = (1200, 1200)  # pixels of the photo with boxes; larger ones are shrunk for the page
load = cache(Predictor.load)


@dataclass(frozen=True)
class Answers:
    """What the variants say about one picture.

    Attributes:
        study: digits or masks.
        pixels: of the picture, uint8 (height, width, 3), blue green red.
        images: its faces or its digit as the first variant's network gets to see them.
        found: by variant, a row for each of ``images``.
        note: what else there is to say; mostly nothing.
        without_detector: the faces could not be looked for, and the picture was taken for one.
    """

    study: str
    pixels: np.ndarray
    images: np.ndarray
    found: dict[str, list[Found]]
    note: str = ""
    without_detector: bool = False


def trained(study: str) -> dict[str, Variant]:
    """The variants of a study that have been trained, the study's best first, as ``params.yaml`` describes them."""
    params = load_params()
    known = params.variants_of(study)
    there = [name for name in known if Path(f"models/{study}/{name}.safetensors").is_file()]
    return {name: known[name] for name in sorted(there, key=lambda name: name != params.studies[study].best)}


def compare(file: str | Path, names: Sequence[str], how: str = "detect", point: str | None = None) -> Answers:
    """Ask variants of one study about a picture.

    Args:
        file: the picture.
        names: of the variants.
        how: ``detect`` or ``whole``: where faces are. Without a detector the picture is taken for one.
        point: operating point of the variants that have two.

    Raises:
        PhotoError: the picture cannot be decoded.
        InputError: no variant is named, one was not trained, or the picture shows no digit.
    """
    if not names:
        raise InputError("choose at least one variant")
    predictors = {name: load(name) for name in names}
    first = predictors[names[0]]
    pixels, note, without_detector = decode_photo(Path(file), first.crop.max_pixels).pixels, "", False
    try:
        faces = find_faces(pixels, first.study, how)
    except InputError as error:
        faces, without_detector = whole_face(pixels), True
        note = "The face detector could not be downloaded, so the whole picture is taken for one face."
        print(f"note: {error}", file=sys.stderr)
    if not faces:
        note = "No face was found. If the picture is a face, choose “is one face”."
    found = {
        name: ask(one, pixels, faces, point=point if point in one.points else None) for name, one in predictors.items()
    }
    return Answers(first.study, pixels, seen(first, pixels, faces), found, note, without_detector)


def as_html(answers: Answers) -> str:
    """The photo with boxes, and for each face or digit the probabilities of every variant as bars."""
    names = list(answers.found)
    things = []
    for number, image in enumerate(answers.images):
        rows = {name: answers.found[name][number] for name in names}
        said: dict[str, list[str]] = {}
        for name, row in rows.items():
            said.setdefault(row.label, []).append(name)
        things.append({"image": _as_address(Image.fromarray(image), "PNG"), "rows": rows, "said": said})
    picture = None
    if answers.study == "masks" and things:
        photo = drawn(answers.pixels, answers.found[names[0]])
        photo.thumbnail(LARGEST)
        picture = _as_address(photo, "JPEG")
    return render(
        Path(__file__).with_name("answers.html.j2"), html=True, note=answers.note, things=things, picture=picture,
        first=names[0], colours=COLOURS,
    )  # fmt: skip


def as_sentence(text: object) -> str:
    """A sentence in place of answers, as HTML."""
    return f'<p class="note" role="status">{escape(str(text))}</p>'


def _as_address(picture: Image.Image, form: str) -> str:
    """The picture as a ``data:`` address, so that no file is written."""
    buffer = BytesIO()
    picture.save(buffer, form)
    return f"data:image/{form.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"
