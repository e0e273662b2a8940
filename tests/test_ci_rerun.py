"""The rerun of CI, without GitHub: the base, the outcomes of the stages, the report and the workflows."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from ci.base import find_base
from ci.moved_plots import _moved
from ci.outcomes import read_outcomes
from stages.errors import InputError
from tests.clones import Clone
from tests.pipeline import IDENTITY, PROJECT, Pipeline, cnn_variant

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *IDENTITY, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit without dvc.yaml, entered."""
    folder = tmp_path / "history"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=first")
    monkeypatch.chdir(folder)
    return folder


def test_outcomes_are_read_from_what_dvc_prints() -> None:
    log = """Stage 'download_digits' didn't change, skipping
Stage 'crop_faces' is cached - skipping run, checking out outputs

Running stage 'train_cnn@plain':
> python -m stages.train_cnn plain
Stage says Running stage 'no'
ERROR: failed to reproduce 'evaluate_cnn@plain': failed to run: python
"""
    assert read_outcomes(log) == {
        "download_digits": "unchanged",
        "crop_faces": "from the cache",
        "train_cnn@plain": "ran",
        "evaluate_cnn@plain": "failed",
    }


def test_the_first_commit_has_no_base(history: Path) -> None:
    for name in ("origin/main", "0" * 40):
        base = find_base(name)
        assert base.revision is None
        assert "this is the first commit" in base.message


def test_a_base_without_a_pipeline_is_no_base(history: Path) -> None:
    assert find_base("main").revision is None
    assert "has no dvc.yaml" in find_base("main").message


def test_a_base_is_found_and_a_wrong_name_is_an_error(history: Path) -> None:
    (history / "dvc.yaml").write_text("stages: {}\n")
    git(history, "add", ".")
    git(history, "commit", "--quiet", "--message=second")
    base = find_base("main")
    assert base.revision == "main"
    assert re.fullmatch(r"Compared with main \([0-9a-f]{9}\)\.", base.message)
    with pytest.raises(InputError, match="mian: no such branch"):
        find_base("mian")


def test_a_folder_without_git_has_no_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "no Git repository" in find_base("main").message


def test_a_plot_moved_when_its_points_differ_or_are_new() -> None:
    def plot(points: list[dict], revisions: tuple[str, ...] = ("workspace", "main")) -> list[dict]:
        return [{"type": "vega", "revisions": list(revisions), "content": {"data": {"values": points}}}]

    old, same = {"x": "1", "rev": "main"}, {"x": "1", "rev": "workspace"}
    assert not _moved(plot([old, same]))
    assert _moved(plot([old, same | {"x": "2"}]))
    assert _moved(plot([old, same, same]))
    assert _moved(plot([same], ("workspace",)))
    assert not _moved([{"type": "image", "revisions": ["main"], "url": "a.png"}])


@pytest.mark.slow
def test_a_clean_clone_with_a_restored_cache_trains_nothing(finished_once: Pipeline, tmp_path: Path) -> None:
    clone = Clone(finished_once, tmp_path / "clone")
    _, output = clone.python("ci.rerun", "--base", "origin/main")
    outcomes = read_outcomes(output)
    assert set(outcomes.values()) <= {"from the cache", "unchanged"}, outcomes
    assert outcomes["train_cnn@plain"] == outcomes["crop_faces"] == "from the cache"
    report = (clone.folder / "rerun" / "report.md").read_text()
    for line in ("No parameter changed.", "No metric moved.", "No plot moved.", "Compared with origin/main"):
        assert line in report
    assert clone.git("status", "--porcelain") == ""


def numbers(block: dict, prefix: str = "") -> dict[str, float]:
    """Nested metrics by their full names, without DVC's help."""
    flat: dict[str, float] = {}
    for key, value in block.items():
        flat |= numbers(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat


@pytest.mark.slow
def test_one_changed_parameter_trains_one_variant(finished_once: Pipeline, tmp_path: Path) -> None:
    clone = Clone(finished_once, tmp_path / "clone")
    clone.change(cnn__variants__plain=cnn_variant(lr=0.004))
    clone.commit("another learning rate")
    _, output = clone.python("ci.rerun", "--base", "origin/main")
    ran = {stage for stage, outcome in read_outcomes(output).items() if outcome == "ran"}
    assert {stage for stage in ran if stage.startswith("train_")} == {"train_cnn@plain"}
    assert not ran & {"download_faces", "crop_faces", "prepare_digits", "evaluate_cnn@rounds"}

    report = (clone.folder / "rerun" / "report.md").read_text()
    assert "| params.yaml | cnn.variants.plain.lr | 0.001 | 0.004 | +0.003 |" in report
    named = set(re.findall(r"^\| (metrics/\S+) \| (\S+) \|", report, flags=re.MULTILINE))
    moved = set()
    for file in clone.folder.glob("metrics/*/*/*.json"):
        path = file.relative_to(clone.folder).as_posix()
        old = numbers(json.loads(clone.git("show", f"origin/main:{path}")))
        new = numbers(json.loads(file.read_text()))
        moved |= {(path, name) for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    assert named == moved
    assert {path for path, _ in moved} == {f"metrics/cnn/plain/{name}.json" for name in ("metrics", "probabilities")}
    pictures = re.findall(r"^!\[.*\]\((plots/\S+\.png)\)$", report, flags=re.MULTILINE)
    assert "plots/metrics-cnn-plain-history.csv.png" in pictures
    assert all((clone.folder / "rerun" / name).read_bytes().startswith(b"\x89PNG") for name in pictures)
    assert "The rerun gave other results than those committed" in report


@pytest.mark.slow
def test_a_shallow_clone_and_a_first_commit_say_so_and_pass(finished_once: Pipeline, tmp_path: Path) -> None:
    clone = Clone(finished_once, tmp_path / "shallow", "--depth=1")
    status, output = clone.python("ci.rerun", "--base", "HEAD~1")
    assert status == 0
    assert "No comparison: HEAD~1 is not in this shallow clone." in output

    clone.git("remote", "remove", "origin")
    clone.git("checkout", "--quiet", "--orphan", "fresh")
    (clone.folder / ".git" / "shallow").unlink()
    clone.commit("everything")
    status, output = clone.python("ci.rerun", "--base", "origin/main")
    assert status == 0
    assert "No comparison: there is no origin/main yet, this is the first commit." in output


@pytest.mark.slow
def test_a_failing_stage_fails_the_rerun_in_one_line(finished_once: Pipeline, tmp_path: Path) -> None:
    clone = Clone(finished_once, tmp_path / "clone")
    clone.change(cnn__variants__plain=cnn_variant(lr=-1))
    status, output = clone.python("ci.rerun", check=False)
    assert status == 1
    assert output.splitlines()[-1].startswith("error: dvc repro failed in ")
    assert "params.yaml: cnn.variants.plain.lr: " in output
    assert not (clone.folder / "rerun").exists()


def steps(path: Path) -> list[dict]:
    workflow = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}, "least permissions by default"
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_to_commits_and_leave_no_token(path: Path) -> None:
    used = [step for step in steps(path) if "uses" in step]
    assert used
    for step in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]), step["uses"]
        if step["uses"].startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_run_targets_that_exist_and_no_event_text_in_a_shell(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    commands = [step["run"] for step in steps(path) if "run" in step]
    assert {name for command in commands for name in re.findall(r"\bmake ([a-z-]+)", command)} <= targets
    assert not any("${{" in command for command in commands)


def test_the_workflow_that_compares_has_the_whole_history() -> None:
    checkout = next(
        step for step in steps(PROJECT / ".github/workflows/rerun.yml") if "checkout" in step.get("uses", "")
    )
    assert checkout["with"]["fetch-depth"] == 0


def test_the_devcontainer_sets_the_project_up() -> None:
    definition = json.loads((PROJECT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    assert definition["image"].endswith("python:3.11-bookworm")
    assert definition["postCreateCommand"] == "make setup"
    assert "Iterative.dvc" in definition["customizations"]["vscode"]["extensions"]
