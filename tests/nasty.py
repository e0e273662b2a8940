"""Cells of tables that are bad in every way that anyone has thought of, and what is true of every face all the same."""

from hypothesis import strategies as st

from stages.faces.face import Face, name_problem
from stages.faces.problems import check_problems
from stages.text import is_visible
from tests.fuzzing import attempt

_ODD_NUMBERS = ["", " ", "NaN", "inf", "-inf", "1.5", "3.0", "3.", ".5", "1e3", "0x10", "+5", "-0", "1_000", "٣", "３"]
_ODD_NUMBERS += ["−5", "1,5", "9" * 500, "-" + "9" * 12, "1.5" + "0" * 5000, "None", "=1+1", "1 0", "TRUE"]
NUMBERS = st.integers(-50, 5000).map(str) | st.sampled_from(_ODD_NUMBERS)

WILD = ["a.jpg", "A.JPG", " a.jpg ", "", " ", ".", "..", "../a.jpg", "..\\a.jpg", "/etc/passwd", "C:\\a.jpg", "C:a.jpg"]
WILD += [
    "a/b.jpg",
    "a/../../b.jpg",
    "//server/a.jpg",
    "\\\\server\\a.jpg",
    "~/a.jpg",
    "con.jpg",
    "a\nb.jpg",
    "a\rb.jpg",
]
WILD += [
    "a\r\nb.jpg",
    'say "x".jpg',
    "a,b;c\td.jpg",
    "'",
    "\ufeffa.jpg",
    "\u202egpj.a",
    "e\u0301.jpg",
    "口罩.jpg",
    "-rf.jpg",
]
WILD += ["$(x).jpg", "%2e%2e%2fa.jpg", "x" * 300 + ".jpg", "a.jpg\x1b[31m"]
NAMES = st.sampled_from(WILD) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)

_LABELS = ["good", "Good", "good ", "", " ", "None", "NA", "nan", "null", "1", "..", "a/b", "con", "x" * 101, "x\ny"]
_LABELS += ["\x1b[31m", "$a$", "口罩", "<b>", "=1+1", "a,b"]
LABELS = st.sampled_from(_LABELS) | NAMES


def holds(faces: list[Face]) -> None:
    """What is true of every face that was read, whatever it was read from."""
    for face in faces:
        assert is_visible(face.problem) or "\n" not in face.problem
        assert len(face.problem) < 400
        if face.problem:
            assert ": " in face.problem, "a kind and a detail"
            continue
        assert face.box.xmin < face.box.xmax and face.box.ymin < face.box.ymax
        assert face.label == face.label.strip() and face.label and is_visible(face.label) and len(face.label) <= 100
        assert not name_problem(face.photo)
    _, said = attempt(lambda: check_problems(faces, "error"))
    assert bool(said) == any(face.problem for face in faces)
