"""What is done about faces that cannot be used: an error that names the first, or skipping and counting."""

from collections.abc import Sequence

from stages.errors import InputError
from stages.faces.face import Face

MISSING = "missing photo"


def kind(problem: str) -> str:
    """The kind of a problem, as counts and tables show it: ``bad number: xmin is empty`` is ``bad number``."""
    return problem.split(":", 1)[0]


def check_problems(faces: Sequence[Face], invalid: str) -> None:
    """Refuse faces that cannot be used, where ``invalid`` is error; missing photos have a rule of their own.

    Raises:
        InputError: the message names file and row of the first such face and says how many there are.
    """
    bad = [face for face in faces if face.problem and kind(face.problem) != MISSING]
    if not bad or invalid == "skip":
        return
    first = bad[0]
    photo = f" (photo {first.photo[:200]!r})" if first.photo else ""
    more = f"; and {len(bad) - 1} more faces" if len(bad) > 1 else ""
    raise InputError(
        f"{first.place}: {first.problem}{photo}{more}; correct this, or set crop.invalid: skip to go on without"
    )
