"""A throw-away project whose catalogue of masks is a few drawn photos on the stub server."""

import csv
import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

from stages.sources.catalogue import medical_masks
from stages.sources.draw import ANNOTATIONS, draw_sample
from tests.pipeline import Pipeline, tiny
from tests.stub_server import StubServer

BASE = "/medical_masks"


class MaskProject(Pipeline):
    """The project in ``folder``, its photos below ``/medical_masks/images`` of ``server``, its cache in ``cache``."""

    def __init__(self, server: StubServer, folder: Path, cache: Path, photos: int = 12) -> None:
        self.folder = tiny(folder).folder
        self.cache = cache
        self.photos = dict(draw_sample(photos, seed=0))
        header, *rows = self.photos.pop(ANNOTATIONS).splitlines(keepends=True)
        third = len(rows) // 3
        self.tables = {"train.csv": header + b"".join(rows[third:]), "test.csv": header + b"".join(rows[:third])}
        server.files |= {f"{BASE}/images/{name}": content for name, content in self.photos.items()}
        server.files |= {f"{BASE}/{name}": content for name, content in self.tables.items()}
        self._write_catalogue()
        self.change(faces__source="medical_masks", download__mirror=server.address, download__timeout=1.0)

    def _write_catalogue(self) -> None:
        sources = self.folder / "stages" / "sources"
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(("filename", "url", "bytes", "sha256"))
        rows.writerows(
            (n, "http://public.invalid", len(c), hashlib.sha256(c).hexdigest()) for n, c in self.photos.items()
        )
        (sources / "medical_masks.csv").write_text(text.getvalue(), encoding="utf-8")
        code = (sources / "catalogue.py").read_text(encoding="utf-8")
        for table in medical_masks().annotations:
            content = self.tables[table.name]
            code = code.replace(
                f'"{table.digest}", {table.size}', f'"{hashlib.sha256(content).hexdigest()}", {len(content)}'
            )
        (sources / "catalogue.py").write_text(code, encoding="utf-8")

    @property
    def variables(self) -> dict[str, str]:
        """What the environment of a command must hold."""
        return {"PIPELINE_DOWNLOADS": str(self.cache), "NO_PROXY": "127.0.0.1", "PYTHONPATH": str(self.folder)}

    def download(self) -> subprocess.Popen:
        """Start the door by hand, without DVC and its lock."""
        return subprocess.Popen(
            [sys.executable, "-m", "stages.download", "faces"],
            cwd=self.folder,
            env=os.environ | self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def stored(self) -> dict[str, bytes]:
        """The photos in data/raw/faces by their original names."""
        folder = self.folder / "data" / "raw" / "faces"
        with (folder / "photos.csv").open(encoding="utf-8", newline="") as file:
            return {row["original"]: (folder / "images" / row["file"]).read_bytes() for row in csv.DictReader(file)}

    def left_over(self) -> list[str]:
        """What lies in data/raw beside the data and the lock."""
        return [
            path.name for path in (self.folder / "data" / "raw").iterdir() if path.name not in ("faces", ".faces.lock")
        ]
