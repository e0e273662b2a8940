"""Where a file comes from: its public address, or ``download.mirror``, a folder or a base URL in its place."""

import re
from pathlib import Path
from urllib.parse import quote

from stages.errors import InputError
from stages.sources.catalogue import Remote


def mirror_folder(mirror: str | None) -> Path | None:
    """The folder that ``download.mirror`` names, or None where it is null or an address.

    Raises:
        InputError: it is neither an http(s) address nor a folder that exists.
    """
    if mirror is None or re.match(r"https?://", mirror):
        return None
    if "://" in mirror:
        raise InputError(f"download.mirror: {mirror}: must be a folder or start with http:// or https://")
    folder = Path(mirror)
    if not mirror or not folder.is_dir():
        raise InputError(f"download.mirror: {mirror or '(empty)'}: no such folder; set null for the public addresses")
    return folder


def address(remote: Remote, mirror: str | None) -> str:
    """The URL of a file: below the base URL ``mirror`` where there is one, else the public one."""
    if mirror is None:
        return remote.url
    return f"{mirror.rstrip('/')}/{quote(remote.mirror_path)}"
