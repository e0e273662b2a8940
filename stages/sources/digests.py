"""Is a file the one that was meant? Sizes and hashes of files on disk."""

import hashlib
from pathlib import Path

from stages.sources.catalogue import Remote

_CHUNK = 1 << 20


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
        return _with_hint(f"wrong length: {size} bytes instead of {remote.size}", remote)
    found = file_digest(path, remote.algorithm)
    if found != remote.digest:
        name = "Git blob id" if remote.algorithm == "git-blob" else remote.algorithm
        return _with_hint(f"wrong content: {name} {found[:12]}… instead of {remote.digest[:12]}…", remote)
    return None


def _with_hint(problem: str, remote: Remote) -> str:
    return f"{problem}; {remote.hint}" if remote.hint else problem
