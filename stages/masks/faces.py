"""All faces of a run in a database on disk, so that the memory does not grow with their number."""

import pickle
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from stages.masks.crop import Face, PhotoFacts
from stages.storage.annotations import Annotation
from stages.storage.dataset import TRAIN

# What is asked for stands in columns, the face as a whole beside them. ``kind`` is that of its problem: ``bad number``
# of ``bad number: xmin is empty``. ``side`` is the split that was chosen for a photo, ``held`` whether it is for
# validation.
TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE photos (file TEXT PRIMARY KEY, original, sha256, width, height, orientation, phash,
        side DEFAULT '', held DEFAULT 0) WITHOUT ROWID;
    CREATE INDEX photos_by_content ON photos (sha256);
    CREATE TABLE faces (id INTEGER PRIMARY KEY, file, number, label, split, crop, box, photo, kind, face);
    CREATE UNIQUE INDEX faces_by_photo ON faces (file, number);
    CREATE VIEW cut AS SELECT * FROM faces JOIN photos USING (file) WHERE crop != '';
    BEGIN;
"""
CHUNK = 10_000  # rows in memory


class Faces:
    """The faces in the order of their annotations, and their photos.

    Args:
        path: of the database, which must not be there.
    """

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.executescript(TABLES)

    def add(self, annotations: Iterable[Annotation], photos: Iterable[Mapping[str, str]]) -> None:
        """Take the annotated faces, with their numbers within their photos, which count unusable ones too.

        Args:
            annotations: of the faces.
            photos: ``file``, ``original`` name and ``sha256`` of each.
        """
        values = ((each["file"], each["original"], each["sha256"]) for each in photos)
        self.execute_all("INSERT INTO photos (file, original, sha256) VALUES (?, ?, ?)", values)
        for one in annotations:
            ((number,),) = self.query("SELECT IFNULL(MAX(number), 0) + 1 FROM faces WHERE file = ?", one.file)
            face = Face(one, number)
            self.execute_all("INSERT INTO faces VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [_row(face)])

    def query(self, sql: str, *values: Any) -> Iterator[tuple]:
        """The rows that a query gives, of ``faces``, ``photos`` or ``cut``: the faces that have crops."""
        return self._database.execute(sql, values)

    def execute_all(self, sql: str, rows: Iterable[tuple]) -> None:
        """Carry a command out for each row of values."""
        self._database.executemany(sql, rows)

    def where(self, condition: str = "TRUE", *values: Any) -> Iterator[Face]:
        """The faces that meet a condition, in their order."""
        rows = self.query(f"SELECT face FROM faces WHERE {condition} ORDER BY id", *values)
        return (pickle.loads(content) for (content,) in rows)

    def is_for_validation(self, face: Face) -> bool:
        """Whether this is a training face of a photo that is for validation."""
        held = self.query("SELECT held FROM photos WHERE file = ?", face.annotation.file)
        return bool(face.crop) and face.annotation.split == TRAIN and next(held)[0] == 1

    def by_photo(self) -> Iterator[tuple[str, list[Face]]]:
        """The photos with usable faces, and these; they may be changed meanwhile, once they have come."""
        rows = self.query("SELECT file, face FROM faces WHERE kind = '' ORDER BY file, number")
        for file, members in groupby(rows, itemgetter(0)):
            yield file, [pickle.loads(content) for _, content in members]

    def change(self, faces: Iterable[Face]) -> None:
        """Put ``faces`` in the place of those that have their file and number."""
        sql = (
            "UPDATE faces SET (file, number, label, split, crop, box, photo, kind, face) = (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        rows = (_row(face) for face in faces)
        self.execute_all(f"{sql} WHERE file = ? AND number = ?", ((*row, *row[:2]) for row in rows))

    def change_all(self, changed: Callable[[Face], Face]) -> None:
        """Put ``changed(face)`` in the place of every face."""
        for part in in_parts(self.where()):
            self.change(map(changed, part))

    def add_facts(self, facts: PhotoFacts) -> None:
        """Note what is known of a photo once it was decoded."""
        values = (*facts.size, facts.orientation, facts.phash, facts.file)
        self.execute_all(
            "UPDATE photos SET (width, height, orientation, phash) = (?, ?, ?, ?) WHERE file = ?", [values]
        )

    def close(self) -> None:
        """Give the file free."""
        self._database.close()


@contextmanager
def faces_in(path: Path) -> Iterator[Faces]:
    """Yield an empty table of faces whose database is deleted at the end."""
    with closing(Faces(path)) as faces:
        yield faces
    path.unlink()


def _row(face: Face) -> tuple:
    one = face.annotation
    place = one.file, face.number, one.label, one.split, face.crop, str(face.box), one.photo
    return (*place, one.problem.split(":", 1)[0], pickle.dumps(face))


def in_parts(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """The rows in lists of a few thousand."""
    rest = iter(rows)
    while part := list(islice(rest, CHUNK)):
        yield part
