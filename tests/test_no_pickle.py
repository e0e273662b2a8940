"""No pickle is ever loaded: none in the code, and none where one lies in the place of a file that is read."""

import ast
import io
import pickle
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from stages.arrays import read_arrays
from stages.auditing.photos import read_cropped
from stages.cnn.data import load_faces
from stages.digits.dataset import load_digits
from stages.digits.prepare import prepare_digits
from stages.errors import InputError
from stages.faces.csv_reader import read_csv
from stages.faces.decode import decode_photo
from stages.faces.photos import read_photos
from stages.faces.voc_reader import read_voc
from stages.files import read_json
from stages.history import read_table
from stages.leaks import read_names
from stages.params import load_params
from stages.params_data import Digits, Download
from stages.params_edit import overlay_settings, set_values
from stages.predictions import load_predictions
from stages.results.ablation import read_changes
from stages.sources.gather_digits import gather_digits
from stages.sources.local_faces import read_local_faces
from stages.weights import load_weights
from tests.bad_archives import Runs, archive, array, pickled
from tests.pipeline import PROJECT

MODULES = {"pickle", "_pickle", "cPickle", "pickletools", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
CALLS = {"torch.load", "torch.jit.load", "torch.hub.load", "np.load", "numpy.load"}
CALLS |= {"eval", "exec"}
METHODS = {"read_pickle", "unsafe_load", "full_load"}


def unsafe(code: str) -> Iterator[str]:
    """What in a module could run what a file holds."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in MODULES:
            yield node.module
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in CALLS or called.rpartition(".")[2] in METHODS:
                yield called
            for word in node.keywords:
                value = ast.unparse(word.value)
                if (word.arg, value) in {("typ", "'unsafe'"), ("weights_only", "False")}:
                    yield f"{word.arg}={value}"
                if word.arg == "allow_pickle" and value != "False":
                    yield f"{word.arg}={value}"


@pytest.mark.parametrize("folder", ["stages", "studies", "ci"])
def test_the_code_loads_no_pickle(folder):
    modules = sorted((PROJECT / folder).rglob("*.py"))
    assert len(modules) > 3
    for path in modules:
        assert list(unsafe(path.read_text(encoding="utf-8"))) == [], path


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "def f():\n    from joblib import load",
        "import a, marshal as m",
        "torch.load(path)",
        "np.load(path)",
        "read_array(file, allow_pickle=True)",
        "read_array(file, allow_pickle=flag)",
        "pd.read_pickle(path)",
        "x = load(path, weights_only=False)",
        "YAML(typ='unsafe')",
        "eval(text)",
    ],
)
def test_the_search_finds_what_it_is_for(code):
    assert len(list(unsafe(code))) == 1


def _bare(trace: Path) -> bytes:
    return pickle.dumps(Runs(trace))


def _of_torch(trace: Path) -> bytes:
    file = io.BytesIO()
    torch.save({"seed0/0.weights": Runs(trace)}, file)
    return file.getvalue()


def _in_an_archive(*names: str) -> Callable[[Path], bytes]:
    return lambda trace: archive(*((f"{name}.npy", pickled(trace)) for name in names))


def _pickle_as_member(*names: str) -> Callable[[Path], bytes]:
    return lambda trace: archive(*((f"{name}.npy", _bare(trace)) for name in names), method=zipfile.ZIP_STORED)


def _tagged(trace: Path) -> bytes:
    return f"seeds: !!python/object/apply:builtins.open ['{trace}', 'w']\n".encode()


DIGITS, RAW = ("x_train", "y_train", "x_test", "y_test"), ("image", "label")
PREDICTIONS = (
    "classes",
    "seeds",
    *(f"{part}_{split}" for part in ("logits", "labels", "groups") for split in ("train", "test")),
)


def _gather(path: Path) -> None:
    settings = Download(mirror=None, connections=1, attempts=1, timeout=1.0)
    gather_digits(Digits(source="local", path=str(path), test_size=0.25, seed=0), settings, path.parent / "raw")


def _local_faces(path: Path) -> None:
    (path.parent / "images").mkdir()
    read_local_faces(path.parent)


# Name of the file, what reads it, and the pickles that may lie there.
READERS = {
    "local digits": ("mine.npz", _gather, [_bare, _of_torch, _in_an_archive(*RAW), _pickle_as_member(*RAW)]),
    "raw digits": (
        "digits.npz",
        lambda path: prepare_digits(path.parent, "local", 0.25, 0),
        [_bare, _of_torch, _in_an_archive(*RAW), _pickle_as_member(*RAW)],
    ),
    "digits": ("digits.npz", load_digits, [_bare, _of_torch, _in_an_archive(*DIGITS), _pickle_as_member(*DIGITS)]),
    "predictions": (
        "plain.predictions.npz",
        load_predictions,
        [_bare, _of_torch, _in_an_archive(*PREDICTIONS), _pickle_as_member(*PREDICTIONS)],
    ),
    "weights": ("plain.safetensors", load_weights, [_bare, _of_torch, _in_an_archive("data"), pickled]),
    "history": ("history.csv", read_table, [_bare, _of_torch]),
    "left out": ("left_out.csv", read_names, [_bare, _of_torch]),
    "annotations": ("annotations.csv", lambda path: read_csv(path, None), [_bare, _of_torch]),
    "local annotations": ("annotations.csv", _local_faces, [_bare, _of_torch]),
    "photos.csv": ("photos.csv", lambda path: read_photos(path.parent), [_bare, _of_torch]),
    "index.csv": ("index.csv", lambda path: load_faces(path.parent), [_bare, _of_torch]),
    "index.csv, audited": ("index.csv", read_cropped, [_bare, _of_torch]),
    "a photo": ("a.jpg", lambda path: decode_photo(path, 10**8), [_bare, _of_torch, pickled]),
    "metrics": ("metrics.json", read_json, [_bare, _of_torch]),
    "parameters": ("params.yaml", load_params, [_bare, _tagged]),
    "parameters to edit": ("params.yaml", lambda path: set_values([], path), [_bare, _tagged]),
    "settings of the study": ("settings.yaml", overlay_settings, [_bare, _tagged]),
    "changes": ("ablation.yaml", lambda path: read_changes(path, "best"), [_bare, _tagged]),
}


@pytest.mark.parametrize("name", READERS)
def test_a_pickle_in_the_place_of_a_file_is_refused_and_does_not_run(tmp_path, name):
    file, read, pickles = READERS[name]
    for number, make in enumerate(pickles):
        folder = tmp_path / str(number)
        folder.mkdir()
        trace = folder / "trace"
        (folder / file).write_bytes(make(trace))
        with pytest.raises(InputError) as caught:
            read(folder / file)
        assert not trace.exists() and "\n" not in str(caught.value)


def test_a_pickle_in_the_place_of_xml_is_a_face_with_a_problem(tmp_path):
    (tmp_path / "a.xml").write_bytes(_bare(tmp_path / "trace"))
    (face,) = read_voc(tmp_path / "a.xml", "a.xml")
    assert face.problem and not (tmp_path / "trace").exists()


def test_the_pickles_of_these_tests_would_run(tmp_path):
    loads = {
        "bare": lambda trace: pickle.loads(_bare(trace)),
        "torch": lambda trace: torch.load(io.BytesIO(_of_torch(trace)), weights_only=False),
        "array": lambda trace: np.load(io.BytesIO(pickled(trace)), allow_pickle=True),
        "archive": lambda trace: np.load(io.BytesIO(_in_an_archive("a")(trace)), allow_pickle=True)["a"],
    }
    for name, load in loads.items():
        load(tmp_path / name)
        assert (tmp_path / name).exists()


def test_only_the_pickled_array_is_refused(tmp_path):
    (tmp_path / "a.npz").write_bytes(
        archive(("good.npy", array(np.arange(3))), ("bad.npy", pickled(tmp_path / "trace")))
    )
    assert read_arrays(tmp_path / "a.npz", ["good"])["good"].tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="bad.npy: it holds Python objects, a pickle, which is never loaded"):
        read_arrays(tmp_path / "a.npz", ["good", "bad"])
    assert not (tmp_path / "trace").exists()
