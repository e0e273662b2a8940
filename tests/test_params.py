"""params.yaml: what is accepted, and one clear line that names the key for all else."""

import io
import re
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import getitem
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from ruamel.yaml import YAML

from stages.errors import InputError
from stages.params import IGNORED_BY_DVC, Params, load_params
from tests.fuzzing import examples

COMMITTED = Path(__file__).resolve().parent.parent / "params.yaml"
# The file as it is committed may be switched to the real data; these tests set the values that they rely on.
BASE = """\
seeds: [0, 1]
comparison: {seed: 0}
download: {mirror: null, connections: 6, attempts: 5, timeout: 30}
digits: {source: sample, path: data/local/digits, test_size: 0.3, seed: 0}
faces:
  {source: sample, path: data/local/faces, missing: error, test_size: 0.25, seed: 0, sample: {photos: 250, seed: 0}}
crop: {side: 28, large_side: 48, large_margin: 0.25, interpolation: cubic, invalid: error, max_pixels: 100000000}
audit:
  faces: {duplicates: report, max_distance: 60}
  digits: {duplicates: report, max_distance: 0.14, neighbours: 5}
dnn:
  variants:
    plain:
      {hidden: [60], activation: relu, init: random, lr: 0.1, batch_size: 120, epochs: 5, latent_epochs: [1],
       optimizer: sgd, momentum: 0.9, weight_decay: 0.1, cosine: {warm_up: 1}, dropout: 0.2, label_smoothing: 0.1,
       distortion: {rotate: 10, scale: 0.1, shear: 0.1, shift: 1.5, elastic: 1}}
cnn:
  device: auto
  variants:
    plain:
      {channels: 16, kernel: 3, stride: 1, pool: 4, optimizer: adam, lr: 0.001, batch_size: 100, epochs: 9,
       step: {every: 3, factor: 0.1}, class_weights: {bad: 2, none: 3, good: 0.5}, resample_rounds: 13}
    best:
      {network: residual, crops: large, widths: [4, 8], stride: 2, dropout: 0.2, images: 640, batch_size: 64,
       lr: 0.003, weight_decay: 0.05, warmup: 0.2, ema: 0.995, label_smoothing: 0.05, sampling_power: 0.5,
       loss: balanced_softmax, augmentation: {flip: 0.5, rotation: 15}, side: 28, view: 1.0,
       progressive: [{share: 0.5, side: 14}, {share: 0.3, side: 20}],
       test_views: [1.0], flip_test: true, members: 1, calibrate: true}
cnn_digits:
  variants:
    plain:
      {network: residual, widths: [4, 8], stride: 1, dropout: 0.2, images: 640, batch_size: 64,
       lr: 0.003, weight_decay: 0.05, warmup: 0.2, ema: 0.995, label_smoothing: 0.05, sampling_power: 1,
       loss: cross_entropy, augmentation: {shift: 0.1}, side: 28, view: 1.0,
       test_views: [1.0], flip_test: false, members: 1, calibrate: false}
"""


def base() -> dict:
    return YAML(typ="safe", pure=True).load(BASE)


def keys_of(block: dict, *before: str) -> list[tuple[str, ...]]:
    keys = []
    for key, value in block.items():
        keys.append((*before, key))
        if isinstance(value, dict):
            keys += keys_of(value, *before, key)
    return keys


KEYS = keys_of(base())


def load(folder: Path, text: str) -> Params:
    (folder / "params.yaml").write_bytes(text.encode("utf-8"))
    return load_params(folder / "params.yaml")


def block_of(content: dict, keys: Sequence[str]) -> dict:
    """The block in which the last of ``keys`` stands."""
    for key in keys[:-1]:
        content = content[key]
    return content


def load_content(folder: Path, content: dict) -> Params:
    with (folder / "params.yaml").open("w", encoding="utf-8", errors="surrogatepass") as file:
        YAML(typ="safe", pure=True).dump(content, file)
    return load_params(folder / "params.yaml")


def changed(folder: Path, key: str, value) -> Params:
    """Load the base with one value replaced or added; ``value`` is Python, not YAML."""
    content, keys = base(), key.split(".")
    block_of(content, keys)[keys[-1]] = value
    return load_content(folder, content)


def complaint(folder: Path, key: str, value) -> str:
    """What is said about the key, after the file's name."""
    with pytest.raises(InputError) as caught:
        changed(folder, key, value)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{folder / 'params.yaml'}: ")


def test_the_committed_file_is_valid():
    params = load_params(COMMITTED)
    assert {"random_init", "zero_init", "latent_2", "latent_60_2", "wide", "deep", "best"} <= set(params.dnn.variants)
    assert {"fixed_lr", "step_lr", "weighted", "resample_13", "resample_50", "kernel_5", "stride_2"} <= set(
        params.cnn.variants
    )
    assert params.cnn.variants["weighted"].class_weights == {"bad": 2, "none": 3, "good": 0.5}


def test_a_variant_is_dumped_as_it_was_written():
    written = YAML(typ="safe", pure=True).load(COMMITTED.read_text(encoding="utf-8"))
    for family in ("dnn", "cnn", "cnn_digits"):
        for name, block in getattr(load_params(COMMITTED), family).variants.items():
            assert block.model_dump(exclude_unset=True) == written[family]["variants"][name]


def test_values_arrive_typed_and_frozen(tmp_path):
    params = load(tmp_path, BASE)
    assert params.dnn.variants["plain"].hidden == [60]
    assert params.cnn.variants["plain"].step.factor == 0.1
    assert isinstance(params.download.timeout, float)
    with pytest.raises(Exception, match="frozen"):
        params.crop.side = 3


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seeds", []), ("seeds", 3), ("seeds", ["0"]), ("seeds", [0.0]), ("seeds", [-1]), ("seeds", [2**32]),
        ("seeds", [True]), ("seeds", [1, 1]), ("seeds", None), ("dnn.variants.plain.seeds", [1, 1]),
        ("dnn.variants.plain.seeds", []),
        ("download.mirror", 3), ("download.connections", 0), ("download.connections", 65), ("download.attempts", 0),
        ("download.timeout", 0), ("download.timeout", "30"),
        ("digits.source", "mnist"), ("digits.source", None), ("digits.path", None), ("digits.seed", -1),
        ("comparison.seed", -1),
        *[("digits.test_size", value) for value in (0, -3, 0.0, 1.0, 2.5, True, "0.3", None, [1], float("nan"))],
        ("faces.source", "kaggle"), ("faces.missing", True), ("faces.test_size", 0), ("faces.test_size", 0.9),
        ("faces.sample", None), ("faces.sample.photos", 5), ("faces.sample.photos", 250.0),
        ("crop.side", 7), ("crop.side", "28"), ("crop.large_side", 7), ("crop.interpolation", "bicubic"),
        ("crop.max_pixels", 0),
        ("audit.faces.duplicates", "ignore"), ("audit.faces.duplicates", None), ("audit.faces.max_distance", 101),
        ("audit.faces.max_distance", -1), ("audit.faces.max_distance", 6.5), ("audit.digits.duplicates", True),
        ("audit.digits.max_distance", 0.51), ("audit.digits.max_distance", -0.1), ("audit.digits.neighbours", 0),
        ("dnn.variants", {}), ("dnn.variants", []), ("dnn.variants.plain", None), ("dnn.variants.plain", [1]),
        ("dnn.variants.plain.hidden", 60), ("dnn.variants.plain.hidden", [0]), ("dnn.variants.plain.hidden", [1.5]),
        ("dnn.variants.plain.activation", "gelu"), ("dnn.variants.plain.init", "ones"),
        *[("dnn.variants.plain.lr", value) for value in (0, -0.1, "0.1", True, None, float("inf"), float("nan"))],
        ("dnn.variants.plain.batch_size", 0), ("dnn.variants.plain.epochs", 1e3),
        ("dnn.variants.plain.latent_epochs", [0]), ("dnn.variants.plain.latent_epochs", [6]),
        ("dnn.variants.plain.optimizer", "adamw"), ("dnn.variants.plain.optimizer", "adam"),
        ("dnn.variants.plain.momentum", 1), ("dnn.variants.plain.momentum", -0.1),
        ("dnn.variants.plain.weight_decay", -1), ("dnn.variants.plain.dropout", 1),
        ("dnn.variants.plain.dropout", -0.1), ("dnn.variants.plain.label_smoothing", 1),
        ("dnn.variants.plain.step", {"every": 1, "factor": 0.1}),
        ("dnn.variants.plain.cosine", True), ("dnn.variants.plain.cosine.warm_up", -1),
        ("dnn.variants.plain.cosine.warm_up", 0.5),
        *[(f"dnn.variants.plain.distortion.{key}", -1) for key in ("rotate", "scale", "shear", "shift", "elastic")],
        ("dnn.variants.plain.distortion.rotate", 181), ("dnn.variants.plain.distortion.scale", 2),
        ("cnn.device", "gpu"), ("cnn.variants.plain.kernel", 4), ("cnn.variants.plain.kernel", 0),
        ("cnn.variants.plain.optimizer", "Adam"), ("cnn.variants.plain.step", 3), ("cnn.variants.plain.step.factor", 2),
        ("cnn.variants.plain.step.every", 0), ("cnn.variants.plain.class_weights", [1, 2, 3]),
        ("cnn.variants.plain.class_weights.bad", 0), ("cnn.variants.plain.class_weights.bad", "2"),
        ("cnn.variants.plain.resample_rounds", 0), ("cnn.variants.plain.resample_rounds", False),
        ("cnn.variants.plain.stride", 17), ("cnn.variants.plain.pool", 29), ("cnn.variants.plain", None),
        ("cnn.variants.plain.network", "resnet"), ("cnn.variants.plain.network", ["residual"]),
        ("cnn.variants.plain.calibrate", 1),
        ("cnn.variants.best.crops", "huge"), ("cnn.variants.best.widths", [4]), ("cnn.variants.best.widths", [4, 0]),
        ("cnn.variants.best.stride", 0), ("cnn.variants.best.dropout", 1), ("cnn.variants.best.images", 63),
        ("cnn.variants.best.images", 1e5), ("cnn.variants.best.batch_size", 1), ("cnn.variants.best.lr", 0),
        ("cnn.variants.best.weight_decay", -1), ("cnn.variants.best.warmup", 0), ("cnn.variants.best.warmup", 1),
        ("cnn.variants.best.ema", 1), ("cnn.variants.best.label_smoothing", 1), ("cnn.variants.best.loss", "mse"),
        ("cnn.variants.best.sampling_power", 1.5), ("cnn.variants.best.flip_test", 1),
        ("cnn.variants.best.augmentation", None), ("cnn.variants.best.augmentation.flip", 1.5),
        ("cnn.variants.best.augmentation.rotation", 181), ("cnn.variants.best.augmentation.cutout", "0.5"),
        ("cnn.variants.best.progressive", [{"share": 0.6, "side": 14}, {"share": 0.4, "side": 20}]),
        ("cnn.variants.best.progressive", [{"share": 0.5}]), ("cnn.variants.best.progressive", [[0.5, 14]]),
        ("cnn.variants.best.progressive", [{"share": 0, "side": 14}]), ("cnn.variants.best.progressive", None),
        ("cnn.variants.best.progressive", [{"share": 0.5, "side": 3}]),
        ("cnn_digits.variants", {}), ("cnn_digits.variants.plain.network", "report"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_line_that_names_the_key(key, value, tmp_path):
    said = complaint(tmp_path, key, value)
    # A rule about several keys names their block, and the key in the words behind it.
    block, _, last = key.rpartition(".")
    assert said.startswith(key) or (said.startswith(block) and last in said), said
    assert "more" not in said


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seeds", [0]), ("seeds", [2**32 - 1]), ("dnn.variants.plain.seeds", [9]),
        ("download.mirror", "http://localhost:8000"), ("download.timeout", 1),
        ("digits.test_size", 1), ("digits.test_size", 5768), ("digits.test_size", 1e-3), ("digits.source", "local"),
        ("dnn.variants.plain.lr", 1), ("dnn.variants.plain.lr", 1e-9), ("dnn.variants.plain.latent_epochs", []),
        ("dnn.variants.plain.latent_epochs", [5, 1]), ("dnn.variants.plain.hidden", [3] * 50),
        ("dnn.variants.plain.distortion", {}), ("dnn.variants.plain.distortion", None),
        ("dnn.variants.plain.cosine", {}), ("dnn.variants.plain.cosine.warm_up", 4),
        ("cnn.variants.plain.step", None), ("cnn.variants.plain.class_weights", None), ("cnn.device", "cpu"),
        ("audit.faces.duplicates", "stop"), ("audit.faces.max_distance", 0), ("audit.digits.max_distance", 0),
        ("cnn.variants.plain.class_weights", {"Mask on": 1, "ohne Maske": 2}), ("cnn.variants.plain.network", "report"),
        ("cnn.variants.best.augmentation", {}), ("cnn.variants.best.images", 64),
        ("cnn.variants.best.progressive", []), ("cnn.variants.best.progressive", [{"share": 0.99, "side": 512}]),
        ("cnn.variants.best.ema", 0),
    ],
)  # fmt: skip
def test_the_edges_of_what_is_allowed(key, value, tmp_path):
    assert changed(tmp_path, key, value)


OPTIONAL = ("latent_epochs", "step", "class_weights", "resample_rounds", "bad", "none", "good", "momentum")
OPTIONAL += ("cosine", "warm_up", "distortion", "rotate", "scale", "shear", "shift", "elastic")
OPTIONAL += ("flip", "rotation", "progressive", "best")
# Of one family alone.
OPTIONAL_DNN = ("optimizer", "weight_decay", "dropout", "label_smoothing")


@pytest.mark.parametrize("keys", KEYS, ids=".".join)
def test_a_missing_key_is_named_where_it_has_no_default(keys, tmp_path):
    content, key = base(), ".".join(keys)
    del block_of(content, keys)[keys[-1]]
    if keys[-1] in OPTIONAL or (keys[0] == "dnn" and keys[-1] in OPTIONAL_DNN):
        assert load_content(tmp_path, content)
        return
    if key == "cnn.variants.best.network":  # then it is one of the report's, to which the other keys are unknown
        with pytest.raises(InputError, match=r"cnn\.variants\.best\.\w+: .*; and \d+ more$"):
            load_content(tmp_path, content)
        return
    if key == "cnn.variants.plain":
        assert load_content(tmp_path, content)
        return
    says = key.removesuffix(".plain") + ": .* at least 1 item" if keys[-1] == "plain" else f"{key}: is missing$"
    with pytest.raises(InputError, match=f"params.yaml: {says}"):
        load_content(tmp_path, content)


@pytest.mark.parametrize("key", ["sedes", "crop.sides", "dnn.variants.plain.drop_out", "cnn.variants.plain.step.gamma",
    "cnn.variants.plain.dropout", "cnn.variants.best.channels", "cnn.variants.best.augmentation.blur",
    "cnn_digits.variants.plain.crops",
])  # fmt: skip
def test_an_unknown_key_is_named(key, tmp_path):
    assert complaint(tmp_path, key, 1) == f"{key}: unknown parameter; is the name right?"


@pytest.mark.parametrize("name", ["Plain", "a b", "../x", "", "_x", "x" * 41, "a.b", "a/b", "é", "a\nb"])
def test_a_variant_name_must_serve_as_a_file_name(name, tmp_path):
    content = base()
    content["dnn"]["variants"][name] = content["dnn"]["variants"]["plain"]
    with pytest.raises(InputError, match=r"params\.yaml: dnn\.variants\.") as caught:
        load_content(tmp_path, content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["int", "float", "str"])
def test_a_variant_may_be_called_like_a_type(name, tmp_path):
    changed(tmp_path, f"dnn.variants.{name}", base()["dnn"]["variants"]["plain"])
    said = complaint(tmp_path, f"dnn.variants.{name}", base()["dnn"]["variants"]["plain"] | {"lr": 0})
    assert said.startswith(f"dnn.variants.{name}.lr: ")


def test_rules_about_several_keys_say_which(tmp_path):
    said = complaint(tmp_path, "dnn.variants.plain.hidden", [])
    assert said == "dnn.variants.plain: latent_epochs needs a hidden layer, and hidden is empty"
    said = complaint(tmp_path, "dnn.variants.plain.latent_epochs", [1, 9])
    assert said == "dnn.variants.plain: latent_epochs goes to 9, beyond epochs: 5"
    said = complaint(tmp_path, "dnn.variants.plain.optimizer", "adam")
    assert said == "dnn.variants.plain: momentum belongs to optimizer: sgd; adam has its own"
    said = complaint(tmp_path, "dnn.variants.plain.step", {"every": 1, "factor": 0.1})
    assert said == "dnn.variants.plain: step and cosine are two schedules; leave one out"
    said = complaint(tmp_path, "dnn.variants.plain.cosine.warm_up", 5)
    assert said == "dnn.variants.plain: cosine.warm_up: 5 leaves nothing of epochs: 5"
    said = complaint(tmp_path, "cnn.variants.plain.stride", 10)
    assert said.startswith("cnn.variants.plain: nothing is left of a 28 x 28 crop after stride 10 and pooling by 4")


def test_several_faults_are_counted(tmp_path):
    text = BASE.replace("seeds: [0, 1]", "seeds: []").replace("crop: {side: 28", "crop: {side: 0")
    with pytest.raises(InputError, match=r"seeds: .*; and 1 more$"):
        load(tmp_path, text)


def test_a_long_value_is_shortened(tmp_path):
    assert len(complaint(tmp_path, "crop.interpolation", "x" * 9999)) < 200


@pytest.mark.parametrize(
    ("written", "value"), [("1e-3", 0.001), ("010", 10), ("0o10", 8), ("0x10", 16), ("1E2", 100), ("+.5", 0.5)]
)
def test_numbers_are_read_as_yaml_1_2(written, value, tmp_path):
    assert load(tmp_path, BASE.replace("lr: 0.1", f"lr: {written}")).dnn.variants["plain"].lr == value


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "none", "y"])
def test_words_of_yaml_1_1_are_words(word, tmp_path):
    text = BASE.replace("class_weights: {bad: 2, none: 3, good: 0.5}", f"class_weights: {{{word}: 2}}")
    assert load(tmp_path, text).cnn.variants["plain"].class_weights == {word: 2}
    with pytest.raises(InputError, match=rf"digits\.path: |{word}"):
        load(tmp_path, BASE.replace("source: sample", f"source: {word}"))


@pytest.mark.parametrize(
    "text",
    [
        "", "3", "- a", "just words", "seeds: [", "a: b: c", "seeds: [0]\nseeds: [1]", "%", "@", "\x00",
        "? {a: 1}\n: 2",
        "seeds: !!python/object:os.system x", "seeds: !!bool x", "seeds: !!int x", "seeds: 2020-13-45", "seeds: *x",
        "--- 1\n--- 2", "seeds: !!int ''", "seeds: !!float ''", "seeds: !!int 0x", "%YAML 1.3\n---\n1: 2",
        "%YAML 2.0\n---\n1: 2", "seeds: !!timestamp 9999-99-99", "seeds: !!binary ===a",
        "seeds: [1" + "0" * 5000 + "]", "[" * 600 + "]" * 600, "- " * 3000 + "1", "a: &a\n  <<: *a\n  <<: 3",
        "&a {*a : 1}", "\ufeff\ufeffseeds: 1", "seeds: \u0085", "seeds: [*a]", "!!python/object/new:os.system [x]",
        "seeds: &x [*x]", "\"a\\nb\": 1", "1: 2", "? [1]\n: 2", "[" * 500, "\t", "seeds: !x 1",
    ],
)  # fmt: skip
def test_what_is_no_parameter_file_is_one_line(text, tmp_path):
    with pytest.raises(InputError) as caught:
        load(tmp_path, text)
    assert "\n" not in str(caught.value)
    assert "params.yaml: " in str(caught.value)


@pytest.mark.parametrize(
    "number", ["0x" + "f" * 5000, "0o" + "7" * 5000, "-0x" + "f" * 5000], ids=["hex", "octal", "minus"]
)
@pytest.mark.parametrize(
    ("old", "key"),
    [
        ("seeds: [0, 1]", "seeds.0"),
        ("test_size: 0.3", "digits.test_size"),
        ("max_pixels: 100000000", "crop.max_pixels"),
        ("epochs: 5", "dnn.variants.plain.epochs"),
        ("lr: 0.1", "dnn.variants.plain.lr"),
        ("timeout: 30", "download.timeout"),
    ],
)
def test_a_number_of_more_digits_than_python_prints_is_refused_by_its_key(old, key, number, tmp_path):
    new = old.split(": ")[0] + (f": [{number}]" if "[" in old else f": {number}")
    with pytest.raises(InputError, match=rf"params.yaml: {key}: .*\(given: a whole number of hundreds of digits\)"):
        load(tmp_path, BASE.replace(old, new))


def test_a_value_that_is_not_of_its_tag_is_refused_by_its_line(tmp_path):
    with pytest.raises(InputError, match=r"not readable as YAML: no such value: .* line 1, column 9"):
        load(tmp_path, BASE.replace("seeds: [0, 1]", "seeds: [!!int '']"))


def test_nothing_that_a_tag_could_run_is_run(tmp_path):
    for tag in (
        "python/object/apply:os.mkdir",
        "python/object/new:os.mkdir",
        "python/name:os.mkdir",
        "python/module:os",
    ):
        with pytest.raises(InputError, match="could not determine a constructor"):
            load(tmp_path, BASE.replace("seeds: [0, 1]", f"seeds: !!{tag} [{tmp_path}/made]"))
    assert not (tmp_path / "made").exists()


def test_anchors_and_merged_keys_are_read_as_yaml_has_them(tmp_path):
    text = BASE.replace("seeds: [0, 1]", "seeds: &mine [4, 5]").replace(
        "latent_epochs: [1]", "latent_epochs: [1], seeds: *mine"
    )
    assert load(tmp_path, text).dnn.variants["plain"].seeds == [4, 5]
    text = BASE.replace("{hidden: [60], ", "{<<: {hidden: [7], batch_size: 9}, ")
    variant = load(tmp_path, text).dnn.variants["plain"]
    assert (variant.hidden, variant.batch_size) == ([7], 120), "a key of its own comes before a merged one"


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_any_line_ends_read_the_same(ends, tmp_path):
    assert load(tmp_path, BASE.replace("\n", ends)) == load(tmp_path, BASE)


def test_a_file_that_is_no_list_of_parameters_by_its_size_is_not_read(tmp_path):
    with pytest.raises(InputError, match=r"params.yaml: has 3,\d{3},\d{3} bytes, and parameters take a few thousand"):
        load(tmp_path, BASE + "# x\n" * 800_000)


@pytest.mark.parametrize("key", ["crop.\x1b[31m", "crop." + "x" * 10**5, "crop.a\nb"])
def test_a_key_is_shown_so_that_a_terminal_does_not_obey_it(key, tmp_path):
    said = complaint(tmp_path, key, 1)
    assert said.isprintable() and len(said) < 200


def test_a_key_that_is_no_word_is_to_be_quoted(tmp_path):
    with pytest.raises(InputError, match=r"dnn\.variants\.7: this key must be a word; put it into quotes"):
        load(tmp_path, BASE.replace("    plain:\n      {hidden", "    7:\n      {hidden"))
    assert "7" in load(tmp_path, BASE.replace("    plain:\n      {hidden", '    "7":\n      {hidden')).dnn.variants


@pytest.mark.parametrize("name", ["con", "nul", "aux", "com1"])
def test_a_variant_is_not_called_as_no_file_of_windows_can_be(name, tmp_path):
    said = complaint(tmp_path, f"dnn.variants.{name}", base()["dnn"]["variants"]["plain"])
    assert said.startswith(f"dnn.variants.{name}: ") and "is no file name on Windows" in said


def test_duplicate_keys_are_refused_by_name_and_line(tmp_path):
    with pytest.raises(InputError, match=r'duplicate key "lr".*line'):
        load(tmp_path, BASE.replace("lr: 0.1", "lr: 0.1, lr: 0.2"))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="no such file; run this in the root folder"):
        load_params(tmp_path / "gone.yaml")
    with pytest.raises(InputError, match=str(tmp_path)):
        load_params(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"seeds: \xe9")
    with pytest.raises(InputError, match="not readable as YAML"):
        load_params(tmp_path / "latin.yaml")


def test_a_byte_order_mark_does_no_harm(tmp_path):
    assert load(tmp_path, "\ufeff" + BASE) == load(tmp_path, BASE)


NUMBERS = st.none() | st.booleans() | st.integers() | st.floats()
SCALARS = NUMBERS | st.text(max_size=8) | st.dates() | st.binary(max_size=4)
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory) -> Path:
    """A folder that all examples of a property share."""
    return tmp_path_factory.mktemp("fuzzed")


@examples(60)
@given(keys=st.sampled_from(KEYS), junk=JUNK)
def test_junk_anywhere_is_valid_or_one_line(fuzzed, keys, junk):
    content = base()
    block_of(content, keys)[keys[-1]] = junk
    try:
        assert isinstance(load_content(fuzzed, content), Params)
    except InputError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 - either is right


@examples(100)
@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_file_is_refused_in_one_line(fuzzed, content):
    path = fuzzed / "any.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputError) as caught:
        load_params(path)
    assert len(str(caught.value).splitlines()) == 1


def names_of_keys(model: type[BaseModel]) -> Iterator[str]:
    """Every key that params.yaml may hold below ``model``, at any depth."""
    schema = model.model_json_schema()
    for block in (schema, *schema["$defs"].values()):
        yield from block.get("properties", {})


def test_no_parameter_has_a_name_that_dvc_ignores():
    names = set(names_of_keys(Params))
    assert {"side", "large_side", "augmentation", "hidden"} <= names
    assert not names & set(IGNORED_BY_DVC)


@pytest.mark.parametrize("key", ["dnn.variants.size", "cnn.variants.nfiles", "cnn.variants.plain.class_weights.size"])
def test_a_name_of_ones_own_that_dvc_ignores_is_refused(tmp_path, key):
    content = YAML(typ="safe").load(BASE)
    *parents, last = key.split(".")
    block = reduce(getitem, parents, content)
    if parents[-1] == "class_weights":
        block.clear()
    block[last] = content[parents[0]]["variants"]["plain"] if parents[-1] == "variants" else 2.0
    text = io.StringIO()
    YAML().dump(content, text)
    with pytest.raises(InputError, match=re.escape(f"{key}: DVC's run cache ignores")):
        load(tmp_path, text.getvalue())
