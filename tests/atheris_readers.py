"""Coverage-guided fuzzing of one reader: ``python -m tests.atheris_readers csv -runs=1000000``.

Needs ``atheris`` (``pip install atheris``), which is no dependency of the project: the properties of
``tests/test_fuzz_*.py`` run without it. Further arguments are libFuzzer's, such as a folder of inputs to start from.
"""

import os
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["stages", "ruamel", "defusedxml", "csv", "xml"]):
    from stages.faces.csv_reader import read_csv
    from stages.faces.filenames import is_safe, safe_name
    from stages.faces.voc_reader import read_voc
    from stages.params import load_params
    from tests.fuzzing import attempt
    from tests.nasty import holds

FILE = Path(tempfile.mkdtemp()) / "input"
# Where it starts from: a valid input of each kind, and the words that it is made of.
SEEDS = {
    "csv": b'filename,label,xmin,ymin,xmax,ymax,width,height\n"a.jpg",x,1,2,30,40.0,60,50\nb.jpg,y,-1,2,3,4,,\n',
    "xml": b"<annotation><filename>a.jpg</filename><size><width>9</width><height>9</height></size>"
    b"<object><name>x</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object>"
    b"</annotation>",
    "names": "Marché (2)/../con.jpg".encode(),
    "params": b"seeds: [0, 1]\ncrop: {size: 28, invalid: error}\nfaces:\n  path: &a data  # where\n  test_size: 1e-1\n",
}


def csv(content: bytes) -> None:
    FILE.write_bytes(content)
    faces, said = attempt(lambda: read_csv(FILE, None))
    if not said:
        assert faces
        holds(faces)


def xml(content: bytes) -> None:
    FILE.write_bytes(content)
    holds(read_voc(FILE, "labels/input.xml"))


def names(content: bytes) -> None:
    name = content.decode("utf-8", "surrogateescape")
    safe = safe_name(name)
    assert is_safe(safe) and safe_name(safe) == safe
    assert (FILE.parent / safe).parent == FILE.parent and Path(safe).name == safe


def params(content: bytes) -> None:
    FILE.write_bytes(content)
    attempt(lambda: load_params(FILE))


def main() -> None:
    """Fuzz the reader that the first argument names, until it fails or libFuzzer's ``-runs`` or time are up."""
    kind = sys.argv.pop(1)
    corpus = Path(tempfile.mkdtemp())
    (corpus / "valid").write_bytes(SEEDS[kind])
    atheris.Setup([*sys.argv, os.fspath(corpus)], {"csv": csv, "xml": xml, "names": names, "params": params}[kind])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
