"""Safe file names: the same on every file system, and still readable."""

import hashlib
import re
import unicodedata

MAX_BYTES = 64
HASH_DIGITS = 12

_SAFE = re.compile(r"[a-z0-9_][a-z0-9._-]*")
_EXTENSION = re.compile(r"(.*)\.([a-z0-9]{1,16})", re.DOTALL)
# Windows keeps these names for devices, whatever stands behind the first dot (`con.jpg`, `nul.tar.gz`).
_RESERVED = {"con", "prn", "aux", "nul"} | {f"{port}{digit}" for port in ("com", "lpt") for digit in range(10)}


def safe_name(name: str) -> str:
    """Return a file name for ``name`` that every file system takes and keeps apart from others.

    The result holds letters, digits, ``.``, ``_`` and ``-`` only, in lower case (file systems that ignore case
    would merge ``A.jpg`` and ``a.jpg``); it has at most 64 bytes with its extension, starts with neither dash nor
    dot, doesn't end with a dot and is no reserved Windows name. A name that is all this already stays as it is.
    Any other becomes ``<readable stem>-<hash>.<extension>``, where the hash (the first 12 digits of the SHA-256 of
    the original) keeps apart names that differ anywhere. Any string works, the empty one too.
    Applying it twice changes nothing.
    """
    if is_safe(name):
        return name
    # Lone surrogates stand for bytes that are no UTF-8 in names read from disk: they count for the hash as well.
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:HASH_DIGITS]
    folded = _fold(name).rstrip("-_.")
    match = _EXTENSION.fullmatch(folded)
    stem, extension = (match[1], f".{match[2]}") if match else (folded, "")
    room = MAX_BYTES - 1 - len(digest) - len(extension)
    # No dots in the stem: `con.a b` must not become `con.a_b-….`, which Windows takes for the device.
    stem = re.sub(r"[._]+", "_", stem).strip("-_")[:room].rstrip("-_") or "unnamed"
    return f"{stem}-{digest}{extension}"


def is_safe(name: str) -> bool:
    """Say whether ``name`` can be used as a file name as it is."""
    return (
        _SAFE.fullmatch(name) is not None
        and len(name) <= MAX_BYTES
        and not name.endswith(".")
        and name.split(".")[0] not in _RESERVED
    )


def _fold(name: str) -> str:
    """Lower-case ASCII form of ``name``: accents dropped, anything else that is unsafe an underscore."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9._-]+", "_", plain.casefold())
