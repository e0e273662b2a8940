"""A person's own photos in a bucket: read as a folder is, and read again when anything there changes."""

from pathlib import Path

import pytest
import s3fs

from stages.config.data import Faces
from stages.runtime.errors import InputError
from stages.sources.faces import obtain_faces
from tests.helpers import tiny_pipeline

ROWS = "filename,label,xmin,ymin,xmax,ymax\na b.jpg,good,1,2,11,22\n"


def test_a_changed_photo_in_a_bucket_is_read_again(tmp_path: Path, s3: s3fs.S3FileSystem):
    s3.pipe({"bucket/faces/annotations.csv": ROWS.encode(), "bucket/faces/images/a b.jpg": b"old"})
    pipeline = tiny_pipeline(tmp_path / "pipeline")
    pipeline.change(faces__source="local", faces__path="s3://bucket/faces")
    assert pipeline.repro("download_faces") == {"download_faces"}
    raw = pipeline.folder / "data/raw/masks"
    assert sorted(path.name for path in raw.iterdir()) == ["faces.csv", "images", "photos.csv"]
    s3.pipe("bucket/faces/images/a b.jpg", b"new")  # of the same size
    assert pipeline.repro("download_faces") == {"download_faces"}
    assert [path.read_bytes() for path in (raw / "images").iterdir()] == [b"new"]


def test_an_address_that_cannot_be_used_is_one_line(tmp_path: Path, s3: s3fs.S3FileSystem):
    s3.pipe("bucket/empty/annotations.csv", ROWS.encode())
    said = {
        "s3://bucket/nothing": "faces.path: s3://bucket/nothing: cannot be read: FileNotFoundError",
        "s3://nowhere/faces": "faces.path: s3://nowhere/faces: cannot be read: FileNotFoundError",
        "gs://bucket/faces": "faces.path: gs://bucket/faces: cannot be read: ImportError: Please install gcsfs",
        "s3://bucket/empty": "faces.path: s3://bucket/empty has no photos in images/; put them there",
    }
    for address, line in said.items():
        settings = {"source": "local", "path": address, "missing": "error", "test_size": 0.25, "seed": 0}
        settings |= {"boxes_refer_to": "shown", "voc_from_one": False, "sample": {"photos": 6, "seed": 0}}
        with pytest.raises(InputError) as error:
            obtain_faces(Faces(**settings), None, tmp_path / "raw")
        assert str(error.value).startswith(line) and "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []
