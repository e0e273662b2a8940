"""The ablation: its list of changes, its table, its door, and that the test digits have no part in it."""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages import ablation
from stages.cnn import data
from stages.digits.dataset import Digits, save_digits
from stages.dnn.validation import judge, without_test
from stages.errors import InputError
from stages.leaks import left_out_path, write_names
from stages.params import load_params
from stages.params_dnn import DnnVariant
from stages.params_edit import overlay_settings, set_values
from stages.results import kept
from stages.results.ablation import ablation_table, changed_variants, read_changes
from tests.pipeline import dnn_variant
from tests.test_params import BASE
from tests.test_validate import FACES, RESIDUAL

PROJECT = Path(__file__).resolve().parent.parent
VARIANT = DnnVariant.model_validate(dnn_variant())


def digits(seed: int = 0) -> Digits:
    """Ten patterns under noise: easy to learn, in no time."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(10, dtype=np.uint8), 40)
    images = np.random.default_rng(9).integers(0, 200, (10, 28, 28))[labels] + rng.integers(0, 56, (400, 28, 28))
    rng.shuffle(order := np.arange(400))
    images, labels = images[order].astype(np.uint8), labels[order]
    return Digits(images[:300], labels[:300], images[300:], labels[300:])


def written(folder: Path, text: str) -> Path:
    path = folder / "changes.yaml"
    path.write_text(text, encoding="utf-8")
    return path


COMMITTED = [("dnn", "best"), ("dnn", "latent_2"), ("dnn", "latent_60_2"), ("cnn", "best")]


@pytest.mark.parametrize(("family", "name"), COMMITTED)
def test_the_committed_list_fits_the_variant_of_the_study(family, name, tmp_path):
    path, params = PROJECT / "studies" / f"ablation_{family}.yaml", tmp_path / "params.yaml"
    params.write_bytes((PROJECT / "params.yaml").read_bytes())
    set_values(overlay_settings(PROJECT / "studies" / "real.yaml"), params)
    variant = getattr(load_params(params), family).variants[name]
    variants = changed_variants(path, variant, read_changes(path, name))
    same = [name for name, one in variants.items() if one == variants["unchanged"]]
    assert same == ["unchanged"], "a change that changes nothing"


def test_keys_of_unchanged_hold_for_all(tmp_path):
    path = written(tmp_path, "plain: {unchanged: {epochs: 2, lr: 0.5}, slow: {lr: 0.01}}")
    variants = changed_variants(path, VARIANT, read_changes(path, "plain"))
    assert [(one.epochs, one.lr) for one in variants.values()] == [(2, 0.5), (2, 0.01)]
    assert list(variants) == ["unchanged", "slow"]


def test_only_what_is_named_changes(tmp_path):
    path = written(tmp_path, "plain:\n  slow: {lr: 0.01}\n  bent: {distortion: {elastic: 1}, epochs: 9}\n")
    variants = changed_variants(path, VARIANT, read_changes(path, "plain"))
    assert list(variants) == ["unchanged", "slow", "bent"]
    assert variants["slow"] == VARIANT.model_copy(update={"lr": 0.01})
    assert (variants["bent"].distortion.elastic, variants["bent"].epochs, variants["bent"].lr) == (1, 9, VARIANT.lr)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must be a mapping from variants"),
        ("[1]", "must be a mapping from variants"),
        ("a: [", "not readable as YAML"),
        ("best: {a: {lr: 1}}", "plain: has no changes; the file has best"),
        ("plain: 3", "plain: has no changes"),
        ("plain: {a: 3}", r"plain\.a: must be a mapping of keys"),
        ("plain: {unchanged: {lr: -1}}", r"unchanged\.lr: "),
        ("plain: {a: {}}", r"plain\.a: must be a mapping of keys"),
        ("plain: {fast: {lr: -1}}", r"fast\.lr: "),
        ("plain: {fast: {speed: 1}}", r"fast\.speed: "),
        ("plain: {both: {step: {every: 1, factor: 1}, cosine: {}}}", "both: step and cosine are two schedules"),
    ],
)
def test_a_wrong_list_is_one_line_that_names_file_and_change(text, says, tmp_path):
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=f"^{path}: {says}") as caught:
        changed_variants(path, VARIANT, read_changes(path, "plain"))
    assert "\n" not in str(caught.value)


def test_a_missing_list_is_one_line(tmp_path):
    with pytest.raises(InputError, match="no_such.yaml: No such file"):
        read_changes(tmp_path / "no_such.yaml", "plain")


def test_the_table_by_hand():
    unchanged = [{"accuracy": 0.9, "loss": 1.0}, {"accuracy": 0.7, "loss": 3.0}]
    table = ablation_table({"unchanged": unchanged, "less": [{"accuracy": 0.6, "loss": 4.0}] * 2}).set_index("change")
    assert table.loc["unchanged", ["seeds", "accuracy", "loss"]].tolist() == pytest.approx([2, 0.8, 2])
    assert table.loc["unchanged", "accuracy_std"] == pytest.approx(np.sqrt(0.02))
    assert table["accuracy_gain"].tolist() == pytest.approx([0, -0.2])
    assert table.loc["less", "accuracy_std"] == 0


def test_one_seed_has_no_deviation():
    table = ablation_table({"unchanged": [{"accuracy": 0.9}], "less": [{"accuracy": 0.6}]})
    assert list(table.columns) == ["change", "seeds", "accuracy", "accuracy_gain"]


def test_validation_digits_are_a_sixth_of_the_training_digits_and_no_other():
    whole = digits()
    part = without_test(whole)
    assert (len(part.y_train), len(part.y_test)) == (250, 50)
    together = np.concatenate([part.x_train, part.x_test]).reshape(300, -1)
    assert {image.tobytes() for image in together} == {image.tobytes() for image in whole.x_train.reshape(300, -1)}
    assert (np.bincount(part.y_test) >= 4).all()


def test_the_test_digits_have_no_say():
    whole = digits()
    other = replace(whole, x_test=whole.x_test[::-1], y_test=np.zeros_like(whole.y_test))
    figures = judge(whole, VARIANT, 0)
    assert set(figures) == {"accuracy", "loss"}
    assert figures == judge(other, VARIANT, 0)
    larger = VARIANT.model_copy(update={"hidden": [60], "batch_size": 20, "epochs": 20})
    assert judge(whole, larger, 0)["accuracy"] > 0.9


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A folder with a variant of the NumPy network, a change to it, and digits."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "ablation_dnn.yaml").write_text(
        "plain: {longer: {batch_size: 20, epochs: 20, distortion: null, momentum: 0}}\n"
    )
    save_digits(digits())
    write_names(left_out_path("dnn"), "digit", [])
    return tmp_path


def test_the_door_writes_the_table(project, capsys):
    ablation.main(argparse.Namespace(family="dnn", variant="plain", seeds=None))
    table = pd.read_csv("docs/results/ablation_dnn_plain.csv").set_index("change")
    assert list(table.index) == ["unchanged", "longer"]
    assert table.loc["longer", "accuracy"] > table.loc["unchanged", "accuracy"] + 0.2
    assert "written: docs/results/ablation_dnn_plain.csv" in capsys.readouterr().out
    with pytest.raises(InputError, match=r"dnn\.variants\.none_such: no such variant"):
        ablation.main(argparse.Namespace(family="dnn", variant="none_such", seeds=None))


def judged(monkeypatch) -> list[int]:
    """Epochs of the variants that are judged from now on."""
    heard, real = [], ablation.JUDGES["dnn"]

    def judge(variant, seed):
        heard.append(variant.epochs)
        return real()(variant, seed)

    monkeypatch.setitem(ablation.JUDGES, "dnn", lambda: judge)
    monkeypatch.setenv("WORKERS", "1")
    return heard


ARGUMENTS = argparse.Namespace(family="dnn", variant="plain", seeds=[0, 1])


def test_an_interrupted_ablation_goes_on_where_it_was(project, monkeypatch):
    heard, table = judged(monkeypatch), project / "docs/results/ablation_dnn_plain.csv"
    ablation.main(ARGUMENTS)
    whole, short, long = table.read_bytes(), heard[0], heard[-1]
    assert heard == [short, short, long, long] and not kept.FOLDER.exists()
    table.unlink()

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ablation, "ablation_table", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ablation.main(ARGUMENTS)
    heard.clear()
    next(kept.FOLDER.iterdir()).unlink()  # as if that one had not been finished
    ablation.main(ARGUMENTS)
    assert len(heard) == 1 and table.read_bytes() == whole and not kept.FOLDER.exists()


def test_what_was_kept_is_of_the_same_data_variant_and_code(project, monkeypatch):
    monkeypatch.setattr(ablation, "forget", lambda paths: None)
    heard = judged(monkeypatch)
    ablation.main(ARGUMENTS)
    heard.clear()
    ablation.main(ARGUMENTS)
    assert heard == []
    write_names(left_out_path("dnn"), "digit", ["3"])
    ablation.main(ARGUMENTS)
    assert len(heard) == 4
    set_values([(("dnn", "variants", "plain", "lr"), 0.2)], project / "params.yaml")
    ablation.main(ARGUMENTS)
    assert len(heard) == 8
    monkeypatch.setattr(kept, "file_digest", lambda path: "other code")
    ablation.main(ARGUMENTS)
    assert len(heard) == 12


def test_what_was_kept_and_cannot_be_read_is_one_line(project, monkeypatch):
    monkeypatch.setattr(ablation, "forget", lambda paths: None)
    judged(monkeypatch)
    ablation.main(ARGUMENTS)
    next(kept.FOLDER.iterdir()).write_text("{")
    with pytest.raises(InputError, match=r"^\.ablation\.partial/.*json: not readable .*; delete \.ablation\.partial$"):
        ablation.main(ARGUMENTS)


def test_a_change_that_diverges_is_named(project):
    (project / "studies" / "ablation_dnn.yaml").write_text("plain: {wild: {lr: 1e30}}\n")
    with pytest.raises(InputError, match=r"^dnn\.variants\.wild\.lr: training diverged"):
        ablation.main(argparse.Namespace(family="dnn", variant="plain", seeds=None))


def test_the_pytorch_networks_are_judged_on_training_faces_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(BASE, encoding="utf-8")
    write_names(left_out_path("cnn"), "photo", ["2.jpg"])
    asked = []

    def load(family, variant, crop, left_out):
        asked.append((family, variant, crop.large_margin, left_out))
        return FACES, None  # whoever touches the test faces stumbles

    monkeypatch.setattr(data, "load_variant_data", load)
    figures = ablation.JUDGES["cnn"]()(RESIDUAL, 0)
    assert {"accuracy", "natural accuracy", "balanced_accuracy"} < set(figures)
    assert asked == [("cnn", RESIDUAL, 0.25, {"2.jpg"})]
