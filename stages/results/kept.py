"""Figures that are kept until all are there, so that an interrupted ablation goes on where it was."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from pydantic import BaseModel

from stages.files import read_json, write_json
from stages.sources.digests import file_digest

FOLDER = Path(".ablation.partial")


class Kept:
    """A file of ``FOLDER`` for every variant and seed, under the digest of all that its figures depend on.

    Args:
        data: files that the figures depend on, beside the project's code.
        settings: further values they depend on.
    """

    def __init__(self, data: Iterable[Path], settings: Iterable[str] = ()) -> None:
        package = Path(__file__).parent.parent
        code = [f"{path.relative_to(package)} {file_digest(path)}" for path in sorted(package.rglob("*.py"))]
        # A file that is missing is for those to complain of who need it.
        self._inputs = [*code, *(file_digest(path) if path.exists() else "" for path in data), *settings]

    def path(self, variant: BaseModel, seed: int) -> Path:
        """Where the figures of ``variant`` and ``seed`` are kept."""
        parts = "\n".join([*self._inputs, variant.model_dump_json(), str(seed)])
        return FOLDER / f"{hashlib.sha256(parts.encode()).hexdigest()}.json"


def figures_of(path: Path, judge: Callable[[], dict[str, float]]) -> dict[str, float]:
    """Return the figures at ``path``, where ``judge`` puts them if there are none; to 6 digits either way."""
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        write_json(path, judge())
    return read_json(path, f"delete {FOLDER}")


def forget(paths: Iterable[Path]) -> None:
    """Delete what was kept, and the folder with the last of it."""
    for path in paths:
        path.unlink(missing_ok=True)
    if FOLDER.is_dir() and not any(FOLDER.iterdir()):
        FOLDER.rmdir()
