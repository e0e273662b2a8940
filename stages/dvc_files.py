"""What a killed DVC leaves half-written, and then stumbles over: ``dvc.lock``, ``.dvc/tmp/rwlock``, the run cache.

DVC 3.67 writes the two files in place, ``dvc.lock`` for a third of a second after each stage. Where it is killed,
interrupted or out of disk space then, every later command fails with "'dvc.lock' is invalid", "validation failed" or
"JSON structure is corrupted". It makes a folder for each entry of its run cache; where that stayed empty, the stage
fails with "join() argument must be str, bytes, or os.PathLike object, not 'NoneType'".
"""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from stages.files import write_text

LOCK, RWLOCK = Path("dvc.lock"), Path(".dvc/tmp/rwlock")
# What DVC itself holds while it writes the one and the other.
GUARDS = (Path(".dvc/tmp/lock"), Path(".dvc/tmp/rwlock.lock"))
HEADER = "schema: '2.0'\nstages:\n"
ENTRY = re.compile(r"^  \S.*\n", re.MULTILINE)  # the first line of a stage in dvc.lock


def mend(folder: str | Path = ".") -> list[str]:
    """Mend all three in a DVC project, unless a DVC is at work there, and return what was done, a line each.

    A cut-off ``dvc.lock`` loses its last stage, which it may have in part only; DVC brings the lost ones back from its
    run cache, or runs them. A ``dvc.lock`` that is broken in another way, by a merge say, stays as it is.
    """
    from dvc.lock import LockError, make_lock

    folder = Path(folder)
    if not (folder / RWLOCK.parent).is_dir():
        return []  # DVC has never run here.
    try:
        with ExitStack() as held:
            for guard in GUARDS:
                held.enter_context(make_lock(str(folder / guard)))
            done = [*_mend_rwlock(folder / RWLOCK), *_mend_lock(folder / LOCK)]
            return [*done, *_mend_run_cache(folder)]
    except LockError:
        return []


def _mend_rwlock(path: Path) -> Iterator[str]:
    """Remove a broken list of who reads and writes what; nobody does, or the file would be whole."""
    if not path.exists():
        return
    try:
        json.loads(path.read_bytes())
    except ValueError:
        path.unlink()
        yield f"{path}: half-written by a killed DVC, removed"


def _mend_lock(path: Path) -> Iterator[str]:
    if not path.exists():
        return
    text = path.read_bytes().decode("utf-8", errors="replace")
    if _accepted(text):
        return
    lines = text[: text.rfind("\n") + 1]
    whole = lines[: max((found.start() for found in ENTRY.finditer(lines)), default=len(lines))]
    if _accepted(whole):
        write_text(path, whole)
        yield f"{path}: cut off by a killed DVC, brought back to its first {len(ENTRY.findall(whole))} stages"
    elif HEADER.startswith(whole):
        path.unlink()
        yield f"{path}: cut off by a killed DVC before the end of the first stage, removed"


def _mend_run_cache(folder: Path) -> Iterator[str]:
    from dvc.repo import Repo

    with Repo(str(folder)) as repo:
        cache = Path(repo.stage_cache.cache_dir)
    for entry in cache.glob("*/*"):
        if entry.is_dir() and not any(entry.iterdir()):
            entry.rmdir()
            yield f"{entry}: made by a killed DVC and left empty, removed"


def _accepted(text: str) -> bool:
    """Whether DVC would read a ``dvc.lock`` of this content."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from dvc.utils.serialize import ParseError, parse_yaml
    from voluptuous import Invalid

    try:
        COMPILED_LOCKFILE_SCHEMA(parse_yaml(text, LOCK))
    except (ParseError, Invalid):
        return False
    return True
