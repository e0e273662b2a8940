"""Is a file the one that was meant? Sizes and hashes of files on disk."""

import hashlib
import re
from pathlib import Path

from stages.sources.catalogue import Remote

_CHUNK = 1 << 20
_WEB_PAGE = re.compile(rb"\s*<(!doctype html|html)\b", re.IGNORECASE)


def file_digest(path: str | Path, algorithm: str = "sha256") -> str:
    """Hash of a file in hexadecimal; ``git-blob`` is the SHA-1 by which Git names the content."""
    path = Path(path)
    digest = hashlib.sha256() if algorithm == "sha256" else hashlib.sha1(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def difference(path: Path, remote: Remote) -> str | None:
    """What is wrong with the file at ``path`` that should be ``remote``, or None where all is well."""
    size = path.stat().st_size
    if remote.size is not None and size != remote.size:
        return _worded(f"wrong length: {size} bytes instead of {remote.size}", path, remote)
    found = file_digest(path, remote.algorithm)
    if found != remote.digest:
        name = "Git blob id" if remote.algorithm == "git-blob" else remote.algorithm
        return _worded(f"wrong content: {name} {found[:12]}… instead of {remote.digest[:12]}…", path, remote)
    return None


def _worded(problem: str, path: Path, remote: Remote) -> str:
    with path.open("rb") as file:
        if _WEB_PAGE.match(file.read(_CHUNK)):
            return f"{problem}; it is a web page: does the server or this network ask for a login?"
    return f"{problem}; {remote.hint}" if remote.hint else problem
