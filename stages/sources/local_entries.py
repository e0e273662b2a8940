"""What lies in a user's folder, and what of it can be read as a file."""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from stages.errors import InputError
from stages.sources.wording import shown


def problem_of(path: Path) -> str:
    """Say why the entry cannot be read as a file, or return an empty text; links are followed.

    Nothing is opened: opening a pipe waits until somebody writes to it.
    """
    if path.is_symlink() and not path.exists():
        return "a link to a file that is not there"
    if not path.is_file():
        return "a folder, not a file" if path.is_dir() else "no regular file"
    return "" if os.access(path, os.R_OK) else "may not be read"


def check_entries(folder: Path) -> None:
    """Refuse what DVC cannot take up, or would wait for without end, of a folder that a stage depends on.

    Raises:
        InputError: an entry is no file, folder or link to one, may not be read, or its name is no UTF-8.
    """
    for path in _below(folder):
        problem = problem_of(path)
        if path.is_dir():
            problem = "" if os.access(path, os.R_OK | os.X_OK) else "may not be read"
        if not _is_utf8(path.name):
            problem = "its name is no valid UTF-8"
        if problem:
            advice = f"mend it or take it out of {shown(folder)}, all of which DVC reads"
            raise InputError(f"{shown(path)}: {problem}; {advice}")


def by_form(names: Iterable[str]) -> dict[str, str]:
    """Names by their form NFC, in which two ways of writing an accent are one; names that then coincide are left out.

    macOS and some archives write ``é`` as ``e`` and an accent (NFD), most other programs as one character.
    """
    names = list(names)
    counts = Counter(map(composed, names))
    return {composed(name): name for name in names if counts[composed(name)] == 1}


def composed(name: str) -> str:
    """The name with accents composed (NFC)."""
    return unicodedata.normalize("NFC", name)


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        yield from (Path(place) / name for name in sorted(folders + files))


def _is_utf8(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
