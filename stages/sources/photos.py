"""The folder of photos that every source fills: images/ under safe names, and photos.csv with the original ones."""

import hashlib
import io
from pathlib import Path

from stages.csv_writer import write_rows
from stages.errors import InputError
from stages.faces.filenames import safe_name
from stages.files import write_bytes, write_text
from stages.sources.wording import shown

HEADER = ("file", "original", "bytes", "sha256")


class PhotoFolder:
    """Photos byte for byte in ``<folder>/images/``; :meth:`write_index` says what they were called."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._rows: dict[str, tuple[str, str, int, str]] = {}
        (folder / "images").mkdir()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, original: str, content: bytes) -> str:
        """Store a photo and return its safe name.

        Raises:
            InputError: the name is no text that UTF-8 can hold, or two photos would get the same name.
        """
        file = safe_name(original)
        try:
            original.encode("utf-8")
        except UnicodeEncodeError:
            raise InputError(f"{original!a}: the name of this photo is no valid UTF-8; rename it") from None
        if file in self._rows:
            both = f"{shown(original)} and {shown(self._rows[file][1])}"
            raise InputError(f"{both}: two photos of the same name; rename one")
        write_bytes(self.folder / "images" / file, content)
        self._rows[file] = (file, original, len(content), hashlib.sha256(content).hexdigest())
        return file

    def write_index(self) -> None:
        """Write photos.csv: one row a photo, sorted by its safe name."""
        text = io.StringIO()
        write_rows(text, [HEADER, *(self._rows[file] for file in sorted(self._rows))])
        write_text(self.folder / "photos.csv", text.getvalue())
