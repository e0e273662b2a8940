"""The command lines of the stages: what they do not know is usage and status 2, or one line and status 1."""

import runpy
import sys
from pathlib import Path

import pytest

from tests.fuzzing import is_one_line
from tests.pipeline import PROJECT
from tests.test_params import BASE

# Arguments with which each would run, "plain" being a variant in params.yaml.
STAGES = {
    "download": ["faces"],
    "prepare_digits": [],
    "crop_faces": [],
    "audit": ["digits"],
    "train_dnn": ["plain"],
    "train_cnn": ["plain"],
    "evaluate": ["dnn", "plain"],
    "compare": ["dnn"],
    "ablation": ["dnn", "plain"],
    "switch": ["sample"],
    "show": [],
    "report": [],
}
ODD = ["Plain", "plain ", "", "../plain", "a\nb\x1b[31m", "${key}", "x" * 10_000, "\udcff"]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a stage as the command line does, in a folder with nothing but parameters; status and standard error."""
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(BASE, encoding="utf-8")

    def call(stage: str, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", [f"stages.{stage}", *arguments])
        with pytest.raises(SystemExit) as caught:
            runpy.run_path(str(PROJECT / "stages" / f"{stage}.py"), run_name="__main__")
        said = capsys.readouterr().err
        if isinstance(caught.value.code, str):  # what Python would print, and end with 1
            return 1, caught.value.code
        return caught.value.code, said

    return call


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("added", [["--no-such"], ["one", "too", "many"], ["-x", "\x1b"]], ids=str)
def test_unknown_arguments_are_usage(run, stage, added):
    status, said = run(stage, *STAGES[stage], *added)
    assert status == 2 and said.startswith("usage: ") and "Traceback" not in said


@pytest.mark.parametrize("stage", [stage for stage, arguments in STAGES.items() if arguments])
def test_missing_arguments_are_usage(run, stage):
    status, said = run(stage)
    assert status == 2 and "the following arguments are required" in said


@pytest.mark.parametrize("stage", [stage for stage, arguments in STAGES.items() if "plain" in arguments])
@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_a_variant_that_there_is_not_is_one_line_with_those_that_there_are(run, stage, name):
    status, said = run(stage, *(name if each == "plain" else each for each in STAGES[stage]))
    family = "cnn" if stage == "train_cnn" else "dnn"
    assert status == 1 and said.startswith(f"error: {family}.variants.") and is_one_line(said)
    assert f"no such variant; params.yaml has {', '.join(_variants(family))}" in said


def _variants(family: str) -> list[str]:
    return ["plain"] if family == "dnn" else ["plain", "best"]


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in ("download", "switch", "report")])
def test_what_a_stage_needs_and_is_not_there_is_one_line_that_says_what_to_run(run, stage):
    status, said = run(stage, *STAGES[stage])
    assert status == 1 and said.startswith("error: ") and is_one_line(said)
    assert "dvc repro" in said or "studies/" in said


@pytest.mark.parametrize("seed", ["-1", "4294967296", "1.5", "x", "", "1" * 5000, "١"])
def test_seeds_of_the_command_line_are_checked_as_those_of_the_parameters(run, seed):
    status, said = run("ablation", "dnn", "plain", "--seeds", "0", seed)
    assert status == 2 and "no whole number from 0 to 4294967295" in said


def test_an_empty_file_of_digits_is_no_silent_download(run):
    status, said = run("switch", "real", "--digits", "")
    assert status == 1 and said.startswith("error: params.yaml: digits.path: ")
    assert Path("params.yaml").read_text(encoding="utf-8") == BASE
