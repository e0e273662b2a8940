"""Photos by name: finding the one that an annotation means, and storing photos under safe names."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from stages.runtime.errors import InputError
from stages.storage.filenames import safe_name
from stages.storage.files import write_bytes
from stages.storage.tables import write_table


class PhotoNames:
    """The names of the photos that there are, as they are called where they come from."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = set(names)
        # macOS and some archives write an accent as a character of its own (NFD), most other programs do not (NFC).
        self._composed = _unique({name: unicodedata.normalize("NFC", name) for name in self.names})
        self._stems = _unique({name: Path(name).stem for name in self.names})

    def find(self, annotated: str) -> str | None:
        """The photo that an annotation calls ``annotated``, or None.

        Of a path the last part counts, whichever system wrote it. Spaces at the ends belong to some real names, and
        come from careless annotations more often. Some tables leave the extension out.
        """
        last = re.split(r"[/\\]", annotated)[-1]
        for name in (annotated, annotated.strip(), last, last.strip()):
            if name in self.names:
                return name
        composed = self._composed.get(unicodedata.normalize("NFC", last.strip()))
        return composed or self.find_stem(last.strip())

    def find_stem(self, stem: str) -> str | None:
        """The only photo called ``stem`` before its extension, or None."""
        return self._stems.get(stem)


def _unique(keys: dict[str, str]) -> dict[str, str]:
    """Names by their keys, without keys that two names have."""
    counts = Counter(keys.values())
    return {key: name for name, key in keys.items() if counts[key] == 1}


class PhotoFolder:
    """Photos byte for byte in ``<folder>/images/`` under safe names; :meth:`write_index` says what they were called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rows: dict[str, tuple[str, str, int, str]] = {}
        (folder / "images").mkdir()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, original: str, content: bytes) -> None:
        """Store a photo.

        Raises:
            InputError: the name is no text that UTF-8 can hold, or two photos would get the same name.
        """
        file = safe_name(original)
        if not original.isprintable() and any("\ud800" <= sign <= "\udfff" for sign in original):
            raise InputError(f"{original!a}: the name of this photo is no valid UTF-8; rename it")
        if file in self._rows:
            raise InputError(f"{original} and {self._rows[file][1]}: two photos of the same name; rename one")
        write_bytes(self.folder / "images" / file, content)
        self._rows[file] = (file, original, len(content), hashlib.sha256(content).hexdigest())

    def write_index(self) -> None:
        """Write photos.csv: one row a photo, sorted by its safe name."""
        rows = [self._rows[file] for file in sorted(self._rows)]
        write_table(self.folder / "photos.csv", pd.DataFrame(rows, columns=["file", "original", "bytes", "sha256"]))
